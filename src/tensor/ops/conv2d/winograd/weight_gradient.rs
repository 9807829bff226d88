//! The weights' gradient: products over tiles of the transformed input and output gradient, and points back to taps.
#![allow(unsafe_code, reason = "tasks write parts of their own in one buffer; runs on vector registers")]

use super::grid::{Grid, batches, spaced};
use super::input::{To, gradients_beside, on_vectors, planes_beside};
use super::points::{MOST, Points, Three, Two, apply};
use crate::tensor::ops::matrix::vector::Eight;
use crate::tensor::ops::matrix::{Block, Left, Right, Shared, for_each, kernel, multiply, with_scratch};
use std::ops::Range;

/// `dw = [dw +] dy * x^T`, for weights `o x c x kh x kw`.
pub fn weight_gradient(grid: &Grid<'_>, x: &[f32], dy: &[f32], dw: &mut [f32], accumulate: bool) {
    match grid.taps {
        3 => run::<Three>(grid, x, dy, dw, accumulate),
        _ => run::<Two>(grid, x, dy, dw, accumulate),
    }
}

fn run<P: Points>(grid: &Grid<'_>, x: &[f32], dy: &[f32], dw: &mut [f32], accumulate: bool) {
    let points = P::COUNT * P::COUNT;
    // SAFETY: a task writes the weights of its rows and planes.
    let dw = unsafe { Shared::new(dw) };
    let right = grid.planes().next_multiple_of(kernel().columns);
    for (i, rows) in batches(grid, points * (right + grid.g.o)).enumerate() {
        let tiles = rows.len() * grid.wide;
        with_scratch(points * spaced(tiles * right), |inputs| {
            transform_input::<P>(grid, x, &rows, inputs);
            with_scratch(points * spaced(tiles * grid.g.o), |gradients| {
                transform_gradient::<P>(grid, dy, &rows, gradients);
                multiply_blocks::<P>(grid, tiles, gradients, inputs, &dw, accumulate || i > 0);
            });
        });
    }
}

/// For each point, panels of planes by tiles.
fn transform_input<P: Points>(grid: &Grid<'_>, x: &[f32], rows: &Range<usize>, to: &mut [f32]) {
    let (tiles, width) = (rows.len() * grid.wide, kernel().columns);
    let padded = grid.planes().next_multiple_of(width);
    // SAFETY: a task writes eight lanes of a panel at the tiles of its row.
    let values = unsafe { Shared::new(to) };
    for_each(padded / 8 * rows.len(), true, |task| {
        let (plane, row) = (task / rows.len() * 8, task % rows.len());
        let start = (plane - plane % width) * tiles + row * grid.wide * width + plane % width;
        let to = To { values: &values, start, point: spaced(padded * tiles), end: padded * tiles };
        planes_beside::<P>(grid, x, plane, rows.start + row, width, to);
    });
}

/// For each point, panels of outputs by tiles.
fn transform_gradient<P: Points>(grid: &Grid<'_>, dy: &[f32], rows: &Range<usize>, to: &mut [f32]) {
    let (tiles, width, outputs) = (rows.len() * grid.wide, kernel().rows, grid.g.o);
    // SAFETY: a task writes a panel of each point.
    let values = unsafe { Shared::new(to) };
    for_each(outputs.div_ceil(width), true, |panel| {
        let first = panel * width;
        let used = width.min(outputs - first);
        for lane in (0..used).step_by(8).rev() {
            for row in 0..rows.len() {
                let start = first * tiles + row * grid.wide * used + lane;
                let point = spaced(outputs * tiles);
                let to = To { values: &values, start, point, end: (first + used) * tiles };
                gradients_beside::<P>(grid, dy, first + lane, rows.start + row, used, to);
            }
        }
    });
}

