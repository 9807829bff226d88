//! Filling on the GPU, a plane a block.

use super::{FillKernel, Masked};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, kernel};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

impl FillKernel for Cuda {
    fn mean_fill(&self, masked: Masked, image: &Buffer, missing: &Buffer) -> Result<Buffer, Failure> {
        let planes = masked.planes;
        let mut y = self.allocate(image.len())?;
        let launch = kernel(image, "reduce", "mean_fill").counts(&[planes.channels, planes.size, masked.mask_channels]);
        launch.read(image).read(missing).write(&mut y).blocks(planes.count())?;
        Ok(y)
    }

    fn mean_fill_backward(&self, masked: Masked, missing: &Buffer, mut dy: Buffer) -> Result<Buffer, Failure> {
        let planes = masked.planes;
        let launch = kernel(missing, "reduce", "mean_fill_backward");
        let launch = launch.counts(&[planes.channels, planes.size, masked.mask_channels]);
        launch.read(missing).write(&mut dy).blocks(planes.count())?;
        Ok(dy)
    }
}
