//! Moving elements on the CPU.

use super::{Blocks, Remap, ShapeKernel, Side};
use crate::tensor::Backend;
use crate::tensor::ops::{lanes, parallel};
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
        let block = |(o, target): (usize, &mut [f32])| {
            for r in 0..rows {
                let source = &source[from.offset + o * from.outer + r * from.row..][..len];
                let target = &mut target[r * to.row..][..len];
                if add {
                    lanes::amend1(target, source, |t, s| t + s);
                } else {
                    target.copy_from_slice(source);
                }
            }
        };
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
        let mut y = self.allocate(count * len)?;
        parallel::rows(&mut y, len, |p, y| {
            let x = &x[p * size..(p + 1) * size];
            for (y, &row) in y.chunks_mut(map.columns.len()).zip(&map.rows) {
                let x = &x[row * map.width..(row + 1) * map.width];
                for (y, &column) in y.iter_mut().zip(&map.columns) {
                    *y = x[column];
                }
            }
        });
        Ok(y)
    }

    fn remap_backward(&self, count: usize, map: &Remap, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let (size, len) = (map.height * map.width, map.rows.len() * map.columns.len());
        let mut dx = self.allocate(count * size)?;
        parallel::rows(&mut dx, size, |p, dx| {
            dx.fill(0.0);
            let dy = &dy[p * len..(p + 1) * len];
            for (dy, &row) in dy.chunks(map.columns.len()).zip(&map.rows) {
                let dx = &mut dx[row * map.width..(row + 1) * map.width];
                for (dy, &column) in dy.iter().zip(&map.columns) {
                    dx[column] += dy;
                }
            }
        });
        Ok(dx)
    }
}
