//! Tiles into points: first down the lines of a row of tiles, all columns at once, then across, eight tiles at once (or
//! eight channels, where the tiles are to be summed over).
#![allow(unsafe_code, reason = "runs on vector registers")]

use super::grid::Grid;
use super::points::{MOST, Points, TILE, apply};
use crate::tensor::ops::matrix::vector::Eight;
use crate::tensor::ops::matrix::{Shared, with_scratch};
use std::ops::Range;

/// Runs a function compiled for the vectors of this processor.
macro_rules! on_vectors {
    ($(#[$meta:meta])* $name:ident, $body:ident, ($($argument:ident: $type:ty),* $(,)?)) => {
        $(#[$meta])*
        pub fn $name<P: Points>($($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments, reason = "as the function it is made from")]
                unsafe fn wide<P: Points>($($argument: $type),*) {
                    // SAFETY: this function's feature is what the vector needs.
                    unsafe { $body::<crate::tensor::ops::matrix::vector::Avx2, P>($($argument),*) }
                }
                if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has the features.
                    return unsafe { wide::<P>($($argument),*) };
                }
            }
            // SAFETY: any processor will do.
            unsafe { $body::<crate::tensor::ops::matrix::vector::Plain, P>($($argument),*) }
        }
    };
}
pub(super) use on_vectors;

/// Where eight lanes of each point go: point p at `start + p * point`, as far as `end + p * point`. In panels that are not
/// eight wide, lanes that are too many are overwritten by what comes later in the panel, at whose end nothing does.
#[derive(Clone, Copy)]
pub struct To<'a> {
    pub values: &'a Shared<'a>,
    pub start: usize,
    pub point: usize,
    pub end: usize,
}

impl To<'_> {
    /// Writes the lanes of point `p`.
    ///
    /// # Safety
    /// The processor has the vector's instructions.
    #[inline(always)]
    pub unsafe fn put<V: Eight>(&self, p: usize, value: V) {
        let lanes = 8.min(self.end - self.start);
        let to = self.values.part(self.start + p * self.point, lanes);
        if lanes == 8 {
            // SAFETY: eight values, as just taken.
            return unsafe { value.store(to.as_mut_ptr()) };
        }
        let mut all = [0.0; 8];
        // SAFETY: eight values.
        unsafe { value.store(all.as_mut_ptr()) };
        to.copy_from_slice(&all[..lanes]);
    }
}

/// Down: lines of `width` values to as many lines as there are points.
///
/// # Safety
/// The processor has the vector's instructions; `from` holds `count` lines and `to` `P::COUNT`, of `width`, in eights.
#[inline(always)]
pub unsafe fn down<V: Eight, P: Points>(
    matrix: &[[f32; MOST]; MOST],
    count: usize,
    from: &[f32],
    width: usize,
    to: &mut [f32],
) {
    assert!(from.len() >= count * width && to.len() >= P::COUNT * width && width.is_multiple_of(8));
    for x in (0..width).step_by(8) {
        // SAFETY: as just checked, and as the caller promises.
        unsafe {
            let mut column = [V::zero(); MOST];
            for (i, value) in column.iter_mut().enumerate().take(count) {
                *value = V::load(from.as_ptr().add(i * width + x));
            }
            let points = apply(matrix, (P::COUNT, count), &column);
            for (i, value) in points.iter().enumerate().take(P::COUNT) {
                value.store(to.as_mut_ptr().add(i * width + x));
            }
        }
    }
}

