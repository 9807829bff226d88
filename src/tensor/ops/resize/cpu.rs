//! Resizing on the CPU, a plane a task: down the rows first, whole rows at a time, then along them.

use super::{ResizeKernel, Taps};
use crate::tensor::Backend;
use crate::tensor::ops::{lanes, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl ResizeKernel for Cpu {
    fn resize(&self, count: usize, rows: &Taps, columns: &Taps, x: &Buffer) -> Result<Buffer, Self::Err> {
        let mut y = self.allocate(count * rows.target() * columns.target())?;
        let size = rows.source * columns.source;
        parallel::rows(&mut y, rows.target() * columns.target(), |p, y| {
            forward(rows, columns, &x[p * size..(p + 1) * size], y);
        });
        Ok(y)
    }

    fn resize_backward(&self, count: usize, rows: &Taps, columns: &Taps, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let mut dx = self.allocate(count * rows.source * columns.source)?;
        let size = rows.target() * columns.target();
        parallel::rows(&mut dx, rows.source * columns.source, |p, dx| {
            backward(rows, columns, &dy[p * size..(p + 1) * size], dx);
        });
        Ok(dx)
    }
}

fn forward(rows: &Taps, columns: &Taps, x: &[f32], y: &mut [f32]) {
    let (source, target) = (columns.source, columns.target());
    let mut blended = vec![0.0; source];
    for i in 0..rows.target() {
        let (low, high, share) = (rows.low[i], rows.high[i], rows.share[i]);
        let (before, rest) = y.split_at_mut(i * target);
        let out = &mut rest[..target];
        if i > 0 && (low, high, share) == (rows.low[i - 1], rows.high[i - 1], rows.share[i - 1]) {
            out.copy_from_slice(&before[(i - 1) * target..]);
            continue;
        }
        let row = |r: usize| &x[r * source..(r + 1) * source];
        let line = if share == 0.0 {
            row(low)
        } else {
            lanes::map2(&mut blended, row(low), row(high), |l, h| l * (1.0 - share) + h * share);
            &blended
        };
        along(columns, line, out);
    }
}

fn along(columns: &Taps, line: &[f32], out: &mut [f32]) {
    for (((out, &low), &high), &share) in out.iter_mut().zip(&columns.low).zip(&columns.high).zip(&columns.share) {
        // A neighbour that counts nothing is not read: 0 times infinity would be NaN.
        *out = if share == 0.0 { line[low] } else { line[low] * (1.0 - share) + line[high] * share };
    }
}

fn backward(rows: &Taps, columns: &Taps, dy: &[f32], dx: &mut [f32]) {
    let (source, target) = (columns.source, columns.target());
    let mut gathered = vec![0.0; rows.source * target];
    for (i, dy) in dy.chunks(target).enumerate() {
        let (low, high, share) = (rows.low[i], rows.high[i], rows.share[i]);
        lanes::amend1(&mut gathered[low * target..(low + 1) * target], dy, |g, dy| g + dy * (1.0 - share));
        if share != 0.0 {
            lanes::amend1(&mut gathered[high * target..(high + 1) * target], dy, |g, dy| g + dy * share);
        }
    }
    dx.fill(0.0);
    for (dx, line) in dx.chunks_mut(source).zip(gathered.chunks(target)) {
        for (((&g, &low), &high), &share) in line.iter().zip(&columns.low).zip(&columns.high).zip(&columns.share) {
            dx[low] += g * (1.0 - share);
            if share != 0.0 {
                dx[high] += g * share;
            }
        }
    }
}
