//! Dropout on the GPU: the same elements as on the CPU.

use super::DropoutKernel;
use crate::random::Stream;
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, kernel};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

/// What a number's upper half must reach to be kept.
fn below(share: f32) -> u64 {
    (f64::from(share) * (1u64 << 32) as f64) as u64
}

impl DropoutKernel for Cuda {
    fn dropout(&self, share: f32, stream: Stream, x: &Buffer) -> Result<Buffer, Failure> {
        let mut y = self.allocate(x.len())?;
        let launch = kernel(x, "elementwise", "dropout").long(stream.key()).long(below(share));
        launch.real(1.0 / (1.0 - share)).read(x).write(&mut y).each(x.len())?;
        Ok(y)
    }

    fn dropout_in_place(&self, share: f32, stream: Stream, mut x: Buffer) -> Result<Buffer, Failure> {
        let n = x.len();
        let launch = kernel(&x, "elementwise", "dropout").long(stream.key()).long(below(share));
        launch.real(1.0 / (1.0 - share)).read(&x).write(&mut x).each(n)?;
        Ok(x)
    }
}