/// Across: from each of eight places in lines of `width` on, `count` columns to points; eight lanes each.
///
/// # Safety
/// The processor has the vector's instructions.
#[inline(always)]
pub unsafe fn across<V: Eight, P: Points>(
    matrix: &[[f32; MOST]; MOST],
    count: usize,
    lines: &[f32],
    width: usize,
    places: [usize; 8],
    to: To<'_>,
) {
    for i in 0..P::COUNT {
        // SAFETY: the slices and `part` check what is read and written; the instructions are there, as promised.
        unsafe {
            let mut rows = [V::zero(); 8];
            for (row, place) in rows.iter_mut().zip(places) {
                *row = V::load(lines[place + i * width..][..8].as_ptr());
            }
            let turned = V::turn(rows);
            let mut column = [V::zero(); MOST];
            column.copy_from_slice(&turned[..MOST]);
            let points = apply(matrix, (P::COUNT, count), &column);
            for (j, value) in points.iter().enumerate().take(P::COUNT) {
                to.put(i * P::COUNT + j, *value);
            }
        }
    }
}

/// Lines of a row of tiles and, behind them, room for the points of as many rows as are wanted. The vector code takes it
/// from outside: what a closure does is not compiled for the vectors.
fn with_lines<P: Points>(grid: &Grid<'_>, rows: usize, f: impl FnOnce(&mut [f32])) {
    with_scratch((rows + 1) * P::COUNT * grid.line(), f);
}

/// Transforms a plane's tiles of some rows of tiles, numbered from the first: eight tiles beside each other, in panels of
/// `width` tiles with `planes` depths, at depth `plane`; then those one column further to the right to the next of `to`.
pub fn tiles_beside<P: Points>(
    grid: &Grid<'_>,
    x: &[f32],
    plane: usize,
    rows: Range<usize>,
    width: usize,
    to: &[To<'_>],
) {
    with_lines::<P>(grid, rows.len(), |lines| tiles_beside_in::<P>(grid, x, plane, rows, width, to, lines));
}

on_vectors!(
    tiles_beside_in, tiles_beside_body,
    (grid: &Grid<'_>, x: &[f32], plane: usize, rows: Range<usize>, width: usize, to: &[To<'_>], lines: &mut [f32])
);

