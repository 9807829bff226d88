//! Parametric relu on the GPU.

use super::{Planes, PreluKernel};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, allocate_wide, kernel, pieces};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

impl PreluKernel for Cuda {
    fn prelu(&self, planes: Planes, x: &Buffer, slope: &Buffer) -> Result<Buffer, Failure> {
        let mut y = self.allocate(x.len())?;
        let launch = kernel(x, "elementwise", "prelu").counts(&[planes.size, planes.channels]).read(x).read(slope);
        launch.write(&mut y).each(x.len())?;
        Ok(y)
    }

    fn prelu_slopes(&self, planes: Planes, x: &Buffer, dy: &Buffer) -> Result<Buffer, Failure> {
        let parts = pieces(planes.count(), planes.size);
        let mut sums = allocate_wide(&x.device(), self, planes.count() * parts)?;
        let launch = kernel(x, "elementwise", "prelu_slopes").counts(&[planes.size, parts]).read(x).read(dy);
        launch.write(&mut sums).blocks(planes.count() * parts)?;
        let mut slopes = self.allocate(planes.channels)?;
        let launch = kernel(x, "reduce", "finish_sums").read(&sums);
        let launch = launch.counts(&[parts, planes.channels, planes.samples]).wide(1.0).flag(false);
        launch.write(&mut slopes).each(planes.channels)?;
        Ok(slopes)
    }

    fn prelu_backward(&self, planes: Planes, x: &Buffer, slope: &Buffer, mut dy: Buffer) -> Result<Buffer, Failure> {
        let n = dy.len();
        let launch = kernel(x, "elementwise", "prelu_backward").counts(&[planes.size, planes.channels]);
        launch.read(x).read(slope).write(&mut dy).each(n)?;
        Ok(dy)
    }
}
