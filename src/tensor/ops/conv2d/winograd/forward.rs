//! The forward pass, and every pass that is one: weights and tiles into points, a product for each point, points back.
#![allow(unsafe_code, reason = "tasks write parts of their own in one buffer")]

use super::grid::{Grid, batches, spaced};
use super::input::{To, tiles_beside};
use super::output::{From, tiles_back};
use super::points::{Points, Three, Two};
pub use super::weights::Filter;
use super::weights::{point, transform};
use crate::tensor::ops::matrix::{Block, Left, Right, Shared, for_each, kernel, multiply, with_scratch};
use std::ops::Range;

/// Where outputs go: output o of image i at texel (y, x) is at `start + (i * outputs + o) * map + y * down + x * across`.
pub struct Target<'a> {
    pub values: &'a Shared<'a>,
    pub start: usize,
    pub map: usize,
    pub down: usize,
    pub across: usize,
    /// A value for each output to add.
    pub bias: Option<&'a [f32]>,
    /// Whether to add to what is there.
    pub accumulate: bool,
}

/// The outputs of the grid's convolution of `x` by one filter, or by two whose outputs take turns (`across` is 2): the
/// second meets the maps a column further to the right. Two share what is read of the maps and are written together.
pub fn convolve(grid: &Grid<'_>, x: &[f32], filters: &[Filter<'_>], target: &Target<'_>) {
    match grid.taps {
        3 => run::<Three>(grid, x, filters, target),
        _ => run::<Two>(grid, x, filters, target),
    }
}

fn run<P: Points>(grid: &Grid<'_>, x: &[f32], filters: &[Filter<'_>], target: &Target<'_>) {
    let points = P::COUNT * P::COUNT;
    let size = points * point(grid, grid.g.o);
    with_scratch(filters.len() * size, |weights| {
        for (filter, weights) in filters.iter().zip(weights.chunks_exact_mut(size)) {
            transform::<P>(grid, *filter, grid.g.o, weights);
        }
        for rows in batches(grid, filters.len() * points * (grid.planes() + grid.g.o)) {
            batch::<P>(grid, x, &weights.chunks_exact(size).collect::<Vec<_>>(), rows, target);
        }
    });
}

/// Some rows of tiles; `weights` are those of each filter.
fn batch<P: Points>(grid: &Grid<'_>, x: &[f32], weights: &[&[f32]], rows: Range<usize>, target: &Target<'_>) {
    let (points, planes, outputs) = (P::COUNT * P::COUNT, grid.planes(), grid.g.o);
    let width = kernel().columns;
    let padded = (rows.len() * grid.wide).next_multiple_of(width);
    let (point, point_back) = (spaced(planes * padded), spaced(outputs * padded));
    let (size, size_back) = (points * point, points * point_back);
    with_scratch(weights.len() * size, |inputs| {
        {
            // SAFETY: a task writes the depth of its plane in each point.
            let values = unsafe { Shared::new(inputs) };
            let to = |i: usize| To { values: &values, start: i * size, point, end: i * size + planes * padded };
            let to: Vec<To<'_>> = (0..weights.len()).map(to).collect();
            for_each(planes, true, |plane| tiles_beside::<P>(grid, x, plane, rows.clone(), width, &to));
        }
        with_scratch(weights.len() * size_back, |sums| {
            for ((weights, inputs), sums) in
                weights.iter().zip(inputs.chunks_exact(size)).zip(sums.chunks_exact_mut(size_back))
            {
                multiply_points(grid, points, weights, inputs, padded, sums);
            }
            let sums = &*sums;
            for_each(outputs, true, |output| {
                let from = From { sums: &sums[output * padded..], point: point_back, filter: size_back };
                tiles_back::<P>(grid, from, output, rows.clone(), weights.len(), target);
            });
        });
    });
}

/// For each point the product of its weights with its tiles.
fn multiply_points(grid: &Grid<'_>, points: usize, weights: &[f32], inputs: &[f32], padded: usize, sums: &mut [f32]) {
    /// Rows of weights of a task, which fit the second-level cache; a multiple of every kernel's.
    const ROWS: usize = 96;
    let (planes, outputs) = (grid.planes(), grid.g.o);
    let blocks = outputs.div_ceil(ROWS);
    // SAFETY: a task writes its rows of its point.
    let sums = unsafe { Shared::new(sums) };
    for_each(points * blocks, true, |task| {
        let (point, first) = (task / blocks, task % blocks * ROWS);
        let rows = ROWS.min(outputs - first);
        let panels = &weights[point * spaced(outputs * planes) + first * planes..];
        let right = &inputs[point * spaced(planes * padded)..][..planes * padded];
        let start = point * spaced(outputs * padded) + first * padded;
        let block = Block { slice: &sums, start, row: padded, accumulate: false, bias: None };
        multiply(Left { panels, rows }, Right { panels: right, columns: padded }, planes, block);
    });
}
