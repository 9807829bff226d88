//! The forward pass: a matrix product of the weights with the columns of each tile.

use super::columns::gather;
use super::geometry::{Geometry, Tile, Tiles, share};
use super::{ENOUGH_TASKS, is_worth_sharing};
use crate::tensor::ops::matrix::{Shared, View, for_each, product, product_in, with_scratch};
use std::ops::Range;

/// `y = w * x [+ bias]`; writes all of `y`.
#[allow(unsafe_code, reason = "tasks write interleaved rows of the output")]
pub fn forward(g: &Geometry, x: &[f32], w: &[f32], bias: Option<&[f32]>, y: &mut [f32]) {
    let tiles = Tiles::new(g, g.taps());
    let blocks = output_blocks(g, tiles.count());
    // SAFETY: a task writes the texels of its tile in the maps of its block of a group.
    let y = unsafe { Shared::new(y) };
    for_each(tiles.count() * g.groups * blocks, is_worth_sharing(g), |task| {
        let (tile, rest) = (tiles.get(task / (g.groups * blocks)), task % (g.groups * blocks));
        let (group, block) = (rest / blocks, rest % blocks);
        let outputs = share(g.outputs(), blocks, block);
        let outputs = group * g.outputs() + outputs.start..group * g.outputs() + outputs.end;
        forward_tile(g, x, w, bias, &y, &tile, group, outputs);
    });
}

/// Parts of a group's output channels: more than one only where there are too few tiles.
fn output_blocks(g: &Geometry, tiles: usize) -> usize {
    const FEW_OUTPUTS: usize = 32;
    if tiles * g.groups >= ENOUGH_TASKS { 1 } else { (g.outputs() / FEW_OUTPUTS).clamp(1, ENOUGH_TASKS) }
}

#[allow(clippy::too_many_arguments, reason = "one tile's share of the arguments of the pass")]
fn forward_tile(
    g: &Geometry,
    x: &[f32],
    w: &[f32],
    bias: Option<&[f32]>,
    y: &Shared<'_>,
    tile: &Tile,
    group: usize,
    outputs: Range<usize>,
) {
    let channels = group * g.inputs()..(group + 1) * g.inputs();
    let weights = (w, View::rows(outputs.start * g.taps(), g.taps()));
    let sizes = (outputs.len(), tile.columns(g), g.taps());
    if let (true, Some(image)) = (g.is_pointwise(), tile.single()) {
        let columns = View::rows((image * g.c + channels.start) * g.texels() + tile.start(g), g.texels());
        return write_image(g, sizes, weights, (x, columns), bias, y, tile, image, outputs);
    }
    with_scratch(g.taps() * tile.columns(g), |columns| {
        gather(g, x, channels, tile, columns);
        let columns = (&*columns, View::rows(0, tile.columns(g)));
        match tile.single() {
            Some(image) => write_image(g, sizes, weights, columns, bias, y, tile, image, outputs),
            None => write_images(g, sizes, weights, columns, bias, y, tile, outputs),
        }
    });
}

type Matrix<'a> = (&'a [f32], View);

/// The product goes straight into the output, whose rows start as the bias.
#[allow(clippy::too_many_arguments, reason = "one tile's share of the arguments of the pass")]
fn write_image(
    g: &Geometry,
    sizes: (usize, usize, usize),
    weights: Matrix<'_>,
    columns: Matrix<'_>,
    bias: Option<&[f32]>,
    y: &Shared<'_>,
    tile: &Tile,
    image: usize,
    outputs: Range<usize>,
) {
    let start = |o: usize| (image * g.o + o) * g.pixels() + tile.start(g);
    if let Some(bias) = bias {
        outputs.clone().for_each(|o| y.part(start(o), tile.pixels(g)).fill(bias[o]));
    }
    let target = (y, View::rows(start(outputs.start), g.pixels()));
    product_in(sizes, target, bias.is_some(), weights, columns);
}

/// Small maps: one product for several images, whose columns are then taken apart.
#[allow(clippy::too_many_arguments, reason = "one tile's share of the arguments of the pass")]
fn write_images(
    g: &Geometry,
    sizes: (usize, usize, usize),
    weights: Matrix<'_>,
    columns: Matrix<'_>,
    bias: Option<&[f32]>,
    y: &Shared<'_>,
    tile: &Tile,
    outputs: Range<usize>,
) {
    let width = tile.columns(g);
    with_scratch(outputs.len() * width, |together| {
        product(sizes, (together, View::rows(0, width)), false, weights, columns);
        for (row, o) in together.chunks_exact(width).zip(outputs) {
            let start = bias.map_or(0.0, |b| b[o]);
            for (image, from) in tile.images.clone().zip(row.chunks_exact(g.pixels())) {
                let to = y.part((image * g.o + o) * g.pixels(), g.pixels());
                for (to, from) in to.iter_mut().zip(from) {
                    *to = from + start;
                }
            }
        }
    });
}
