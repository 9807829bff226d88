//! Reading at a grid on the GPU. Several places may read one pixel: its gradient is summed in whole numbers, which have no
//! order, so that the bits are the same every time.

use super::{GridKernel, Reading};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, allocate_wide, kernel};
use crate::tensor::ops::Border;
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

impl Reading {
    /// Channels, height, width, places of a sample, and the conventions.
    fn numbers(&self) -> [usize; 6] {
        let (height, width) = self.source;
        let replicate = usize::from(self.border == Border::Replicate);
        [self.channels, height, width, self.target.0 * self.target.1, replicate, usize::from(self.align_corners)]
    }
}

impl GridKernel for Cuda {
    fn grid_sample(&self, reading: Reading, x: &Buffer, grid: &Buffer) -> Result<Buffer, Failure> {
        let n = reading.samples * reading.channels * reading.target.0 * reading.target.1;
        let mut y = self.allocate(n)?;
        kernel(x, "grid", "grid_sample").counts(&reading.numbers()).read(x).read(grid).write(&mut y).each(n)?;
        Ok(y)
    }

    fn grid_sample_backward(&self, reading: Reading, grid: &Buffer, dy: &Buffer) -> Result<Buffer, Failure> {
        let n = reading.samples * reading.channels * reading.source.0 * reading.source.1;
        let device = dy.device();
        let mut largest = self.allocate(1)?;
        let mut sums = allocate_wide(&device, self, n)?;
        device.memset_zeros(&mut *largest)?;
        device.memset_zeros(&mut *sums)?;
        kernel(dy, "grid", "largest").read(dy).write(&mut largest).each(dy.len())?;
        let launch = kernel(dy, "grid", "grid_scatter").counts(&reading.numbers()).read(&largest).read(grid);
        launch.read(dy).write(&mut sums).each(dy.len())?;
        let mut dx = self.allocate(n)?;
        kernel(dy, "grid", "grid_finish").read(&largest).read(&sums).write(&mut dx).each(n)?;
        Ok(dx)
    }

    fn grid_sample_backward_grid(
        &self,
        reading: Reading,
        x: &Buffer,
        grid: &Buffer,
        dy: &Buffer,
    ) -> Result<Buffer, Failure> {
        let mut dgrid = self.allocate(grid.len())?;
        let launch = kernel(x, "grid", "grid_places").counts(&reading.numbers()).read(x).read(grid).read(dy);
        launch.write(&mut dgrid).each(grid.len() / 2)?;
        Ok(dgrid)
    }
}
