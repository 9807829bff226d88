//! Reductions on the GPU. The mean of the largest elements is still chosen on the host.

use super::{Masked, MaskedGradients, ReduceKernel, Sums};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, allocate_wide, kernel, on_host, pieces};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

/// Elements that a thread sums on its own.
const FEW: usize = 64;

impl Masked {
    /// Channels, elements of a plane, channels of the mask.
    fn numbers(self) -> [usize; 3] {
        [self.planes.channels, self.planes.size, self.mask_channels]
    }
}

impl ReduceKernel for Cuda {
    fn sum(&self, dims: Sums, x: &Buffer) -> Result<Buffer, Failure> {
        let Sums { blocks, repeats, size, scale } = dims;
        let mut y = self.allocate(blocks * size)?;
        if size > 1 || repeats <= FEW {
            let launch = kernel(x, "reduce", "column_sums").counts(&[repeats, size]).wide(scale).read(x);
            launch.write(&mut y).each(blocks * size)?;
            return Ok(y);
        }
        let parts = pieces(blocks, repeats);
        let mut sums = allocate_wide(&x.device(), self, blocks * parts)?;
        let launch = kernel(x, "reduce", "row_sums").counts(&[repeats, parts]).read(x);
        launch.write(&mut sums).blocks(blocks * parts)?;
        let launch = kernel(x, "reduce", "finish_sums").read(&sums).counts(&[parts, 1, 1]).wide(scale).flag(false);
        launch.write(&mut y).each(blocks)?;
        Ok(y)
    }

    fn spread(&self, dims: Sums, dy: &Buffer) -> Result<Buffer, Failure> {
        let Sums { blocks, repeats, size, scale } = dims;
        let n = blocks * repeats * size;
        let mut dx = self.allocate(n)?;
        let launch = kernel(dy, "reduce", "spread").counts(&[repeats, size]).real(scale as f32).read(dy);
        launch.write(&mut dx).each(n)?;
        Ok(dx)
    }

    fn masked_mean(&self, masked: Masked, x: &Buffer, mask: &Buffer) -> Result<(Buffer, Buffer), Failure> {
        let n = masked.planes.samples;
        let parts = pieces(n, masked.planes.channels * masked.planes.size);
        let mut sums = allocate_wide(&x.device(), self, 2 * n * parts)?;
        let launch = kernel(x, "reduce", "masked_sums").counts(&masked.numbers()).count(parts).read(x).read(mask);
        launch.write(&mut sums).blocks(n * parts)?;
        let (mut means, mut totals) = (self.allocate(n)?, self.allocate(n)?);
        let launch = kernel(x, "reduce", "finish_masked").read(&sums).count(parts);
        launch.write(&mut means).write(&mut totals).each(n)?;
        Ok((means, totals))
    }

    fn masked_mean_backward(
        &self,
        masked: Masked,
        x: Option<&Buffer>,
        mask: &Buffer,
        (means, totals): (&Buffer, &Buffer),
        dy: &Buffer,
        (wants_input, wants_mask): (bool, bool),
    ) -> Result<MaskedGradients<Self>, Failure> {
        let (mut of_input, mut of_mask) = (None, None);
        if wants_input {
            let n = masked.planes.len();
            let mut dx = self.allocate(n)?;
            let launch = kernel(dy, "reduce", "masked_backward").counts(&masked.numbers());
            launch.read(mask).read(totals).read(dy).write(&mut dx).each(n)?;
            of_input = Some(dx);
        }
        if let (true, Some(x)) = (wants_mask, x) {
            let mut dmask = self.allocate(mask.len())?;
            let launch = kernel(dy, "reduce", "masked_backward_mask").counts(&masked.numbers());
            launch.read(x).read(means).read(totals).read(dy).write(&mut dmask).each(mask.len())?;
            of_mask = Some(dmask);
        }
        Ok((of_input, of_mask))
    }

    fn top_mean(
        &self,
        masked: Masked,
        x: &Buffer,
        mask: Option<&Buffer>,
        share: f32,
    ) -> Result<(Buffer, Buffer), Failure> {
        let inputs: Vec<&Buffer> = [x].into_iter().chain(mask).collect();
        let (mean, shares) = on_host(self, &inputs, |host, inputs| {
            let (mean, shares) = host.top_mean(masked, &inputs[0], inputs.get(1), share)?;
            Ok((mean.to_vec(), shares.to_vec()))
        })?;
        Ok((self.upload(mean)?, self.upload(shares)?))
    }

    fn top_mean_backward(&self, shares: &Buffer, dy: &Buffer) -> Result<Buffer, Failure> {
        let mut dx = self.allocate(shares.len())?;
        kernel(dy, "reduce", "times_scalar").read(shares).read(dy).write(&mut dx).each(shares.len())?;
        Ok(dx)
    }
}
