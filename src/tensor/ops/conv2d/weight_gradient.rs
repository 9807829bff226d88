//! The gradients of weights and bias: products of the output's gradient with the columns, both packed with the texels as
//! their depth. Where there are few taps the sum over texels is shared out in a fixed number of parts, added in order.

use super::columns::{gather, in_place, pick};
use super::geometry::{Geometry, MANY_COLUMNS, Tile, Tiles, share};
use super::is_worth_sharing;
use super::winograd::{self, Grid};
use crate::tensor::ops::lanes::fold;
use crate::tensor::ops::matrix::{Block, Left, Right, Shared, Source, for_each, kernel, multiply, pack, with_scratch};
use crate::tensor::ops::parallel::{chunks, rows};
use std::ops::Range;

/// Taps of a task: enough that packing the output's gradient for each task anew is not felt.
const TAPS: usize = 256;
/// Tasks to keep the cores of a machine busy.
const ENOUGH_TASKS: usize = 8;

/// `dw = [dw +] dy * x^T`.
#[allow(unsafe_code, reason = "tasks write sums of their own in one buffer")]
pub fn weight_gradient(g: &Geometry, x: &[f32], dy: &[f32], dw: &mut [f32], accumulate: bool) {
    if let Some(grid) = Grid::new(g) {
        return winograd::weight_gradient(&grid, x, dy, dw, accumulate);
    }
    let tiles = Tiles::new(g, MANY_COLUMNS);
    let blocks = g.taps().div_ceil(TAPS);
    let parts = ENOUGH_TASKS.div_ceil(blocks * g.groups).min(tiles.count());
    let size = g.o * g.taps();
    let run = |sums: &Shared<'_>, accumulate: bool| {
        for_each(parts * g.groups * blocks, is_worth_sharing(g), |task| {
            let (part, rest) = (task / (g.groups * blocks), task % (g.groups * blocks));
            let (group, taps) = (rest / blocks, share(g.taps(), blocks, rest % blocks));
            let start = part * size + group * g.outputs() * g.taps() + taps.start;
            for (i, tile) in share(tiles.count(), parts, part).enumerate() {
                let block = Block { slice: sums, start, row: g.taps(), accumulate: accumulate || i > 0, bias: None };
                add_tile(g, x, dy, &tiles.get(tile), group, &taps, block);
            }
        });
    };
    if parts == 1 {
        // SAFETY: a task writes the columns of its taps in the rows of its group.
        return run(&unsafe { Shared::new(dw) }, accumulate);
    }
    with_scratch(parts * size, |sums| {
        // SAFETY: as above, in the part of the task.
        run(&unsafe { Shared::new(sums) }, false);
        add_parts(sums, size, dw, accumulate);
    });
}

fn add_tile(g: &Geometry, x: &[f32], dy: &[f32], tile: &Tile, group: usize, taps: &Range<usize>, block: Block<'_>) {
    let (depth, height) = (tile.columns(g), g.outputs());
    with_scratch(height * depth, |left| {
        pack_gradient(g, dy, tile, group * height..(group + 1) * height, left);
        with_scratch(Right::len(taps.len(), depth), |right| {
            pack_columns(g, x, tile, group, taps, right);
            let right = Right { panels: right, columns: taps.len() };
            multiply(Left { panels: left, rows: height }, right, depth, block);
        });
    });
}

/// The output's gradient, its texels as depth.
fn pack_gradient(g: &Geometry, dy: &[f32], tile: &Tile, outputs: Range<usize>, left: &mut [f32]) {
    let (depth, height, width) = (tile.columns(g), outputs.len(), kernel().rows);
    let Some(image) = tile.single() else {
        return with_scratch(height * depth, |together| {
            pick(g, dy, outputs, tile, together);
            let from = Source { values: together, start: 0, lane: depth, depth: 1 };
            pack(from, (height, depth), width, false, left);
        });
    };
    let start = (image * g.o + outputs.start) * g.pixels() + tile.start(g);
    let from = Source { values: dy, start, lane: g.pixels(), depth: 1 };
    pack(from, (height, depth), width, false, left);
}

/// The columns, turned around a panel at a time, while its taps are in the nearest cache.
fn pack_columns(g: &Geometry, x: &[f32], tile: &Tile, group: usize, taps: &Range<usize>, right: &mut [f32]) {
    let (depth, width) = (tile.columns(g), kernel().columns);
    let channels = group * g.inputs()..(group + 1) * g.inputs();
    if let Some(from) = in_place(g, x, channels.start, tile, taps) {
        return pack(from, (taps.len(), depth), width, true, right);
    }
    with_scratch(width * depth, |lines| {
        for (i, first) in taps.clone().step_by(width).enumerate() {
            let some = first..taps.end.min(first + width);
            let lanes = some.len();
            gather(g, x, channels.clone(), tile, some, &mut lines[..lanes * depth]);
            let from = Source { values: lines, start: 0, lane: depth, depth: 1 };
            pack(from, (lanes, depth), width, true, &mut right[i * width * depth..][..width * depth]);
        }
    });
}

/// Adds the parts in order.
fn add_parts(sums: &[f32], size: usize, dw: &mut [f32], accumulate: bool) {
    const CHUNK: usize = 1 << 12;
    rows(dw, CHUNK.min(size), |chunk, to| {
        let from = chunk * CHUNK.min(size);
        for (i, part) in sums.chunks_exact(size).enumerate() {
            let part = &part[from..from + to.len()];
            if i == 0 && !accumulate {
                to.copy_from_slice(part);
            } else {
                to.iter_mut().zip(part).for_each(|(to, part)| *to += part);
            }
        }
    });
}

/// `db = [db +] sum of dy over images and texels`, for maps `n x channels x texels`.
pub fn bias_gradient(dy: &[f32], texels: usize, db: &mut [f32], accumulate: bool) {
    const SERIAL: usize = 1 << 16;
    let channels = db.len();
    let sum = |channel: usize, value: &mut f32| {
        let maps = dy.chunks_exact(texels).skip(channel).step_by(channels);
        let sums = maps.map(|map| fold(map, map, map, |v, _, _| [f64::from(v)])[0]);
        let total = sums.fold(0.0, |total, sum| total + sum) as f32;
        *value = if accumulate { *value + total } else { total };
    };
    if dy.len() < SERIAL {
        return db.iter_mut().enumerate().for_each(|(c, v)| sum(c, v));
    }
    chunks(db, 1, &|c, value| sum(c, &mut value[0]));
}
