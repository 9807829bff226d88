//! The gradients of weights and bias. The product runs in the layout that is fast for it: the output's gradient is
//! transposed tile by tile, the columns are used as they lie, and the transposed gradient is summed in scratch memory,
//! in a fixed number of parts that are added in order.

use super::columns::{gather, pick_transposed};
use super::geometry::{Geometry, Tile, Tiles, share};
use super::{ENOUGH_TASKS, is_worth_sharing};
use crate::tensor::ops::matrix::{Shared, View, for_each, product_in, with_scratch};
use crate::tensor::ops::parallel::chunks;
use std::ops::Range;

/// How the sum is shared out: parts of the tiles, each with a sum of its own, times blocks of a group's channels.
struct Plan {
    tiles: Tiles,
    parts: usize,
    blocks: usize,
}

impl Plan {
    fn new(g: &Geometry) -> Self {
        /// Weights of which several copies are cheap to add up: 2 MiB.
        const SMALL: usize = 1 << 19;
        /// Taps in a block, below which transposing for every block anew is felt.
        const LONG: usize = 512;
        const PARTS: usize = 4;
        let tiles = Tiles::new(g, g.taps());
        let parts = if g.o * g.taps() <= SMALL { tiles.count().clamp(1, PARTS) } else { 1 };
        if parts * g.groups >= PARTS {
            return Plan { tiles, parts, blocks: 1 };
        }
        let blocks = (g.taps() / LONG).clamp(PARTS / parts, ENOUGH_TASKS).min(g.inputs());
        let tiles = if parts == 1 { Tiles::new(g, g.taps().div_ceil(blocks)) } else { tiles };
        Plan { tiles, parts, blocks }
    }
}

/// `dw = [dw +] dy * x^T`.
#[allow(unsafe_code, reason = "tasks write sums of their own in one buffer")]
pub fn weight_gradient(g: &Geometry, x: &[f32], dy: &[f32], dw: &mut [f32], accumulate: bool) {
    let plan = Plan::new(g);
    let weights = g.o * g.taps();
    with_scratch(plan.parts * weights, |sums| {
        {
            // SAFETY: a task writes the rows of its channels of its group in its part.
            let sums = unsafe { Shared::new(sums) };
            for_each(plan.parts * g.groups * plan.blocks, is_worth_sharing(g), |task| {
                let (part, rest) = (task / (g.groups * plan.blocks), task % (g.groups * plan.blocks));
                let (group, block) = (rest / plan.blocks, rest % plan.blocks);
                let channels = share(g.inputs(), plan.blocks, block);
                let start = part * weights + group * g.outputs() * g.taps() + channels.start * g.area() * g.outputs();
                for (i, tile) in share(plan.tiles.count(), plan.parts, part).enumerate() {
                    add_tile(g, x, dy, (&sums, start), i > 0, &plan.tiles.get(tile), group, &channels);
                }
            });
        }
        add_parts(g, sums, plan.parts, dw, accumulate);
    });
}

#[allow(clippy::too_many_arguments, reason = "one tile's share of the arguments of the pass")]
fn add_tile(
    g: &Geometry,
    x: &[f32],
    dy: &[f32],
    (sums, start): (&Shared<'_>, usize),
    accumulate: bool,
    tile: &Tile,
    group: usize,
    channels: &Range<usize>,
) {
    let (width, rows, height) = (tile.columns(g), channels.len() * g.area(), g.outputs());
    let sizes = (height, rows, width);
    let target = (sums, View::columns(start, height));
    let inputs = group * g.inputs() + channels.start..group * g.inputs() + channels.end;
    with_scratch(width * height, |transposed| {
        pick_transposed(g, dy, group * height..(group + 1) * height, tile, transposed);
        let left = (&*transposed, View::columns(0, height));
        if let (true, Some(image)) = (g.is_pointwise(), tile.single()) {
            let start = (image * g.c + inputs.start) * g.texels() + tile.start(g);
            return product_in(sizes, target, accumulate, left, (x, View::columns(start, g.texels())));
        }
        with_scratch(rows * width, |columns| {
            gather(g, x, inputs, tile, columns);
            product_in(sizes, target, accumulate, left, (columns, View::columns(0, width)));
        });
    });
}

/// Adds the parts (`groups x taps x outputs` each) in order and turns the sum around to `groups x outputs x taps`.
fn add_parts(g: &Geometry, sums: &[f32], parts: usize, dw: &mut [f32], accumulate: bool) {
    const BLOCK: usize = 16;
    let (taps, height) = (g.taps(), g.outputs());
    let turn = |first: usize, rows: &mut [f32]| {
        for tap in (0..taps).step_by(BLOCK) {
            for (i, row) in rows.chunks_exact_mut(taps).enumerate() {
                let (group, o) = ((first + i) / height, (first + i) % height);
                for (k, value) in row.iter_mut().enumerate().skip(tap).take(BLOCK) {
                    let at = (group * taps + k) * height + o;
                    let start = if accumulate { *value } else { 0.0 };
                    *value = (0..parts).fold(start, |sum, part| sum + sums[part * g.o * taps + at]);
                }
            }
        }
    };
    if g.o * taps < 1 << 15 {
        return dw.chunks_mut(BLOCK * taps).enumerate().for_each(|(i, rows)| turn(i * BLOCK, rows));
    }
    chunks(dw, BLOCK * taps, &|i, rows| turn(i * BLOCK, rows));
}

/// `db = [db +] sum of dy over images and texels`, for maps `n x channels x texels`.
pub fn bias_gradient(dy: &[f32], texels: usize, db: &mut [f32], accumulate: bool) {
    const SERIAL: usize = 1 << 16;
    let channels = db.len();
    let sum = |channel: usize, value: &mut f32| {
        let maps = dy.chunks_exact(texels).skip(channel).step_by(channels);
        let total = maps.map(|map| f64::from(sum_in_lanes(map))).fold(0.0, |sum, map| sum + map) as f32;
        *value = if accumulate { *value + total } else { total };
    };
    if dy.len() < SERIAL {
        return db.iter_mut().enumerate().for_each(|(c, v)| sum(c, v));
    }
    chunks(db, 1, &|c, value| sum(c, &mut value[0]));
}

/// A sum in sixteen lanes, which the compiler turns into vector instructions.
fn sum_in_lanes(values: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut lanes = [0.0_f32; LANES];
    let (whole, rest) = values.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane += v;
        }
    }
    for (lane, v) in lanes.iter_mut().zip(rest) {
        *lane += v;
    }
    lanes.iter().sum()
}
