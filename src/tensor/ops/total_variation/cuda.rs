//! Total variation on the GPU.

use super::{Neighbours, VariationKernel};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, allocate_wide, kernel, pieces};
use dfdx::tensor::Cuda;

impl Neighbours {
    /// Channels, height, width, channels of the mask.
    fn numbers(&self) -> [usize; 4] {
        [self.masked.planes.channels, self.height, self.width, self.masked.mask_channels]
    }
}

impl VariationKernel for Cuda {
    fn variation(&self, map: Neighbours, x: &Buffer, mask: Option<&Buffer>) -> Result<(Buffer, Buffer), Failure> {
        let planes = map.masked.planes;
        let n = planes.samples;
        let parts = pieces(n, planes.channels * planes.size);
        let mut sums = allocate_wide(&x.device(), self, 4 * n * parts)?;
        let launch = kernel(x, "reduce", "variation_sums").counts(&map.numbers()).count(parts).read(x);
        launch.read_some(mask).write(&mut sums).blocks(n * parts)?;
        let (mut variations, mut totals) = (self.allocate(n)?, self.allocate(2 * n)?);
        let launch = kernel(x, "reduce", "finish_variation").read(&sums).count(parts);
        launch.write(&mut variations).write(&mut totals).each(n)?;
        Ok((variations, totals))
    }

    fn variation_backward(
        &self,
        map: Neighbours,
        x: &Buffer,
        mask: Option<&Buffer>,
        totals: &Buffer,
        dy: &Buffer,
    ) -> Result<Buffer, Failure> {
        let n = map.masked.planes.len();
        let mut dx = self.allocate(n)?;
        let launch = kernel(x, "reduce", "variation_backward").counts(&map.numbers()).read(x).read_some(mask);
        launch.read(totals).read(dy).write(&mut dx).each(n)?;
        Ok(dx)
    }
}
