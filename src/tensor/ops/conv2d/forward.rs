//! The forward pass: a product of the weights with the columns of each tile, which are packed straight from the maps.

use super::columns::gather_panels;
use super::geometry::{Geometry, MANY_COLUMNS, Tile, Tiles, depths, share};
use super::is_worth_sharing;
use crate::tensor::ops::matrix::{Block, Left, Right, Shared, Source, for_each, kernel, multiply, pack, with_scratch};
use std::ops::Range;

/// Columns of all images below which the weights, not the columns, are shared out.
const FEW_COLUMNS: usize = 128;

/// `y = w * x [+ bias]`; writes all of `y`.
#[allow(unsafe_code, reason = "tasks write interleaved rows of the output")]
pub fn forward(g: &Geometry, x: &[f32], w: &[f32], bias: Option<&[f32]>, y: &mut [f32]) {
    // SAFETY: a task writes its texels in its maps.
    let y = unsafe { Shared::new(y) };
    if g.n * g.pixels() <= FEW_COLUMNS {
        return by_outputs(g, x, w, bias, &y);
    }
    let tiles = Tiles::new(g, MANY_COLUMNS);
    with_packed(
        g,
        g.outputs(),
        |group, taps, panels| pack_outputs(g, w, group, 0..g.outputs(), taps, panels),
        |left| {
            for_each(tiles.count() * g.groups, is_worth_sharing(g), |task| {
                let (tile, group) = (tiles.get(task / g.groups), task % g.groups);
                let bias = bias.map(|bias| &bias[group * g.outputs()..]);
                let left = &left[group * g.outputs() * g.taps()..];
                write_tile(g, x, group, &tile, left, bias, &y);
            });
        },
    );
}

/// Weights of all groups, `rows` of `g.taps()` each, packed depth by depth in a buffer that is lent to `f`.
#[allow(unsafe_code, reason = "tasks write parts of their own in one buffer")]
pub fn with_packed(
    g: &Geometry,
    rows: usize,
    pack: impl Fn(usize, Range<usize>, &mut [f32]) + Sync + Send,
    f: impl FnOnce(&[f32]),
) {
    let depths: Vec<Range<usize>> = depths(g.taps()).collect();
    with_scratch(g.groups * rows * g.taps(), |left| {
        {
            // SAFETY: a task writes one depth of one group.
            let left = unsafe { Shared::new(left) };
            for_each(depths.len() * g.groups, is_worth_sharing(g), |task| {
                let (group, taps) = (task / depths.len(), depths[task % depths.len()].clone());
                let panels = left.part((group * g.taps() + taps.start) * rows, rows * taps.len());
                pack(group, taps, panels);
            });
        }
        f(left);
    });
}

fn pack_outputs(g: &Geometry, w: &[f32], group: usize, outputs: Range<usize>, taps: Range<usize>, panels: &mut [f32]) {
    let start = (group * g.outputs() + outputs.start) * g.taps() + taps.start;
    let from = Source { values: w, start, lane: g.taps(), depth: 1 };
    pack(from, (outputs.len(), taps.len()), kernel().rows, false, panels);
}

/// A tile of the output: straight into the maps if it lies in one image.
fn write_tile(g: &Geometry, x: &[f32], group: usize, tile: &Tile, left: &[f32], bias: Option<&[f32]>, y: &Shared<'_>) {
    let first = group * g.outputs();
    let Some(image) = tile.single() else {
        return write_images(g, x, group, tile, left, bias, y);
    };
    let start = (image * g.o + first) * g.pixels() + tile.start(g);
    let block = Block { slice: y, start, row: g.pixels(), accumulate: false, bias };
    tile_product(g, x, group, tile, left, g.outputs(), block);
}

/// The product of `rows` rows of packed weights with the columns of a tile.
pub fn tile_product(g: &Geometry, x: &[f32], group: usize, tile: &Tile, left: &[f32], rows: usize, block: Block<'_>) {
    let columns = tile.columns(g);
    let channels = group * g.inputs()..(group + 1) * g.inputs();
    for (i, taps) in depths(g.taps()).enumerate() {
        let depth = taps.len();
        with_scratch(Right::len(columns, depth), |panels| {
            gather_panels(g, x, channels.clone(), tile, taps.clone(), panels);
            let bias = block.bias.filter(|_| i == 0);
            let block = Block { accumulate: block.accumulate || i > 0, bias, ..block };
            let left = Left { panels: &left[taps.start * rows..], rows };
            multiply(left, Right { panels, columns }, depth, block);
        });
    }
}

