//! Pooling on the CPU, a plane a task.

use super::maxima::maxima;
use super::windows::Layout;
use super::{PoolKernel, Windows};
use crate::tensor::Backend;
use crate::tensor::ops::lanes::wide;
use crate::tensor::ops::parallel;
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl PoolKernel for Cpu {
    type Positions = Vec<u32>;

    fn max_pool(&self, count: usize, windows: Windows, x: &Buffer) -> Result<(Buffer, Vec<u32>), Self::Err> {
        let (h, w) = windows.output().unwrap_or_default();
        let (mut y, mut positions) = (self.allocate(count * h * w)?, vec![0; count * h * w]);
        let size = windows.height * windows.width;
        let layout = Layout::new(windows);
        parallel::rows2((&mut y, h * w), (&mut positions, h * w), |p, y, positions| {
            layout.largest(&x[p * size..(p + 1) * size], y, positions);
        });
        Ok((y, positions))
    }

    fn max_pool_values(&self, count: usize, windows: Windows, x: &Buffer) -> Result<Buffer, Self::Err> {
        let (h, w) = windows.output().unwrap_or_default();
        let mut y = self.allocate(count * h * w)?;
        let size = windows.height * windows.width;
        parallel::rows(&mut y, h * w, |p, y| maxima(&windows, &x[p * size..(p + 1) * size], y));
        Ok(y)
    }

    fn max_over(
        &self,
        samples: usize,
        channels: usize,
        size: usize,
        x: &Buffer,
    ) -> Result<(Buffer, Vec<u32>), Self::Err> {
        let (mut y, mut positions) = (self.allocate(samples * size)?, vec![0; samples * size]);
        parallel::rows2((&mut y, size), (&mut positions, size), |n, y, positions| {
            let x = &x[n * channels * size..(n + 1) * channels * size];
            if size == 1 {
                (y[0], positions[0]) = largest(x);
                return;
            }
            y.copy_from_slice(&x[..size]);
            positions.iter_mut().zip(0..).for_each(|(position, i)| *position = i);
            for (c, x) in x.chunks(size).enumerate().skip(1) {
                take_larger(y, positions, x, (c * size) as u32);
            }
        });
        Ok((y, positions))
    }

    fn scatter(
        &self,
        (input, output): (usize, usize),
        positions: &Vec<u32>,
        dy: &Buffer,
        dx: &mut Buffer,
        accumulate: bool,
    ) -> Result<(), Self::Err> {
        parallel::rows(dx, input, |block, dx| {
            if !accumulate {
                dx.fill(0.0);
            }
            let range = block * output..(block + 1) * output;
            for (&position, &dy) in positions[range.clone()].iter().zip(&dy[range]) {
                dx[position as usize] += dy;
            }
        });
        Ok(())
    }

    fn average_pool(&self, count: usize, windows: Windows, x: &Buffer) -> Result<Buffer, Self::Err> {
        let (h, w) = windows.output().unwrap_or_default();
        let mut y = self.allocate(count * h * w)?;
        let size = windows.height * windows.width;
        let share = 1.0 / (windows.kernel * windows.kernel) as f32;
        let layout = Layout::new(windows);
        parallel::rows(&mut y, h * w, |p, y| {
            layout.sums(&x[p * size..(p + 1) * size], share, y);
        });
        Ok(y)
    }

    fn average_pool_backward(&self, count: usize, windows: Windows, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let (h, w) = windows.output().unwrap_or_default();
        let size = windows.height * windows.width;
        let mut dx = self.allocate(count * size)?;
        let share = 1.0 / (windows.kernel * windows.kernel) as f32;
        let layout = Layout::new(windows);
        parallel::rows(&mut dx, size, |p, dx| {
            layout.spread(&dy[p * h * w..(p + 1) * h * w], share, dx);
        });
        Ok(dx)
    }
}

wide! {
    /// Takes what is larger than what was found, or NaN, and its position from `first` on.
    fn take_larger(y: &mut [f32], positions: &mut [u32], x: &[f32], first: u32) {
        let count = y.len();
        let (positions, x) = (&mut positions[..count], &x[..count]);
        for i in 0..count {
            let wins = (x[i] > y[i]) | x[i].is_nan();
            y[i] = if wins { x[i] } else { y[i] };
            positions[i] = if wins { first + i as u32 } else { positions[i] };
        }
    }
}

wide! {
    /// The largest of all, without NaN if there is another, and whether there is NaN.
    fn largest_and_nan(x: &[f32]) -> (f32, bool) {
        const LANES: usize = 32;
        let (mut best, mut nan) = ([f32::NEG_INFINITY; LANES], [false; LANES]);
        let (blocks, rest) = x.as_chunks::<LANES>();
        for x in blocks {
            for l in 0..LANES {
                best[l] = if x[l] > best[l] { x[l] } else { best[l] };
                nan[l] |= x[l].is_nan();
            }
        }
        for (l, x) in rest.iter().enumerate() {
            best[l] = if *x > best[l] { *x } else { best[l] };
            nan[l] |= x.is_nan();
        }
        (best.into_iter().fold(f32::NEG_INFINITY, f32::max), nan.contains(&true))
    }
}

/// The first largest element, or the last NaN, and where it is.
fn largest(x: &[f32]) -> (f32, u32) {
    let (best, nan) = largest_and_nan(x);
    let at = if nan { x.iter().rposition(|x| x.is_nan()) } else { x.iter().position(|x| *x == best) };
    let at = at.unwrap_or(0);
    (x[at], at as u32)
}
