//! The gradient of the input, which is also the forward pass of a transposed convolution: by phases where it can be, and
//! otherwise the transposed weights times the output's gradient, added back to where each column came from.

use super::columns::{pick, scatter};
use super::geometry::{Geometry, Tile, Tiles, share};
use super::phases::{by_phases, has_phases};
use super::{ENOUGH_TASKS, is_worth_sharing};
use crate::tensor::ops::matrix::{Shared, View, for_each, product, with_scratch};
use std::ops::Range;

/// What the input's gradient is before this convolution's is added.
#[derive(Clone, Copy)]
pub enum Start<'a> {
    Present,
    Zero,
    /// A value for each channel.
    Channels(&'a [f32]),
}

impl<'a> Start<'a> {
    pub fn is_present(self) -> bool {
        matches!(self, Start::Present)
    }

    pub fn bias(self) -> Option<&'a [f32]> {
        match self {
            Start::Channels(values) => Some(values),
            Start::Present | Start::Zero => None,
        }
    }
}

/// `dx = start + w^T * dy`.
pub fn input_gradient(g: &Geometry, dy: &[f32], w: &[f32], start: Start<'_>, dx: &mut [f32]) {
    if has_phases(g) { by_phases(g, dy, w, start, dx) } else { by_columns(g, dy, w, start, dx) }
}

/// Columns of a tile of `rows` rows whose scratch fits the second-level cache.
fn most_columns(rows: usize) -> usize {
    const VALUES: usize = 1 << 16;
    (VALUES / rows.max(1)).max(48)
}

#[allow(unsafe_code, reason = "tasks write maps of their own in one buffer")]
fn by_columns(g: &Geometry, dy: &[f32], w: &[f32], start: Start<'_>, dx: &mut [f32]) {
    let image_blocks = g.n.div_ceil(Tiles::new(g, most_columns(g.taps())).images());
    let blocks = channel_blocks(g, image_blocks);
    let tiles = Tiles::new(g, most_columns(g.taps().div_ceil(blocks)));
    let per_block = tiles.images();
    let image_blocks = g.n.div_ceil(per_block);
    // SAFETY: a task writes the maps of its block of channels in its block of images.
    let dx = unsafe { Shared::new(dx) };
    for_each(image_blocks * g.groups * blocks, is_worth_sharing(g), |task| {
        let (images, rest) = (task / (g.groups * blocks), task % (g.groups * blocks));
        let (group, block) = (rest / blocks, rest % blocks);
        let channels = share(g.inputs(), blocks, block);
        if channels.is_empty() {
            return;
        }
        begin(g, start, &dx, images * per_block..((images + 1) * per_block).min(g.n), group, &channels);
        let per_image = tiles.count() / image_blocks;
        for i in images * per_image..(images + 1) * per_image {
            add_tile(g, dy, w, &dx, &tiles.get(i), group, &channels);
        }
    });
}

/// Parts of a group's input channels: more than one only where there are few images.
fn channel_blocks(g: &Geometry, image_blocks: usize) -> usize {
    const FEW_CHANNELS: usize = 8;
    let few = image_blocks * g.groups < ENOUGH_TASKS;
    if few { (g.inputs() / FEW_CHANNELS).clamp(1, ENOUGH_TASKS) } else { 1 }
}

fn first_map(g: &Geometry, image: usize, group: usize, channels: &Range<usize>) -> usize {
    image * g.c + group * g.inputs() + channels.start
}

fn begin(g: &Geometry, start: Start<'_>, dx: &Shared<'_>, images: Range<usize>, group: usize, channels: &Range<usize>) {
    for image in images {
        let first = first_map(g, image, group, channels);
        match start {
            Start::Present => {}
            Start::Zero => dx.part(first * g.texels(), channels.len() * g.texels()).fill(0.0),
            Start::Channels(values) => {
                for map in first..first + channels.len() {
                    dx.part(map * g.texels(), g.texels()).fill(values[map % g.c]);
                }
            }
        }
    }
}

fn add_tile(g: &Geometry, dy: &[f32], w: &[f32], dx: &Shared<'_>, tile: &Tile, group: usize, channels: &Range<usize>) {
    let (width, rows) = (tile.columns(g), channels.len() * g.area());
    let outputs = group * g.outputs()..(group + 1) * g.outputs();
    let weights = (w, View::columns(outputs.start * g.taps() + channels.start * g.area(), g.taps()));
    with_scratch(rows * width, |columns| {
        let sizes = (rows, width, g.outputs());
        match tile.single() {
            Some(image) => {
                let start = (image * g.o + outputs.start) * g.pixels() + tile.start(g);
                product(sizes, (columns, width), false, weights, (dy, View::rows(start, g.pixels())));
            }
            None => with_scratch(g.outputs() * width, |together| {
                pick(g, dy, outputs, tile, together);
                product(sizes, (columns, width), false, weights, (together, View::rows(0, width)));
            }),
        }
        for (i, image) in tile.images.clone().enumerate() {
            let first = first_map(g, image, group, channels);
            let maps = dx.part(first * g.texels(), channels.len() * g.texels());
            scatter(g, columns, tile, i, channels.len(), maps);
        }
    });
}
