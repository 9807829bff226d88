//! The input's gradient without columns to add back: phase by phase (`phase.rs`), and every texel is written once.

use super::forward::{pack_groups, tile_product};
use super::geometry::{Geometry, MANY_COLUMNS, Tile, Tiles};
use super::input_gradient::Start;
use super::is_worth_sharing;
use super::phase::Phase;
use super::winograd::{Grid, Target, convolve};
use crate::tensor::ops::border::Border;
use crate::tensor::ops::matrix::{Block, Shared, for_each, with_scratch};
use crate::tensor::ops::stripes;

/// Texels of a phase below which the weights, packed for every phase, cost too much.
const FEW_TEXELS: usize = 128;

/// Channels of the input below which packing a part of the output's gradient for every phase costs more than the product.
const FEW_CHANNELS: usize = 16;

/// Whether the input's gradient is made of phases.
pub fn has_phases(g: &Geometry) -> bool {
    let size = g.n * g.texels() / (g.stride * g.stride);
    let plain = g.border == Border::Zero && g.dilation == 1 && g.stride <= g.kh.min(g.kw);
    plain && size > FEW_TEXELS && (g.inputs() >= FEW_CHANNELS || g.groups > 1)
}

/// `dx = start + w^T * dy`.
#[allow(unsafe_code, reason = "tasks write interleaved rows of the input's gradient")]
pub fn by_phases(g: &Geometry, dy: &[f32], w: &[f32], start: Start<'_>, dx: &mut [f32]) {
    // SAFETY: a task writes rows of its own: those of its tile in its phase of rows.
    let dx = &unsafe { Shared::new(dx) };
    let pass = Pass { g, dy, w, start, dx };
    for fy in 0..g.stride.min(g.h) {
        let mut phases: Vec<Phase> = (0..g.stride.min(g.w)).map(|fx| Phase::new(g, fy, fx)).collect();
        if pass.two_by_points(&phases) {
            continue;
        }
        phases.retain(|phase| !pass.by_points(phase));
        if !phases.is_empty() {
            pass.by_products(&phases);
        }
    }
}

/// What the pass reads and writes.
struct Pass<'a> {
    g: &'a Geometry,
    dy: &'a [f32],
    w: &'a [f32],
    start: Start<'a>,
    dx: &'a Shared<'a>,
}

/// A phase and its weights, packed for all groups.
struct Packed<'a> {
    phase: &'a Phase,
    weights: &'a [f32],
}

impl Packed<'_> {
    fn group(&self, g: &Geometry, group: usize) -> &[f32] {
        &self.weights[group * g.inputs() * self.phase.geometry.taps()..]
    }
}

