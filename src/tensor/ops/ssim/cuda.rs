//! Structural similarity on the GPU, in f64 as on the CPU: five fields filtered along rows, then along columns.

use super::{ImageGradients, Similarity, SimilarityKernel};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, allocate_wide, kernel, words};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;
use std::sync::Arc;

/// The sizes of a pass and its tables on the device.
struct Pass {
    planes: usize,
    height: usize,
    width: usize,
    /// Height and width of the result.
    to: (usize, usize),
    taps: usize,
    weights: Arc<Buffer>,
    range: f64,
    covariance: f64,
}

impl Pass {
    fn of(device: &Cuda, similarity: Similarity) -> Result<Self, Failure> {
        let weights = similarity.window.weights();
        let halves = |weight: &f64| [weight.to_bits() as u32, (weight.to_bits() >> 32) as u32];
        let taps = weights.len();
        Ok(Pass {
            planes: similarity.planes.count(),
            height: similarity.height,
            width: similarity.width,
            to: (similarity.height + 1 - taps, similarity.width + 1 - taps),
            taps,
            weights: words(device, weights.iter().flat_map(halves).collect())?,
            range: f64::from(similarity.data_range),
            covariance: similarity.window.covariance(),
        })
    }

    fn results(&self) -> usize {
        self.planes * self.to.0 * self.to.1
    }

    /// Five fields, filtered along rows.
    fn rows(&self, device: &Cuda, a: &Buffer, b: &Buffer) -> Result<Buffer, Failure> {
        let n = self.planes * self.height * self.to.1;
        let mut rows = allocate_wide(&a.device(), device, 5 * n)?;
        let launch = kernel(a, "similarity", "similarity_rows").counts(&[self.width, self.to.1, self.taps]);
        launch.read(&self.weights).read(a).read(b).write(&mut rows).each(n)?;
        Ok(rows)
    }

    /// What the kernels over the results begin with.
    fn numbers(&self) -> [usize; 5] {
        [self.planes, self.height, self.to.0, self.to.1, self.taps]
    }
}

impl SimilarityKernel for Cuda {
    fn similarity(&self, similarity: Similarity, a: &Buffer, b: &Buffer) -> Result<Buffer, Failure> {
        let pass = Pass::of(self, similarity)?;
        let rows = pass.rows(self, a, b)?;
        let mut y = self.allocate(pass.results())?;
        let launch = kernel(a, "similarity", "similarity").counts(&pass.numbers()).read(&pass.weights);
        launch.wide(pass.range).wide(pass.covariance).read(&rows).write(&mut y).each(pass.results())?;
        Ok(y)
    }

    fn similarity_backward(
        &self,
        similarity: Similarity,
        (a, b): (&Buffer, &Buffer),
        dy: &Buffer,
        wants: (bool, bool),
    ) -> Result<ImageGradients<Self>, Failure> {
        let pass = Pass::of(self, similarity)?;
        let (device, n) = (a.device(), pass.results());
        let rows = pass.rows(self, a, b)?;
        let mut fields = allocate_wide(&device, self, 4 * n)?;
        let launch = kernel(a, "similarity", "similarity_gradients").counts(&pass.numbers()).read(&pass.weights);
        let launch = launch.wide(pass.range).wide(pass.covariance).read(&rows).read(dy);
        launch.write(&mut fields).each(n)?;
        let spread_len = 4 * pass.planes * pass.height * pass.to.1;
        let mut spread = allocate_wide(&device, self, spread_len)?;
        let launch = kernel(a, "similarity", "similarity_spread");
        let launch = launch.counts(&[pass.height, pass.to.0, pass.to.1, pass.taps]).read(&pass.weights);
        launch.read(&fields).write(&mut spread).each(spread_len)?;
        let image = |mean: usize, own: &Buffer, other: &Buffer| {
            let mut gradient = self.allocate(own.len())?;
            let launch = kernel(a, "similarity", "similarity_image").counts(&[pass.width, pass.to.1, pass.taps]);
            let launch = launch.read(&pass.weights).count(mean).read(&spread).read(own).read(other);
            launch.write(&mut gradient).each(own.len())?;
            Ok::<_, Failure>(gradient)
        };
        let of_a = wants.0.then(|| image(0, a, b)).transpose()?;
        let of_b = wants.1.then(|| image(1, b, a)).transpose()?;
        Ok((of_a, of_b))
    }
}