/// Blocks of the weights: the products of all points, then the taps.
fn multiply_blocks<P: Points>(
    grid: &Grid<'_>,
    tiles: usize,
    gradients: &[f32],
    inputs: &[f32],
    dw: &Shared<'_>,
    accumulate: bool,
) {
    /// Multiples of every kernel's rows and columns.
    const ROWS: usize = 48;
    const COLUMNS: usize = 64;
    let (points, outputs, planes) = (P::COUNT * P::COUNT, grid.g.o, grid.planes());
    let right = planes.next_multiple_of(kernel().columns);
    let (tall, wide) = (outputs.div_ceil(ROWS), planes.div_ceil(COLUMNS));
    for_each(tall * wide, true, |task| {
        let (row, plane) = (task / wide * ROWS, task % wide * COLUMNS);
        let (rows, columns) = (ROWS.min(outputs - row), COLUMNS.min(planes - plane));
        let space = spaced(rows * COLUMNS);
        with_scratch(points * space, |sums| {
            {
                // SAFETY: this task has the whole scratch.
                let slice = unsafe { Shared::new(sums) };
                for point in 0..points {
                    let left = Left { panels: &gradients[point * spaced(outputs * tiles) + row * tiles..], rows };
                    let right = &inputs[point * spaced(right * tiles) + plane * tiles..];
                    let start = point * space;
                    let block = Block { slice: &slice, start, row: COLUMNS, accumulate: false, bias: None };
                    let columns = columns.next_multiple_of(kernel().columns).min(COLUMNS);
                    multiply(left, Right { panels: right, columns }, tiles, block);
                }
            }
            for r in 0..rows {
                for c in (0..columns).step_by(8) {
                    let from = &sums[r * COLUMNS + c..];
                    let lanes = 8.min(columns - c);
                    taps_back::<P>(grid, from, space, (row + r, plane + c), lanes, dw, accumulate);
                }
            }
        });
    });
}

on_vectors!(
    /// Writes the taps of eight (or as many as `lanes`) planes of an output, whose point p begins at `p * point` of `from`.
    taps_back, taps_back_body,
    (
        grid: &Grid<'_>,
        from: &[f32],
        point: usize,
        at: (usize, usize),
        lanes: usize,
        dw: &Shared<'_>,
        accumulate: bool,
    )
);

#[inline(always)]
unsafe fn taps_back_body<V: Eight, P: Points>(
    grid: &Grid<'_>,
    from: &[f32],
    point: usize,
    (output, plane): (usize, usize),
    lanes: usize,
    dw: &Shared<'_>,
    accumulate: bool,
) {
    let mut taps = [[0.0; 8]; 9];
    // SAFETY: slices check what is read and written; the instructions are there, as the caller promises.
    unsafe {
        let mut down = [[V::zero(); MOST]; MOST];
        for j in 0..P::COUNT {
            let mut column = [V::zero(); MOST];
            for (i, value) in column.iter_mut().enumerate().take(P::COUNT) {
                *value = V::load(from[(i * P::COUNT + j) * point..][..8].as_ptr());
            }
            let column = apply(&P::TAPS_BACK, (P::TAPS, P::COUNT), &column);
            for i in 0..P::TAPS {
                down[i][j] = column[i];
            }
        }
        for (y, line) in down.iter().enumerate().take(P::TAPS) {
            let line = apply(&P::TAPS_BACK, (P::TAPS, P::COUNT), line);
            for x in 0..P::TAPS {
                line[x].store(taps[y * P::TAPS + x].as_mut_ptr());
            }
        }
    }
    let g = grid.g;
    #[allow(clippy::needless_range_loop, reason = "a lane of every tap")]
    for lane in 0..lanes {
        let (channel, by, bx) = grid.plane(plane + lane);
        let to = dw.part(output * g.taps() + channel * g.area(), g.area());
        for y in 0..P::TAPS {
            for x in 0..P::TAPS {
                let (ky, kx) = grid.tap((by, bx), (y, x));
                let value = taps[y * P::TAPS + x][lane];
                let to = &mut to[ky * g.kw + kx];
                *to = if accumulate { *to + value } else { value };
            }
        }
    }
}
