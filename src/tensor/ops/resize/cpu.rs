//! Resizing on the CPU, a plane a task. What grows goes along its rows first, each row of the source once, and then down
//! the rows; what shrinks the other way around.

use super::axis::{Along, blend};
use super::{ResizeKernel, Taps};
use crate::tensor::Backend;
use crate::tensor::ops::{lanes, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl ResizeKernel for Cpu {
    fn resize(&self, count: usize, rows: &Taps, columns: &Taps, x: &Buffer) -> Result<Buffer, Self::Err> {
        let mut y = self.allocate(count * rows.target() * columns.target())?;
        let size = rows.source * columns.source;
        let along = Along::new(columns);
        let plane = if rows.target() > rows.source { grow } else { shrink };
        parallel::rows(&mut y, rows.target() * columns.target(), |p, y| {
            plane(rows, (columns, &along), &x[p * size..(p + 1) * size], y);
        });
        Ok(y)
    }

    fn resize_backward(&self, count: usize, rows: &Taps, columns: &Taps, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let mut dx = self.allocate(count * rows.source * columns.source)?;
        let size = rows.target() * columns.target();
        let (along, readers) = (Along::new(columns), readers(rows));
        parallel::rows(&mut dx, rows.source * columns.source, |p, dx| {
            backward(&readers, (columns, &along), &dy[p * size..(p + 1) * size], dx);
        });
        Ok(dx)
    }
}

type Axis<'a> = (&'a Taps, &'a Along<'a>);

/// Whether row i of the target is as the row before.
fn repeats(rows: &Taps, i: usize) -> bool {
    let of = |i: usize| (rows.low[i], rows.high[i], rows.share[i]);
    i > 0 && of(i) == of(i - 1)
}

fn grow(rows: &Taps, (columns, along): Axis<'_>, x: &[f32], y: &mut [f32]) {
    let (source, target) = (columns.source, columns.target());
    let mut scratch = along.scratch();
    // The last two rows of the source, resized; by their numbers' parity.
    let mut lines = [vec![0.0; target], vec![0.0; target]];
    let mut ready = [usize::MAX; 2];
    for i in 0..rows.target() {
        let (before, rest) = y.split_at_mut(i * target);
        let out = &mut rest[..target];
        if repeats(rows, i) {
            out.copy_from_slice(&before[(i - 1) * target..]);
            continue;
        }
        let (low, high, share) = (rows.low[i], rows.high[i], rows.share[i]);
        if share == 0.0 && ready[low % 2] != low {
            along.forward(&x[low * source..(low + 1) * source], out, &mut scratch);
            continue;
        }
        for r in [low, high] {
            if ready[r % 2] != r {
                along.forward(&x[r * source..(r + 1) * source], &mut lines[r % 2], &mut scratch);
                ready[r % 2] = r;
            }
        }
        blend(out, &lines[low % 2], &lines[high % 2], share);
    }
}

fn shrink(rows: &Taps, (columns, along): Axis<'_>, x: &[f32], y: &mut [f32]) {
    let (source, target) = (columns.source, columns.target());
    let (mut scratch, mut blended) = (along.scratch(), vec![0.0; source]);
    for i in 0..rows.target() {
        let (before, rest) = y.split_at_mut(i * target);
        let out = &mut rest[..target];
        if repeats(rows, i) {
            out.copy_from_slice(&before[(i - 1) * target..]);
            continue;
        }
        let row = |r: usize| &x[r * source..(r + 1) * source];
        let share = rows.share[i];
        if share == 0.0 {
            along.forward(row(rows.low[i]), out, &mut scratch);
        } else {
            blend(&mut blended, row(rows.low[i]), row(rows.high[i]), share);
            along.forward(&blended, out, &mut scratch);
        }
    }
}

/// For each row of the source, the rows of the target that read it and how much it counts there.
fn readers(rows: &Taps) -> Vec<Vec<(usize, f32)>> {
    let mut readers = vec![Vec::new(); rows.source];
    for i in 0..rows.target() {
        readers[rows.low[i]].push((i, 1.0 - rows.share[i]));
        if rows.share[i] != 0.0 {
            readers[rows.high[i]].push((i, rows.share[i]));
        }
    }
    readers
}

fn backward(readers: &[Vec<(usize, f32)>], (columns, along): Axis<'_>, dy: &[f32], dx: &mut [f32]) {
    let target = columns.target();
    let (mut scratch, mut line) = (along.scratch(), vec![0.0; target]);
    let row = |i: usize| &dy[i * target..(i + 1) * target];
    dx.fill(0.0);
    for (dx, readers) in dx.chunks_mut(columns.source).zip(readers) {
        for (k, pair) in readers.chunks(2).enumerate() {
            match *pair {
                [(i, p), (j, q)] if k == 0 => lanes::map2(&mut line, row(i), row(j), move |a, b| a * p + b * q),
                [(i, p), (j, q)] => lanes::amend2(&mut line, row(i), row(j), move |g, a, b| g + (a * p + b * q)),
                [(i, p)] if k == 0 => lanes::map(&mut line, row(i), move |a| a * p),
                [(i, p)] => lanes::amend1(&mut line, row(i), move |g, a| g + a * p),
                _ => {}
            }
        }
        if readers.is_empty() {
            continue;
        }
        along.backward(&line, dx, &mut scratch);
    }
}
