//! Normalisation on the GPU: sums of planes in pieces, then of groups, then the elements.

use super::{Group, Norm, NormGradients, NormKernel};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, allocate_wide, kernel, pieces};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

impl Norm {
    /// The kernels' number of the grouping.
    fn number(self) -> usize {
        match self.group {
            Group::Channel => 0,
            Group::Plane => 1,
            Group::Sample => 2,
        }
    }

    fn parts(self) -> usize {
        pieces(self.planes.count(), self.planes.size)
    }
}

impl NormKernel for Cuda {
    fn moments(&self, norm: Norm, x: &Buffer) -> Result<(Buffer, Buffer), Failure> {
        let (planes, parts, count) = (norm.planes, norm.parts(), norm.group.count(norm.planes));
        let mut sums = allocate_wide(&x.device(), self, 2 * planes.count() * parts)?;
        let launch = kernel(x, "norm", "plane_moments").counts(&[planes.size, parts]).read(x);
        launch.write(&mut sums).blocks(planes.count() * parts)?;
        let (mut means, mut variances) = (self.allocate(count)?, self.allocate(count)?);
        let launch = kernel(x, "norm", "group_moments");
        let launch = launch.counts(&[norm.number(), planes.samples, planes.channels, parts]);
        let launch = launch.wide(norm.group.len(planes) as f64).read(&sums).write(&mut means).write(&mut variances);
        launch.each(count)?;
        Ok((means, variances))
    }

    fn normalise(
        &self,
        norm: Norm,
        x: &Buffer,
        (means, variances): (&Buffer, &Buffer),
        affine: Option<(&Buffer, &Buffer)>,
    ) -> Result<Buffer, Failure> {
        let (planes, parts) = (norm.planes, norm.parts());
        let mut y = self.allocate(x.len())?;
        let launch = kernel(x, "norm", "normalise").counts(&[norm.number(), planes.channels, planes.size, parts]);
        let launch = launch.real(norm.epsilon).read(x).read(means).read(variances);
        let launch = launch.read_some(affine.map(|(weight, _)| weight)).read_some(affine.map(|(_, bias)| bias));
        launch.write(&mut y).blocks(planes.count() * parts)?;
        Ok(y)
    }

    fn normalise_backward(
        &self,
        norm: Norm,
        x: &Buffer,
        (means, variances): (&Buffer, &Buffer),
        weight: Option<&Buffer>,
        mut dy: Buffer,
        (wants_input, wants_affine): (bool, bool),
    ) -> Result<NormGradients<Self>, Failure> {
        let (planes, parts, count) = (norm.planes, norm.parts(), norm.group.count(norm.planes));
        let numbers = [norm.number(), planes.channels, planes.size, parts];
        let blocks = planes.count() * parts;
        let needs_sums = wants_affine || (wants_input && norm.measured);
        let mut sums = allocate_wide(&x.device(), self, if needs_sums { 2 * blocks } else { 0 })?;
        if needs_sums {
            let launch = kernel(x, "norm", "plane_gradients").counts(&numbers).real(norm.epsilon).read(x);
            launch.read(means).read(variances).read(&dy).write(&mut sums).blocks(blocks)?;
        }
        let mut of_affine = None;
        if wants_affine {
            let (mut of_weight, mut of_bias) = (self.allocate(planes.channels)?, self.allocate(planes.channels)?);
            let launch = kernel(x, "norm", "affine_gradients").counts(&[planes.samples, planes.channels, parts]);
            launch.read(&sums).write(&mut of_weight).write(&mut of_bias).each(planes.channels)?;
            of_affine = Some([of_weight, of_bias]);
        }
        if !wants_input {
            return Ok((None, of_affine));
        }
        let mut groups = None;
        if norm.measured {
            let mut of_groups = allocate_wide(&x.device(), self, 2 * count)?;
            let launch = kernel(x, "norm", "group_gradients");
            let launch = launch.counts(&[norm.number(), planes.samples, planes.channels, parts]).read(&sums);
            launch.read_some(weight).write(&mut of_groups).each(count)?;
            groups = Some(of_groups);
        }
        let launch = kernel(x, "norm", "normalise_backward").counts(&numbers).real(norm.epsilon);
        let launch = launch.wide(norm.group.len(planes) as f64).read(x).read(means).read(variances).read_some(weight);
        launch.read_some(groups.as_ref()).write(&mut dy).blocks(blocks)?;
        Ok((Some(dy), of_affine))
    }
}
