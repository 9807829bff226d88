//! The forward pass: a product of the weights with the columns of each tile, which are packed straight from the maps.

use super::columns::gather_panels;
use super::geometry::{Geometry, MANY_COLUMNS, Tile, Tiles, share};
use super::is_worth_sharing;
use super::winograd::{Filter, Grid, Target, convolve};
use crate::tensor::ops::matrix::{
    Block, Left, Right, Shared, Source, depths, for_each, kernel, multiply, pack, with_scratch,
};
use std::ops::Range;

/// Columns of all images below which the weights, not the columns, are shared out.
const FEW_COLUMNS: usize = 128;

/// `y = w * x [+ bias]`; writes all of `y`.
#[allow(unsafe_code, reason = "tasks write interleaved rows of the output")]
pub fn forward(g: &Geometry, x: &[f32], w: &[f32], bias: Option<&[f32]>, y: &mut [f32]) {
    // SAFETY: a task writes its texels in its maps.
    let y = &unsafe { Shared::new(y) };
    let pass = Pass { g, x, w, bias, y };
    match Grid::new(g) {
        Some(grid) => pass.by_points(&grid),
        None if g.n * g.pixels() <= FEW_COLUMNS => pass.by_outputs(),
        None => pass.by_tiles(),
    }
}

/// What the pass reads and writes.
struct Pass<'a> {
    g: &'a Geometry,
    x: &'a [f32],
    w: &'a [f32],
    bias: Option<&'a [f32]>,
    y: &'a Shared<'a>,
}

impl Pass<'_> {
    fn by_points(&self, grid: &Grid<'_>) {
        let (g, bias) = (self.g, self.bias);
        let (map, down) = (g.pixels(), g.ow);
        let target = Target { values: self.y, start: 0, map, down, across: 1, bias, accumulate: false };
        let (row, channel, down) = (g.taps(), g.area(), g.kw as isize);
        let filter = Filter { weights: self.w, start: 0, row, channel, down, across: 1 };
        convolve(grid, self.x, &[filter], &target);
    }

    fn by_tiles(&self) {
        let g = self.g;
        let tiles = Tiles::new(g, MANY_COLUMNS);
        with_scratch(g.o * g.taps(), |weights| {
            let pack = |group, taps, panels: &mut [f32]| self.pack_outputs(group, 0..g.outputs(), taps, panels);
            pack_groups(g, g.outputs(), pack, weights);
            let weights = &*weights;
            for_each(tiles.count() * g.groups, is_worth_sharing(g), |task| {
                let (tile, group) = (tiles.get(task / g.groups), task % g.groups);
                self.write_tile(group, &tile, &weights[group * g.outputs() * g.taps()..]);
            });
        });
    }

    /// A value to add to each output of a group, from one on.
    fn bias(&self, group: usize, first: usize) -> Option<&[f32]> {
        self.bias.map(|bias| &bias[group * self.g.outputs() + first..])
    }

    fn pack_outputs(&self, group: usize, outputs: Range<usize>, taps: Range<usize>, panels: &mut [f32]) {
        let g = self.g;
        let start = (group * g.outputs() + outputs.start) * g.taps() + taps.start;
        let from = Source { values: self.w, start, lane: g.taps(), depth: 1 };
        pack(from, (outputs.len(), taps.len()), kernel().rows, false, panels);
    }

    /// A tile of the output: straight into the maps if it lies in one image.
    fn write_tile(&self, group: usize, tile: &Tile, weights: &[f32]) {
        let g = self.g;
        let Some(image) = tile.single() else {
            return self.write_images(group, tile, weights);
        };
        let start = (image * g.o + group * g.outputs()) * g.pixels() + tile.start(g);
        let block = Block { slice: self.y, start, row: g.pixels(), accumulate: false, bias: self.bias(group, 0) };
        tile_product(g, self.x, group, tile, weights, g.outputs(), block);
    }

    /// Small maps: one product for several images, whose columns are then taken apart.
    #[allow(unsafe_code, reason = "one task has the whole scratch")]
    fn write_images(&self, group: usize, tile: &Tile, weights: &[f32]) {
        let g = self.g;
        let (row, rows) = (tile.columns(g), g.outputs());
        with_scratch(rows * row, |together| {
            {
                // SAFETY: this task has the whole scratch.
                let slice = &unsafe { Shared::new(together) };
                let block = Block { slice, start: 0, row, accumulate: false, bias: self.bias(group, 0) };
                tile_product(g, self.x, group, tile, weights, rows, block);
            }
            self.take_apart(together, tile.images.clone(), group * rows);
        });
    }

    /// Copies rows of whole maps of several images beside each other to where they belong, from map `first` on.
    fn take_apart(&self, together: &[f32], images: Range<usize>, first: usize) {
        let g = self.g;
        for (i, row) in together.chunks_exact(images.len() * g.pixels()).enumerate() {
            for (image, from) in images.clone().zip(row.chunks_exact(g.pixels())) {
                self.y.part((image * g.o + first + i) * g.pixels(), g.pixels()).copy_from_slice(from);
            }
        }
    }

    /// Few columns, many weights: the columns are packed once, tasks pack rows of the weights.
    fn by_outputs(&self) {
        /// Rows of weights of a task; a multiple of every kernel's.
        const ROWS: usize = 48;
        let g = self.g;
        let tile = Tile { images: 0..g.n, rows: 0..g.oh };
        let columns = tile.columns(g);
        let (padded, blocks) = (Right::len(columns, 1), g.outputs().div_ceil(ROWS));
        with_scratch(g.groups * g.taps() * padded, |panels| {
            let pack = |group: usize, taps, panels: &mut [f32]| {
                gather_panels(g, self.x, group * g.inputs()..(group + 1) * g.inputs(), &tile, taps, panels);
            };
            pack_groups(g, padded, pack, panels);
            let panels = &*panels;
            for_each(blocks * g.groups, is_worth_sharing(g), |task| {
                let (group, block) = (task / blocks, task % blocks);
                let outputs = share(g.outputs(), blocks, block);
                with_scratch(outputs.len() * columns, |together| {
                    self.outputs_product(group, outputs.clone(), &panels[group * g.taps() * padded..], together);
                    self.take_apart(together, 0..g.n, group * g.outputs() + outputs.start);
                });
            });
        });
    }

    /// Some outputs of a group at all columns, which are packed.
    #[allow(unsafe_code, reason = "one task has the whole scratch")]
    fn outputs_product(&self, group: usize, outputs: Range<usize>, panels: &[f32], together: &mut [f32]) {
        let columns = self.g.n * self.g.pixels();
        // SAFETY: this task has the whole scratch.
        let slice = &unsafe { Shared::new(together) };
        for (i, taps) in depths(self.g.taps()).enumerate() {
            let (rows, depth) = (outputs.len(), taps.len());
            with_scratch(rows * depth, |left| {
                self.pack_outputs(group, outputs.clone(), taps.clone(), left);
                let bias = self.bias(group, outputs.start).filter(|_| i == 0);
                let block = Block { slice, start: 0, row: columns, accumulate: i > 0, bias };
                let right = Right { panels: &panels[taps.start * Right::len(columns, 1)..], columns };
                multiply(Left { panels: left, rows }, right, depth, block);
            });
        }
    }
}

