//! Moving elements on the CPU.

use super::{Blocks, Remap, ShapeKernel, Side};
use crate::tensor::Backend;
use crate::tensor::ops::lanes::{self, wide};
use crate::tensor::ops::parallel;
use dfdx::tensor::{Cpu, Storage};
use rayon::prelude::*;

type Buffer = <Cpu as Storage<f32>>::Vec;

impl ShapeKernel for Cpu {
    fn zero(&self, target: &mut Buffer) -> Result<(), Self::Err> {
        parallel::rows(target, parallel::CHUNK, |_, target| target.fill(0.0));
        Ok(())
    }

    fn transfer(
        &self,
        blocks: Blocks,
        (source, from): (&Buffer, Side),
        (target, to): (&mut Buffer, Side),
        add: bool,
    ) -> Result<(), Self::Err> {
        let Blocks { outer, rows, len } = blocks;
        if outer * rows * len == 0 {
            return Ok(());
        }
        let give = |target: &mut [f32], source: &[f32]| {
            if add {
                lanes::amend1(target, source, move |t, s| t + s);
            } else {
                target.copy_from_slice(source);
            }
        };
        let block = |(o, target): (usize, &mut [f32])| {
            for r in 0..rows {
                let start = from.offset + o * from.outer + r * from.row;
                give(&mut target[r * to.row..][..len], &source[start..][..len]);
            }
        };
        // Few blocks, and large: all cores on one after another.
        if rows == 1 && len > parallel::CHUNK {
            for o in 0..outer {
                let target = &mut target[to.offset + o * to.outer..][..len];
                parallel::zip(target, &source[from.offset + o * from.outer..][..len], give);
            }
            return Ok(());
        }
        let target = &mut target[to.offset..];
        if outer * rows * len <= parallel::CHUNK {
            target.chunks_mut(to.outer).take(outer).enumerate().for_each(block);
        } else {
            target.par_chunks_mut(to.outer).take(outer).enumerate().for_each(block);
        }
        Ok(())
    }

    fn remap(&self, count: usize, map: &Remap, x: &Buffer) -> Result<Buffer, Self::Err> {
        let (size, len) = (map.height * map.width, map.rows.len() * map.columns.len());
        let (mut y, runs) = (self.allocate(count * len)?, runs(&map.columns));
        parallel::rows(&mut y, len, |p, y| {
            let x = &x[p * size..(p + 1) * size];
            for (y, &row) in y.chunks_mut(map.columns.len()).zip(&map.rows) {
                let x = &x[row * map.width..(row + 1) * map.width];
                runs.iter().for_each(|run| run.copy(y, x));
            }
        });
        Ok(y)
    }

    fn remap_backward(&self, count: usize, map: &Remap, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let (size, len) = (map.height * map.width, map.rows.len() * map.columns.len());
        let (mut dx, runs) = (self.allocate(count * size)?, runs(&map.columns));
        parallel::rows(&mut dx, size, |p, dx| {
            dx.fill(0.0);
            let dy = &dy[p * len..(p + 1) * len];
            for (dy, &row) in dy.chunks(map.columns.len()).zip(&map.rows) {
                let dx = &mut dx[row * map.width..(row + 1) * map.width];
                runs.iter().for_each(|run| run.add(dx, dy));
            }
        });
        Ok(dx)
    }
}

/// Neighbours of the target that are neighbours of the source too, in the same order or turned around.
struct Run {
    target: usize,
    source: usize,
    len: usize,
    turned: bool,
}

/// The runs that a row of the target is made of.
fn runs(columns: &[usize]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut target = 0;
    while target < columns.len() {
        let rest = &columns[target..];
        let count = |next: fn(usize) -> usize| 1 + rest.windows(2).take_while(|w| w[1] == next(w[0])).count();
        let (forth, back) = (count(|c| c + 1), count(|c| c.wrapping_sub(1)));
        let (len, turned) = (forth.max(back), back > forth);
        runs.push(Run { target, source: if turned { rest[len - 1] } else { rest[0] }, len, turned });
        target += len;
    }
    runs
}

impl Run {
    fn copy(&self, y: &mut [f32], x: &[f32]) {
        let (y, x) = (&mut y[self.target..][..self.len], &x[self.source..][..self.len]);
        if self.turned {
            copy_turned(y, x);
        } else {
            y.copy_from_slice(x);
        }
    }

    fn add(&self, dx: &mut [f32], dy: &[f32]) {
        let (dx, dy) = (&mut dx[self.source..][..self.len], &dy[self.target..][..self.len]);
        if self.turned {
            add_turned(dx, dy);
        } else {
            lanes::amend1(dx, dy, |dx, dy| dx + dy);
        }
    }
}

/// Elements that are turned around together.
const LANES: usize = 8;

wide! {
    fn copy_turned(y: &mut [f32], x: &[f32]) {
        let (blocks, rest) = y.as_chunks_mut::<LANES>();
        let (last, turned) = x.as_rchunks::<LANES>();
        let count = blocks.len();
        let turned = &turned[..count];
        for i in 0..count {
            let x = &turned[count - 1 - i];
            for l in 0..LANES {
                blocks[i][l] = x[LANES - 1 - l];
            }
        }
        for i in 0..rest.len() {
            rest[i] = last[last.len() - 1 - i];
        }
    }
}

wide! {
    fn add_turned(dx: &mut [f32], dy: &[f32]) {
        let (blocks, rest) = dx.as_chunks_mut::<LANES>();
        let (last, turned) = dy.as_rchunks::<LANES>();
        let count = blocks.len();
        let turned = &turned[..count];
        for i in 0..count {
            let dy = &turned[count - 1 - i];
            for l in 0..LANES {
                blocks[i][l] += dy[LANES - 1 - l];
            }
        }
        for i in 0..rest.len() {
            rest[i] += last[last.len() - 1 - i];
        }
    }
}
