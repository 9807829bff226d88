//! Weights into points, packed as the left operand of a product for each point.
#![allow(unsafe_code, reason = "runs on vector registers")]

use super::grid::{Grid, spaced};
use super::input::{To, on_vectors};
use super::points::{MOST, Points, apply};
use crate::tensor::ops::matrix::vector::Eight;
use crate::tensor::ops::matrix::{Shared, for_each, kernel};
use std::ops::Range;

/// The weights of a convolution as they lie: row r (an output), channel c and tap (y, x) of its kernel are at
/// `start + r * row + c * channel + y * down + x * across`.
#[derive(Clone, Copy)]
pub struct Filter<'a> {
    pub weights: &'a [f32],
    pub start: usize,
    pub row: usize,
    pub channel: usize,
    pub down: isize,
    pub across: isize,
}

impl Filter<'_> {
    /// From a kernel's start in the weights to a tap of it.
    #[inline(always)]
    fn offset(&self, (y, x): (usize, usize)) -> isize {
        y as isize * self.down + x as isize * self.across
    }
}

/// From a point's panels, `rows` by the grid's planes, to the next point's.
pub fn point(grid: &Grid<'_>, rows: usize) -> usize {
    spaced(rows * grid.planes())
}

/// Transforms all weights: for each point, panels of rows by planes.
pub fn transform<P: Points>(grid: &Grid<'_>, filter: Filter<'_>, rows: usize, to: &mut [f32]) {
    let (width, point) = (kernel().rows, point(grid, rows));
    // SAFETY: a task writes a panel of each point.
    let values = unsafe { Shared::new(to) };
    for_each(rows.div_ceil(width), true, |panel| {
        let first = panel * width;
        let used = width.min(rows - first);
        for lane in (0..used).step_by(8).rev() {
            let (start, end) = (first * grid.planes() + lane, (first + used) * grid.planes());
            let rows = first + lane..first + used.min(lane + 8);
            lanes::<P>(grid, filter, rows, used, To { values: &values, start, point, end });
        }
    });
}

on_vectors!(
    /// Transforms up to eight rows of every plane, a plane `step` after the one before.
    lanes, lanes_body,
    (grid: &Grid<'_>, filter: Filter<'_>, rows: Range<usize>, step: usize, to: To<'_>)
);

#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "zipped iterators are calls that are not always inlined")]
unsafe fn lanes_body<V: Eight, P: Points>(
    grid: &Grid<'_>,
    filter: Filter<'_>,
    rows: Range<usize>,
    step: usize,
    to: To<'_>,
) {
    // Where the lanes' kernels begin in the first channel; lanes that are too many are as the last.
    let mut kernels = [0; 8];
    for (lane, kernel) in kernels.iter_mut().enumerate() {
        *kernel = filter.start + (rows.start + lane).min(rows.end - 1) * filter.row;
    }
    for plane in 0..grid.planes() {
        let (channel, by, bx) = grid.plane(plane);
        let to = To { start: to.start + plane * step, ..to };
        // SAFETY: reads and writes eight values of arrays of eight; the instructions are there, as the caller promises.
        unsafe {
            let mut points = [[V::zero(); MOST]; MOST];
            for x in 0..P::TAPS {
                let mut column = [V::zero(); MOST];
                for y in 0..P::TAPS {
                    let tap = (channel * filter.channel).wrapping_add_signed(filter.offset(grid.tap((by, bx), (y, x))));
                    let mut lanes = [0.0; 8];
                    for lane in 0..8 {
                        lanes[lane] = filter.weights[kernels[lane].wrapping_add(tap)];
                    }
                    column[y] = V::load(lanes.as_ptr());
                }
                let column = apply(&P::KERNEL, (P::COUNT, P::TAPS), &column);
                for y in 0..P::COUNT {
                    points[y][x] = column[y];
                }
            }
            for i in 0..P::COUNT {
                let line = apply(&P::KERNEL, (P::COUNT, P::TAPS), &points[i]);
                for j in 0..P::COUNT {
                    to.put(i * P::COUNT + j, line[j]);
                }
            }
        }
    }
}
