//! Pooling on the GPU.

use super::{PoolKernel, Windows};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, kernel};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

/// Where maxima were found.
pub struct Positions {
    /// 32-bit numbers.
    at: Buffer,
    /// Of windows, which may find one element several times; else no two positions are one.
    windows: Option<Windows>,
}

impl Windows {
    /// The sizes of a plane and of its result, and the windows.
    fn numbers(&self) -> [usize; 7] {
        let (h, w) = self.output().unwrap_or_default();
        [self.height, self.width, h, w, self.kernel, self.stride, self.padding]
    }

    fn share(&self) -> f32 {
        1.0 / (self.kernel * self.kernel) as f32
    }
}

impl PoolKernel for Cuda {
    type Positions = Positions;

    fn max_pool(&self, count: usize, windows: Windows, x: &Buffer) -> Result<(Buffer, Positions), Failure> {
        let [_, _, h, w, ..] = windows.numbers();
        let n = count * h * w;
        let (mut y, mut at) = (self.allocate(n)?, self.allocate(n)?);
        kernel(x, "pool", "max_pool").counts(&windows.numbers()).read(x).write(&mut y).write(&mut at).each(n)?;
        Ok((y, Positions { at, windows: Some(windows) }))
    }

    fn max_over(
        &self,
        samples: usize,
        channels: usize,
        size: usize,
        x: &Buffer,
    ) -> Result<(Buffer, Positions), Failure> {
        let n = samples * size;
        let (mut y, mut at) = (self.allocate(n)?, self.allocate(n)?);
        if size == 1 {
            kernel(x, "pool", "max_rows").count(channels).read(x).write(&mut y).write(&mut at).blocks(n)?;
        } else {
            kernel(x, "pool", "max_over").counts(&[channels, size]).read(x).write(&mut y).write(&mut at).each(n)?;
        }
        Ok((y, Positions { at, windows: None }))
    }

    fn scatter(
        &self,
        (input, output): (usize, usize),
        positions: &Positions,
        dy: &Buffer,
        dx: &mut Buffer,
        accumulate: bool,
    ) -> Result<(), Failure> {
        let n = dx.len();
        if let Some(windows) = positions.windows {
            let launch = kernel(dy, "pool", "max_pool_backward").counts(&windows.numbers()).read(&positions.at);
            return launch.read(dy).write(dx).flag(accumulate).each(n);
        }
        if !accumulate {
            dy.device().memset_zeros(&mut **dx)?;
        }
        let launch = kernel(dy, "pool", "scatter").counts(&[input, output]).read(&positions.at).read(dy);
        launch.write(dx).each(dy.len())
    }

    fn average_pool(&self, count: usize, windows: Windows, x: &Buffer) -> Result<Buffer, Failure> {
        let [_, _, h, w, ..] = windows.numbers();
        let mut y = self.allocate(count * h * w)?;
        let launch = kernel(x, "pool", "average_pool").counts(&windows.numbers()).real(windows.share());
        launch.read(x).write(&mut y).each(count * h * w)?;
        Ok(y)
    }

    fn average_pool_backward(&self, count: usize, windows: Windows, dy: &Buffer) -> Result<Buffer, Failure> {
        let n = count * windows.height * windows.width;
        let mut dx = self.allocate(n)?;
        let launch = kernel(dy, "pool", "average_pool_backward").counts(&windows.numbers()).real(windows.share());
        launch.read(dy).write(&mut dx).each(n)?;
        Ok(dx)
    }
}
