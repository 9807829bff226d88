//! Pooling on the CPU, a plane a task.

use super::{PoolKernel, Windows};
use crate::tensor::Backend;
use crate::tensor::ops::parallel;
use dfdx::tensor::{Cpu, Storage};
use std::ops::Range;

type Buffer = <Cpu as Storage<f32>>::Vec;

impl PoolKernel for Cpu {
    type Positions = Vec<u32>;

    fn max_pool(&self, count: usize, windows: Windows, x: &Buffer) -> Result<(Buffer, Vec<u32>), Self::Err> {
        let (h, w) = windows.output().unwrap_or_default();
        let (mut y, mut positions) = (self.allocate(count * h * w)?, vec![0; count * h * w]);
        let size = windows.height * windows.width;
        parallel::rows2((&mut y, h * w), (&mut positions, h * w), |p, y, positions| {
            let x = &x[p * size..(p + 1) * size];
            for (o, (y, position)) in y.iter_mut().zip(positions).enumerate() {
                let rows = inside(&windows, o / w, windows.height);
                let columns = inside(&windows, o % w, windows.width);
                (*y, *position) = largest(x, windows.width, rows, columns);
            }
        });
        Ok((y, positions))
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
            y.copy_from_slice(&x[..size]);
            positions.iter_mut().zip(0..).for_each(|(position, i)| *position = i);
            for (c, x) in x.chunks(size).enumerate().skip(1) {
                for (i, ((y, position), &x)) in y.iter_mut().zip(positions.iter_mut()).zip(x).enumerate() {
                    if x > *y || x.is_nan() {
                        (*y, *position) = (x, (c * size + i) as u32);
                    }
                }
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
        parallel::rows(&mut y, h * w, |p, y| {
            let x = &x[p * size..(p + 1) * size];
            for (o, y) in y.iter_mut().enumerate() {
                let columns = inside(&windows, o % w, windows.width);
                let rows = inside(&windows, o / w, windows.height);
                let sum: f32 = rows.map(|r| x[r * windows.width..][columns.clone()].iter().sum::<f32>()).sum();
                *y = sum * share;
            }
        });
        Ok(y)
    }

    fn average_pool_backward(&self, count: usize, windows: Windows, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let (h, w) = windows.output().unwrap_or_default();
        let size = windows.height * windows.width;
        let mut dx = self.allocate(count * size)?;
        let share = 1.0 / (windows.kernel * windows.kernel) as f32;
        parallel::rows(&mut dx, size, |p, dx| {
            dx.fill(0.0);
            for (o, &dy) in dy[p * h * w..(p + 1) * h * w].iter().enumerate() {
                let columns = inside(&windows, o % w, windows.width);
                for r in inside(&windows, o / w, windows.height) {
                    dx[r * windows.width..][columns.clone()].iter_mut().for_each(|dx| *dx += dy * share);
                }
            }
        });
        Ok(dx)
    }
}

/// The part of window `i` of an axis that lies on the map.
fn inside(windows: &Windows, i: usize, size: usize) -> Range<usize> {
    let start = i * windows.stride;
    let from = start.saturating_sub(windows.padding).min(size);
    from..(start + windows.kernel).saturating_sub(windows.padding).min(size).max(from)
}

/// The first largest element, or the last NaN, and where it is.
fn largest(x: &[f32], width: usize, rows: Range<usize>, columns: Range<usize>) -> (f32, u32) {
    let (mut best, mut at) = (f32::NEG_INFINITY, rows.start * width + columns.start);
    for r in rows {
        for (i, &value) in x[r * width..][columns.clone()].iter().enumerate() {
            if value > best || value.is_nan() {
                (best, at) = (value, r * width + columns.start + i);
            }
        }
    }
    (best, at as u32)
}
