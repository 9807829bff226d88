//! Weighted sums of maps on the GPU; the scalars never leave it.

use super::{FusionKernel, Weighting};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, allocate_wide, kernel, pieces};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

fn parts(weighting: Weighting) -> (bool, f32) {
    match weighting {
        Weighting::FastNormalized { epsilon } => (false, epsilon),
        Weighting::Softmax => (true, 0.0),
    }
}

/// The share of each map and, behind them, what they were divided by; f64.
fn shares(device: &Cuda, weighting: Weighting, weights: &Buffer) -> Result<Buffer, Failure> {
    let (softmax, epsilon) = parts(weighting);
    let count = weights.len();
    let mut shares = allocate_wide(&weights.device(), device, count + 1)?;
    let launch = kernel(weights, "fusion", "shares").flag(softmax).real(epsilon).count(count);
    launch.read(weights).write(&mut shares).each(1)?;
    Ok(shares)
}

impl FusionKernel for Cuda {
    fn fuse(&self, weighting: Weighting, maps: &[&Buffer], weights: &Buffer) -> Result<Buffer, Failure> {
        let shares = shares(self, weighting, weights)?;
        let n = maps[0].len();
        let mut y = self.allocate(n)?;
        for (pair, maps) in maps.chunks(2).enumerate() {
            let launch = kernel(weights, "fusion", "fuse").read(&shares).count(2 * pair).read(maps[0]);
            launch.read_some(maps.get(1).copied()).write(&mut y).flag(pair > 0).each(n)?;
        }
        Ok(y)
    }

    fn fuse_map(&self, weighting: Weighting, weights: &Buffer, i: usize, dy: &Buffer) -> Result<Buffer, Failure> {
        let shares = shares(self, weighting, weights)?;
        let mut dx = self.allocate(dy.len())?;
        let launch = kernel(dy, "fusion", "fuse").read(&shares).count(i).read(dy).read_some(None);
        launch.write(&mut dx).flag(false).each(dy.len())?;
        Ok(dx)
    }

    fn fuse_weights(
        &self,
        weighting: Weighting,
        maps: &[&Buffer],
        weights: &Buffer,
        dy: &Buffer,
    ) -> Result<Buffer, Failure> {
        let shares = shares(self, weighting, weights)?;
        let (len, count) = (dy.len(), maps.len());
        let parts_of_row = pieces(count, len);
        let mut sums = allocate_wide(&dy.device(), self, count * parts_of_row)?;
        let mut of_one = allocate_wide(&dy.device(), self, parts_of_row)?;
        for (k, map) in maps.iter().enumerate() {
            let launch = kernel(dy, "fusion", "products").counts(&[len, parts_of_row]).read(map).read(dy);
            launch.write(&mut of_one).blocks(parts_of_row)?;
            // Two words a sum.
            let words = 2 * parts_of_row;
            let launch = kernel(dy, "moves", "transfer").counts(&[1, words]).read(&of_one).counts(&[0, 0, 0]);
            launch.write(&mut sums).counts(&[k * words, 0, 0]).flag(false).each(words)?;
        }
        let mut out = self.allocate(count)?;
        let launch = kernel(dy, "fusion", "share_gradients").flag(parts(weighting).0).counts(&[count, parts_of_row]);
        launch.read(weights).read(&shares).read(&sums).write(&mut out).each(1)?;
        Ok(out)
    }
}