/// Packs an operand of the products of all groups, `lanes` by `g.taps()` in each, depth by depth.
#[allow(unsafe_code, reason = "tasks write parts of their own in one buffer")]
pub fn pack_groups(
    g: &Geometry,
    lanes: usize,
    pack: impl Fn(usize, Range<usize>, &mut [f32]) + Sync + Send,
    panels: &mut [f32],
) {
    let depths: Vec<Range<usize>> = depths(g.taps()).collect();
    // SAFETY: a task writes one depth of one group.
    let panels = unsafe { Shared::new(panels) };
    for_each(depths.len() * g.groups, is_worth_sharing(g), |task| {
        let (group, taps) = (task / depths.len(), depths[task % depths.len()].clone());
        let panels = panels.part((group * g.taps() + taps.start) * lanes, lanes * taps.len());
        pack(group, taps, panels);
    });
}

/// The product of `rows` rows of packed weights with the columns of a tile.
pub fn tile_product(
    g: &Geometry,
    x: &[f32],
    group: usize,
    tile: &Tile,
    weights: &[f32],
    rows: usize,
    block: Block<'_>,
) {
    let columns = tile.columns(g);
    let channels = group * g.inputs()..(group + 1) * g.inputs();
    for (i, taps) in depths(g.taps()).enumerate() {
        let depth = taps.len();
        with_scratch(Right::len(columns, depth), |panels| {
            gather_panels(g, x, channels.clone(), tile, taps.clone(), panels);
            let bias = block.bias.filter(|_| i == 0);
            let block = Block { accumulate: block.accumulate || i > 0, bias, ..block };
            let left = Left { panels: &weights[taps.start * rows..], rows };
            multiply(left, Right { panels, columns }, depth, block);
        });
    }
}
