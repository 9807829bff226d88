//! Points back into tiles of the output.
#![allow(unsafe_code, reason = "runs on vector registers")]

use super::forward::Target;
use super::grid::Grid;
use super::input::on_vectors;
use super::points::{MOST, Points, TILE, apply};
use crate::tensor::ops::matrix::vector::Eight;
use std::ops::Range;

/// The sums of an output: point p of tile t by filter f is at `f * filter + p * point + t`.
#[derive(Clone, Copy)]
pub struct From<'a> {
    pub sums: &'a [f32],
    pub point: usize,
    pub filter: usize,
}

/// Eight tiles, as [`eight_tiles`] leaves them.
type Tiles = [f32; 8 * TILE * TILE];

on_vectors!(
    /// Writes the tiles of some rows of tiles, numbered from the first, of output `output`, by one filter or two.
    tiles_back, tiles_back_body,
    (grid: &Grid<'_>, from: From<'_>, output: usize, rows: Range<usize>, filters: usize, target: &Target<'_>)
);

#[inline(always)]
unsafe fn tiles_back_body<V: Eight, P: Points>(
    grid: &Grid<'_>,
    from: From<'_>,
    output: usize,
    rows: Range<usize>,
    filters: usize,
    target: &Target<'_>,
) {
    let count = rows.len() * grid.wide;
    let bias = target.bias.map_or(0.0, |bias| bias[output]);
    let (mut even, mut odd) = ([0.0; 8 * TILE * TILE], [0.0; 8 * TILE * TILE]);
    for first in (0..count).step_by(8) {
        // SAFETY: slices check what is read; the instructions are there, as the caller promises.
        unsafe {
            eight_tiles::<V, P>(from.sums, from.point, first, bias, &mut even);
            if filters == 2 {
                eight_tiles::<V, P>(&from.sums[from.filter..], from.point, first, bias, &mut odd);
            }
        }
        for i in 0..8.min(count - first) {
            let (row, column) = (rows.start + (first + i) / grid.wide, (first + i) % grid.wide);
            let place = target.place(grid, output, (row, column));
            match filters {
                2 => target.write_two(place, (&even, &odd), i),
                _ => target.write(place, &even, i),
            }
        }
    }
}

/// Tiles `first..first + 8`: tile i's rows 0 and 1 at `8 i` of the result, its rows 2 and 3 at `64 + 8 i`.
#[inline(always)]
unsafe fn eight_tiles<V: Eight, P: Points>(from: &[f32], point: usize, first: usize, bias: f32, tiles: &mut Tiles) {
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

/// Where a tile goes, and how much of it lies in the map.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    rows: usize,
    columns: usize,
}

/// Row `r` of tile `i`.
#[inline(always)]
fn row_of(tiles: &Tiles, i: usize, r: usize) -> &[f32] {
    &tiles[64 * (r / 2) + 8 * i + TILE * (r % 2)..][..TILE]
}

impl Target<'_> {
    /// Of tile (row of tiles of all images, column) of an output.
    #[inline(always)]
    fn place(&self, grid: &Grid<'_>, output: usize, (row, column): (usize, usize)) -> Place {
        let (image, y, x) = (row / grid.high, row % grid.high * TILE, column * TILE);
        let start = self.start + (image * grid.g.o + output) * self.map + y * self.down + x * self.across;
        Place { start, rows: TILE.min(grid.g.oh - y), columns: TILE.min(grid.g.ow - x) }
    }

    /// Writes tile `i`.
    #[inline(always)]
    fn write(&self, place: Place, tiles: &Tiles, i: usize) {
        for r in 0..place.rows {
            let from = row_of(tiles, i, r);
            let to = self.values.part(place.start + r * self.down, (place.columns - 1) * self.across + 1);
            if self.accumulate {
                to.iter_mut().step_by(self.across).zip(from).for_each(|(to, from)| *to += from);
            } else if self.across == 1 && place.columns == TILE {
                to.copy_from_slice(from);
            } else {
                to.iter_mut().step_by(self.across).zip(from).for_each(|(to, from)| *to = *from);
            }
        }
    }

    /// Writes tile `i` of two filters, whose columns take turns: `across` is 2.
    #[inline(always)]
    fn write_two(&self, place: Place, (even, odd): (&Tiles, &Tiles), i: usize) {
        for r in 0..place.rows {
            let (even, odd) = (row_of(even, i, r), row_of(odd, i, r));
            let mut both = [0.0; 2 * TILE];
            for x in 0..TILE {
                both[2 * x] = even[x];
                both[2 * x + 1] = odd[x];
            }
            let to = self.values.part(place.start + r * self.down, 2 * place.columns);
            if self.accumulate {
                for (x, to) in to.iter_mut().enumerate() {
                    *to += both[x];
                }
            } else if place.columns == TILE {
                to.copy_from_slice(&both);
            } else {
                to.copy_from_slice(&both[..2 * place.columns]);
            }
        }
    }
}