#[inline(always)]
unsafe fn tiles_beside_body<V: Eight, P: Points>(
    grid: &Grid<'_>,
    x: &[f32],
    plane: usize,
    rows: Range<usize>,
    width: usize,
    to: &[To<'_>],
    lines: &mut [f32],
) {
    let (line, count) = (grid.line(), rows.len() * grid.wide);
    let per_row = P::COUNT * line;
    let (from, lines) = lines.split_at_mut(per_row);
    for (row, lines) in rows.clone().zip(lines.chunks_exact_mut(per_row)) {
        // SAFETY: the instructions are there, as the caller promises.
        unsafe { row_down::<V, P>(grid, x, plane, row, from, lines) };
    }
    for first in (0..count).step_by(8) {
        let mut places = [0; 8];
        for (i, to) in places.iter_mut().enumerate() {
            let tile = (first + i).min(count - 1);
            *to = tile / grid.wide * per_row + tile % grid.wide * TILE;
        }
        let depth = (first / width * grid.planes() + plane) * width + first % width;
        for to in to {
            let to = To { start: to.start + depth, ..*to };
            // SAFETY: as above.
            unsafe { across::<V, P>(&P::INPUT, P::COUNT, lines, line, places, to) };
            for place in &mut places {
                *place += 1;
            }
        }
    }
}

/// One row of tiles of a plane, down.
#[inline(always)]
unsafe fn row_down<V: Eight, P: Points>(
    grid: &Grid<'_>,
    x: &[f32],
    plane: usize,
    row: usize,
    from: &mut [f32],
    to: &mut [f32],
) {
    let (channel, by, bx) = grid.plane(plane);
    let (image, y, line) = (row / grid.high, row % grid.high * TILE, grid.line());
    let map = &x[(image * grid.g.c + channel) * grid.g.texels()..][..grid.g.texels()];
    for (i, from) in from.chunks_exact_mut(line).enumerate() {
        grid.fill(map, (by, bx), y + i, from);
    }
    // SAFETY: the slices are as long as said; the instructions are there, as the caller promises.
    unsafe { down::<V, P>(&P::INPUT, P::COUNT, from, line, to) };
}

/// Transforms the tiles of one row of tiles in up to eight planes from `plane` on: eight planes beside each other, a tile
/// `step` after the one before.
pub fn planes_beside<P: Points>(grid: &Grid<'_>, x: &[f32], plane: usize, row: usize, step: usize, to: To<'_>) {
    with_lines::<P>(grid, 8, |lines| planes_beside_in::<P>(grid, x, plane, row, step, to, lines));
}

on_vectors!(
    planes_beside_in, planes_beside_body,
    (grid: &Grid<'_>, x: &[f32], plane: usize, row: usize, step: usize, to: To<'_>, lines: &mut [f32])
);

#[inline(always)]
unsafe fn planes_beside_body<V: Eight, P: Points>(
    grid: &Grid<'_>,
    x: &[f32],
    plane: usize,
    row: usize,
    step: usize,
    to: To<'_>,
    lines: &mut [f32],
) {
    let per_plane = P::COUNT * grid.line();
    let (from, lines) = lines.split_at_mut(per_plane);
    for (i, lines) in lines.chunks_exact_mut(per_plane).enumerate() {
        // SAFETY: the instructions are there, as the caller promises.
        unsafe { row_down::<V, P>(grid, x, (plane + i).min(grid.planes() - 1), row, from, lines) };
    }
    for tile in 0..grid.wide {
        let to = To { start: to.start + tile * step, ..to };
        // SAFETY: as above.
        unsafe { across::<V, P>(&P::INPUT, P::COUNT, lines, grid.line(), eight(tile, per_plane), to) };
    }
}

/// Where a tile begins in eight blocks of lines.
#[inline(always)]
fn eight(tile: usize, block: usize) -> [usize; 8] {
    let mut places = [0; 8];
    for (i, place) in places.iter_mut().enumerate() {
        *place = i * block + tile * TILE;
    }
    places
}

/// The same for the output's gradient `dy`, n x o x oh x ow, from output `output` on.
pub fn gradients_beside<P: Points>(grid: &Grid<'_>, dy: &[f32], output: usize, row: usize, step: usize, to: To<'_>) {
    with_lines::<P>(grid, 8, |lines| gradients_beside_in::<P>(grid, dy, output, row, step, to, lines));
}

on_vectors!(
    gradients_beside_in, gradients_beside_body,
    (grid: &Grid<'_>, dy: &[f32], output: usize, row: usize, step: usize, to: To<'_>, lines: &mut [f32])
);

#[inline(always)]
unsafe fn gradients_beside_body<V: Eight, P: Points>(
    grid: &Grid<'_>,
    dy: &[f32],
    output: usize,
    row: usize,
    step: usize,
    to: To<'_>,
    lines: &mut [f32],
) {
    let (g, line) = (grid.g, grid.line());
    let (image, y, per_map) = (row / grid.high, row % grid.high * TILE, P::COUNT * line);
    let (from, lines) = lines.split_at_mut(per_map);
    for (i, lines) in lines.chunks_exact_mut(per_map).enumerate() {
        let output = (output + i).min(g.o - 1);
        let map = &dy[(image * g.o + output) * g.pixels()..][..g.pixels()];
        for (j, from) in from.chunks_exact_mut(line).take(TILE).enumerate() {
            let row = if y + j < g.oh { &map[(y + j) * g.ow..][..g.ow] } else { &[] };
            from[..row.len()].copy_from_slice(row);
            from[row.len()..].fill(0.0);
        }
        // SAFETY: the slices are as long as said; the instructions are there, as the caller promises.
        unsafe { down::<V, P>(&P::GRADIENT, TILE, from, line, lines) };
    }
    for tile in 0..grid.wide {
        let to = To { start: to.start + tile * step, ..to };
        // SAFETY: as above.
        unsafe { across::<V, P>(&P::GRADIENT, TILE, lines, line, eight(tile, per_map), to) };
    }
}
