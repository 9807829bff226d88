//! Points back into tiles of the output.
#![allow(unsafe_code, reason = "runs on vector registers")]

use super::forward::Target;
use super::grid::Grid;
use super::input::on_vectors;
use super::points::{MOST, Points, TILE, apply};
use crate::tensor::ops::matrix::vector::Eight;
use std::ops::Range;

on_vectors!(
    /// Writes the tiles of some rows of tiles, numbered from the first, of output `output`; point p of tile t is at
    /// `p * point + t` of `from`.
    tiles_back, tiles_back_body,
    (grid: &Grid<'_>, from: &[f32], point: usize, output: usize, rows: Range<usize>, target: &Target<'_>)
);

#[inline(always)]
unsafe fn tiles_back_body<V: Eight, P: Points>(
    grid: &Grid<'_>,
    from: &[f32],
    point: usize,
    output: usize,
    rows: Range<usize>,
    target: &Target<'_>,
) {
    let count = rows.len() * grid.wide;
    let bias = target.bias.map_or(0.0, |bias| bias[output]);
    for first in (0..count).step_by(8) {
        let mut tiles = [0.0; 8 * TILE * TILE];
        // SAFETY: slices check what is read; the instructions are there, as the caller promises.
        unsafe { eight_tiles::<V, P>(from, point, first, bias, &mut tiles) };
        for i in 0..8.min(count - first) {
            let (row, column) = (rows.start + (first + i) / grid.wide, (first + i) % grid.wide);
            target.write(grid, output, (row, column), &tiles, i);
        }
    }
}

/// Tiles `first..first + 8`: tile i's rows 0 and 1 at `8 i` of the result, its rows 2 and 3 at `64 + 8 i`.
#[inline(always)]
unsafe fn eight_tiles<V: Eight, P: Points>(
    from: &[f32],
    point: usize,
    first: usize,
    bias: f32,
    tiles: &mut [f32; 8 * TILE * TILE],
) {
    // SAFETY: slices check what is read and written; the instructions are there, as the caller promises.
    unsafe {
        let mut down = [[V::zero(); MOST]; MOST];
        for j in 0..P::COUNT {
            let mut column = [V::zero(); MOST];
            for (i, value) in column.iter_mut().enumerate().take(P::COUNT) {
                *value = V::load(from[(i * P::COUNT + j) * point + first..][..8].as_ptr());
            }
            let column = apply(&P::OUTPUT, (TILE, P::COUNT), &column);
            for i in 0..TILE {
                down[i][j] = column[i];
            }
        }
        for half in 0..2 {
            let upper = apply(&P::OUTPUT, (TILE, P::COUNT), &down[2 * half]);
            let lower = apply(&P::OUTPUT, (TILE, P::COUNT), &down[2 * half + 1]);
            let mut rows = [V::splat(bias); 8];
            for i in 0..TILE {
                rows[i] = rows[i].add(upper[i]);
                rows[i + TILE] = rows[i + TILE].add(lower[i]);
            }
            let turned = V::turn(rows);
            for (i, tile) in turned.iter().enumerate() {
                tile.store(tiles[64 * half + 8 * i..][..8].as_mut_ptr());
            }
        }
    }
}

impl Target<'_> {
    /// Writes tile (row of tiles of all images, column) of an output, as [`eight_tiles`] left it.
    #[inline]
    fn write(&self, grid: &Grid<'_>, output: usize, (row, column): (usize, usize), tiles: &[f32; 128], i: usize) {
        let (image, y, x) = (row / grid.high, row % grid.high * TILE, column * TILE);
        let (rows, columns) = (TILE.min(grid.g.oh - y), TILE.min(grid.g.ow - x));
        let start = self.start + (image * grid.g.o + output) * self.map + x * self.across;
        for r in 0..rows {
            let from = &tiles[64 * (r / 2) + 8 * i + TILE * (r % 2)..][..TILE];
            let to = self.values.part(start + (y + r) * self.down, (columns - 1) * self.across + 1);
            if self.accumulate {
                to.iter_mut().step_by(self.across).zip(from).for_each(|(to, from)| *to += from);
            } else if self.across == 1 && columns == TILE {
                to.copy_from_slice(from);
            } else {
                to.iter_mut().step_by(self.across).zip(from).for_each(|(to, from)| *to = *from);
            }
        }
    }
}