/// Small maps: one product for several images, whose columns are then taken apart.
#[allow(unsafe_code, reason = "one task has the whole scratch")]
fn write_images(
    g: &Geometry,
    x: &[f32],
    group: usize,
    tile: &Tile,
    left: &[f32],
    bias: Option<&[f32]>,
    y: &Shared<'_>,
) {
    let (width, rows) = (tile.columns(g), g.outputs());
    with_scratch(rows * width, |together| {
        {
            // SAFETY: this task has the whole scratch.
            let slice = unsafe { Shared::new(together) };
            let block = Block { slice: &slice, start: 0, row: width, accumulate: false, bias };
            tile_product(g, x, group, tile, left, rows, block);
        }
        take_apart(g, together, tile.images.clone(), group * rows, y);
    });
}

/// Copies rows of whole maps of several images beside each other to where they belong, from map `first` on.
fn take_apart(g: &Geometry, together: &[f32], images: Range<usize>, first: usize, y: &Shared<'_>) {
    for (i, row) in together.chunks_exact(images.len() * g.pixels()).enumerate() {
        for (image, from) in images.clone().zip(row.chunks_exact(g.pixels())) {
            y.part((image * g.o + first + i) * g.pixels(), g.pixels()).copy_from_slice(from);
        }
    }
}

/// Few columns, many weights: the columns are packed once, tasks pack rows of the weights.
#[allow(unsafe_code, reason = "tasks write parts of their own in one buffer")]
fn by_outputs(g: &Geometry, x: &[f32], w: &[f32], bias: Option<&[f32]>, y: &Shared<'_>) {
    /// Rows of weights of a task; a multiple of every kernel's.
    const ROWS: usize = 48;
    let tile = Tile { images: 0..g.n, rows: 0..g.oh };
    let columns = tile.columns(g);
    let (padded, blocks) = (Right::len(columns, 1), g.outputs().div_ceil(ROWS));
    let depths: Vec<Range<usize>> = depths(g.taps()).collect();
    with_scratch(g.groups * g.taps() * padded, |panels| {
        {
            // SAFETY: a task writes one depth of one group.
            let panels = unsafe { Shared::new(panels) };
            for_each(depths.len() * g.groups, is_worth_sharing(g), |task| {
                let (group, taps) = (task / depths.len(), depths[task % depths.len()].clone());
                let panels = panels.part((group * g.taps() + taps.start) * padded, taps.len() * padded);
                gather_panels(g, x, group * g.inputs()..(group + 1) * g.inputs(), &tile, taps, panels);
            });
        }
        let panels = &*panels;
        for_each(blocks * g.groups, is_worth_sharing(g), |task| {
            let (group, block) = (task / blocks, task % blocks);
            let outputs = share(g.outputs(), blocks, block);
            let panels = &panels[group * g.taps() * padded..];
            with_scratch(outputs.len() * columns, |together| {
                weights_product(g, w, group, outputs.clone(), &depths, panels, bias, together);
                take_apart(g, together, 0..g.n, group * g.outputs() + outputs.start, y);
            });
        });
    });
}

/// Some outputs of all columns, which are packed.
#[allow(unsafe_code, reason = "one task has the whole scratch")]
#[allow(clippy::too_many_arguments, reason = "one task's share of the arguments of the pass")]
fn weights_product(
    g: &Geometry,
    w: &[f32],
    group: usize,
    outputs: Range<usize>,
    depths: &[Range<usize>],
    panels: &[f32],
    bias: Option<&[f32]>,
    together: &mut [f32],
) {
    let columns = g.n * g.pixels();
    let bias = bias.map(|bias| &bias[group * g.outputs() + outputs.start..]);
    // SAFETY: this task has the whole scratch.
    let slice = unsafe { Shared::new(together) };
    for (i, taps) in depths.iter().enumerate() {
        let (rows, depth) = (outputs.len(), taps.len());
        with_scratch(rows * depth, |left| {
            pack_outputs(g, w, group, outputs.clone(), taps.clone(), left);
            let bias = bias.filter(|_| i == 0);
            let block = Block { slice: &slice, start: 0, row: columns, accumulate: i > 0, bias };
            let right = Right { panels: &panels[taps.start * Right::len(columns, 1)..], columns };
            multiply(Left { panels: left, rows }, right, depth, block);
        });
    }
}