impl Pass<'_> {
    /// Writes a phase by a minimal algorithm where there is one; says whether it did.
    fn by_points(&self, phase: &Phase) -> bool {
        let Some(grid) = Grid::new(&phase.geometry) else { return false };
        convolve(&grid, self.dy, &[phase.filter(self.g, self.w)], &self.target(phase));
        true
    }

    /// The same for the two phases of some rows where they read the same tiles, the second a column further on.
    fn two_by_points(&self, phases: &[Phase]) -> bool {
        let [even, odd] = phases else { return false };
        let next = Geometry { left: even.geometry.left - 1, ..even.geometry };
        let are_beside = self.g.stride == 2 && odd.geometry == next;
        let Some(grid) = Grid::new(&even.geometry).filter(|_| are_beside) else { return false };
        convolve(&grid, self.dy, &[even, odd].map(|phase| phase.filter(self.g, self.w)), &self.target(even));
        true
    }

    /// Where a phase's texels go.
    fn target(&self, phase: &Phase) -> Target<'_> {
        let g = self.g;
        Target {
            values: self.dx,
            start: phase.fy * g.w + phase.fx,
            map: g.texels(),
            down: g.stride * g.w,
            across: g.stride,
            bias: self.start.bias(),
            accumulate: self.start.is_present(),
        }
    }

    /// Writes phases of the same rows.
    fn by_products(&self, phases: &[Phase]) {
        let g = self.g;
        with_scratch(phases.iter().map(|phase| phase.packed_len(g)).sum(), |weights| {
            let mut rest = weights;
            let mut packed = Vec::with_capacity(phases.len());
            for phase in phases {
                let (weights, others) = rest.split_at_mut(phase.packed_len(g));
                let pack = |group, taps, panels: &mut [f32]| phase.pack(g, self.w, group, taps, panels);
                pack_groups(&phase.geometry, g.inputs(), pack, weights);
                packed.push(Packed { phase, weights });
                rest = others;
            }
            self.by_tiles(&packed);
        });
    }

    fn by_tiles(&self, phases: &[Packed<'_>]) {
        let g = self.g;
        // The first phase has as many rows and columns as any.
        let tiles = Tiles::new(&phases[0].phase.geometry, MANY_COLUMNS);
        for_each(tiles.count() * g.groups, is_worth_sharing(g), |task| {
            let (tile, group) = (tiles.get(task / g.groups), task % g.groups);
            match (g.stride, tile.single()) {
                (1, Some(image)) => self.write_straight(&phases[0], group, &tile, image),
                _ => self.write_interleaved(phases, group, &tile),
            }
        });
    }

    /// A value for each channel of the group to add.
    fn bias(&self, group: usize) -> Option<&[f32]> {
        self.start.bias().map(|bias| &bias[group * self.g.inputs()..])
    }

    /// Stride 1: the product goes where it belongs.
    fn write_straight(&self, packed: &Packed<'_>, group: usize, tile: &Tile, image: usize) {
        let (g, phase) = (self.g, &packed.phase.geometry);
        let start = (image * g.c + group * g.inputs()) * g.texels() + tile.start(phase);
        let accumulate = self.start.is_present();
        let block = Block { slice: self.dx, start, row: g.texels(), accumulate, bias: self.bias(group) };
        tile_product(phase, self.dy, group, tile, packed.group(g, group), g.inputs(), block);
    }

    /// The products of the phases of some rows, then the rows, whose columns take turns.
    #[allow(unsafe_code, reason = "one task has the whole scratch")]
    fn write_interleaved(&self, phases: &[Packed<'_>], group: usize, tile: &Tile) {
        let g = self.g;
        let size = g.inputs() * tile.columns(&phases[0].phase.geometry);
        with_scratch(size * phases.len(), |products| {
            for (packed, slice) in phases.iter().zip(products.chunks_exact_mut(size)) {
                let phase = &packed.phase.geometry;
                // SAFETY: this task has the whole scratch.
                let slice = &unsafe { Shared::new(slice) };
                let row = tile.columns(phase);
                let block = Block { slice, start: 0, row, accumulate: false, bias: self.bias(group) };
                tile_product(phase, self.dy, group, tile, packed.group(g, group), g.inputs(), block);
            }
            let parts: Vec<(&Phase, &[f32])> =
                phases.iter().map(|packed| packed.phase).zip(products.chunks_exact(size)).collect();
            for channel in 0..g.inputs() {
                self.write_rows(&parts, group * g.inputs() + channel, channel, tile);
            }
        });
    }

    /// All rows of a tile in one channel, which is row `row` of the phases' products.
    fn write_rows(&self, parts: &[(&Phase, &[f32])], channel: usize, row: usize, tile: &Tile) {
        let (g, accumulate) = (self.g, self.start.is_present());
        for (i, image) in tile.images.clone().enumerate() {
            for (j, y) in tile.rows.clone().enumerate() {
                let start = ((image * g.c + channel) * g.h + parts[0].0.fy + g.stride * y) * g.w;
                let to = self.dx.part(start, g.w);
                let texels = |phase: &Phase| {
                    let p = &phase.geometry;
                    let start = row * tile.columns(p) + (i * tile.rows.len() + j) * p.ow;
                    start..start + p.ow
                };
                if let ([(even, first), (odd, second)], 2, false) = (parts, g.stride, accumulate) {
                    stripes::join_two(to, &first[texels(even)], &second[texels(odd)]);
                    continue;
                }
                for (phase, products) in parts {
                    let from = &products[texels(phase)];
                    for (to, from) in to.iter_mut().skip(phase.fx).step_by(g.stride).zip(from) {
                        *to = if accumulate { *to + from } else { *from };
                    }
                }
            }
        }
    }
}
