//! Unit vectors on the GPU, a position a thread.

use super::{NormaliseKernel, Planes};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, kernel};
use dfdx::tensor::Cuda;

impl NormaliseKernel for Cuda {
    fn l2_normalise(&self, planes: Planes, epsilon: f32, x: &Buffer) -> Result<(Buffer, Buffer), Failure> {
        let n = planes.samples * planes.size;
        let (mut y, mut lengths) = (self.allocate(planes.len())?, self.allocate(n)?);
        let launch = kernel(x, "reduce", "l2_normalise").counts(&[planes.channels, planes.size]).real(epsilon);
        launch.read(x).write(&mut y).write(&mut lengths).each(n)?;
        Ok((y, lengths))
    }

    fn l2_normalise_backward(
        &self,
        planes: Planes,
        epsilon: f32,
        y: &Buffer,
        lengths: &Buffer,
        mut dy: Buffer,
    ) -> Result<Buffer, Failure> {
        let launch = kernel(y, "reduce", "l2_normalise_backward").counts(&[planes.channels, planes.size]).real(epsilon);
        launch.read(y).read(lengths).write(&mut dy).each(planes.samples * planes.size)?;
        Ok(dy)
    }
}
