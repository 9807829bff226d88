//! The input's gradient without columns to add back. Of a convolution of stride s, the texels of the input that lie s
//! apart see the same part of the kernel: each such phase of the gradient is a convolution of stride 1 of the output's
//! gradient, and every texel is written once.

use super::forward::{tile_product, with_packed};
use super::geometry::{Geometry, MANY_COLUMNS, Tile, Tiles};
use super::input_gradient::Start;
use super::is_worth_sharing;
use super::winograd::{Filter, Grid, Target, convolve};
use crate::tensor::ops::border::Border;
use crate::tensor::ops::matrix::{Block, Shared, for_each, kernel, with_scratch};
use std::ops::Range;

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
    let dx = unsafe { Shared::new(dx) };
    for fy in 0..g.stride.min(g.h) {
        let mut phases: Vec<Phase> = (0..g.stride.min(g.w)).map(|fx| Phase::new(g, fy, fx)).collect();
        phases.retain(|phase| !phase.by_points(g, dy, w, start, &dx));
        if phases.is_empty() {
            continue;
        }
        with_all_packed(g, w, &phases, &mut Vec::new(), &mut |lefts| run(g, dy, start, &dx, &phases, lefts));
    }
}

/// Lends the packed weights of each phase.
fn with_all_packed<'a>(
    g: &Geometry,
    w: &[f32],
    phases: &[Phase],
    done: &mut Vec<&'a [f32]>,
    f: &mut dyn FnMut(&[&[f32]]),
) {
    let Some(phase) = phases.get(done.len()) else { return f(done) };
    let pack = |group: usize, taps: Range<usize>, panels: &mut [f32]| phase.pack(g, w, group, taps, panels);
    with_packed(&phase.geometry, g.inputs(), pack, |left| {
        let mut more: Vec<&[f32]> = done.clone();
        more.push(left);
        with_all_packed(g, w, phases, &mut more, f);
    });
}

/// The texels of the input at rows `fy + s i` and columns `fx + s j`.
struct Phase {
    fy: usize,
    fx: usize,
    /// The convolution of the output's gradient that gives them, with the taps in the opposite order.
    geometry: Geometry,
}

/// One direction of a phase: the kernel's taps, how many they are, and the padding.
fn side(f: usize, before: isize, kernel: usize, stride: usize) -> (usize, isize) {
    let (first, shift) = ((f as isize + before) as usize % stride, (f as isize + before) / stride as isize);
    let taps = (kernel - first).div_ceil(stride);
    (taps, taps as isize - 1 - shift)
}

impl Phase {
    fn new(g: &Geometry, fy: usize, fx: usize) -> Self {
        let ((kh, top), (kw, left)) = (side(fy, g.top, g.kh, g.stride), side(fx, g.left, g.kw, g.stride));
        let (oh, ow) = ((g.h - fy).div_ceil(g.stride), (g.w - fx).div_ceil(g.stride));
        let geometry = Geometry { c: g.o, h: g.oh, w: g.ow, o: g.c, oh, ow, kh, kw, stride: 1, top, left, ..*g };
        Phase { fy, fx, geometry }
    }

    /// Writes the phase by a minimal algorithm where there is one; says whether it did.
    fn by_points(&self, g: &Geometry, dy: &[f32], w: &[f32], start: Start<'_>, dx: &Shared<'_>) -> bool {
        let (p, s) = (&self.geometry, g.stride);
        let Some(grid) = Grid::new(p) else { return false };
        let target = Target {
            values: dx,
            start: self.fy * g.w + self.fx,
            map: g.texels(),
            down: s * g.w,
            across: s,
            bias: start.bias(),
            accumulate: start.is_present(),
        };
        let (y, x) = self.last_tap(g);
        let (down, across) = (-((s * g.kw) as isize), -(s as isize));
        let filter = Filter { weights: w, start: y * g.kw + x, row: g.area(), channel: g.taps(), down, across };
        convolve(&grid, dy, filter, &target);
        true
    }

    /// Row and column of the phase's last tap in the kernel.
    fn last_tap(&self, g: &Geometry) -> (usize, usize) {
        let p = &self.geometry;
        let first = |f: usize, before: isize| (f as isize + before) as usize % g.stride;
        (first(self.fy, g.top) + g.stride * (p.kh - 1), first(self.fx, g.left) + g.stride * (p.kw - 1))
    }

    /// Packs the weights: rows are the input's channels of a group, taps those of the phase, last first.
    fn pack(&self, g: &Geometry, w: &[f32], group: usize, taps: Range<usize>, panels: &mut [f32]) {
        let (p, width, depth) = (&self.geometry, kernel().rows, taps.len());
        let (y, x) = self.last_tap(g);
        for (d, tap) in taps.enumerate() {
            let (output, ky, kx) = (tap / p.area(), tap / p.kw % p.kh, tap % p.kw);
            let (ky, kx) = (y - g.stride * ky, x - g.stride * kx);
            let start = (group * g.outputs() + output) * g.taps() + ky * g.kw + kx;
            let weights = w[start..].iter().step_by(g.area()).take(g.inputs());
            for (c, weight) in weights.enumerate() {
                let panel = c - c % width;
                let used = width.min(g.inputs() - panel);
                panels[panel * depth + d * used + (c - panel)] = *weight;
            }
        }
    }
}

fn run(g: &Geometry, dy: &[f32], start: Start<'_>, dx: &Shared<'_>, phases: &[Phase], lefts: &[&[f32]]) {
    // The first phase has as many rows and columns as any.
    let first = &phases[0].geometry;
    let tiles = Tiles::new(first, MANY_COLUMNS);
    for_each(tiles.count() * g.groups, is_worth_sharing(g), |task| {
        let (tile, group) = (tiles.get(task / g.groups), task % g.groups);
        match (g.stride, tile.single()) {
            (1, Some(image)) => write_straight(g, dy, start, dx, &tile, image, group, first, lefts[0]),
            _ => write_interleaved(g, dy, start, dx, &tile, group, phases, lefts),
        }
    });
}

/// Stride 1: the product goes where it belongs.
#[allow(clippy::too_many_arguments, reason = "one tile's share of the arguments of the pass")]
fn write_straight(
    g: &Geometry,
    dy: &[f32],
    start: Start<'_>,
    dx: &Shared<'_>,
    tile: &Tile,
    image: usize,
    group: usize,
    phase: &Geometry,
    left: &[f32],
) {
    let channel = group * g.inputs();
    let at = (image * g.c + channel) * g.texels() + tile.start(phase);
    let bias = start.bias().map(|bias| &bias[channel..]);
    let block = Block { slice: dx, start: at, row: g.texels(), accumulate: start.is_present(), bias };
    let left = &left[group * g.inputs() * phase.taps()..];
    tile_product(phase, dy, group, tile, left, g.inputs(), block);
}

/// The products of the phases of some rows, then the rows, whose columns take turns.
#[allow(unsafe_code, reason = "one task has the whole scratch")]
#[allow(clippy::too_many_arguments, reason = "one tile's share of the arguments of the pass")]
fn write_interleaved(
    g: &Geometry,
    dy: &[f32],
    start: Start<'_>,
    dx: &Shared<'_>,
    tile: &Tile,
    group: usize,
    phases: &[Phase],
    lefts: &[&[f32]],
) {
    let (channel, rows) = (group * g.inputs(), g.inputs());
    let bias = start.bias().map(|bias| &bias[channel..]);
    let size = rows * tile.columns(&phases[0].geometry);
    with_scratch(size * phases.len(), |together| {
        for ((phase, left), slice) in phases.iter().zip(lefts).zip(together.chunks_exact_mut(size)) {
            let p = &phase.geometry;
            // SAFETY: this task has the whole scratch.
            let slice = unsafe { Shared::new(slice) };
            let block = Block { slice: &slice, start: 0, row: tile.columns(p), accumulate: false, bias };
            tile_product(p, dy, group, tile, &left[group * rows * p.taps()..], rows, block);
        }
        let parts: Vec<&[f32]> = together.chunks_exact(size).collect();
        for row in 0..rows {
            write_rows(g, &parts, phases, tile, row, start.is_present(), channel + row, dx);
        }
    });
}

/// All rows of a tile in one channel.
#[allow(clippy::too_many_arguments, reason = "one tile's share of the arguments of the pass")]
fn write_rows(
    g: &Geometry,
    parts: &[&[f32]],
    phases: &[Phase],
    tile: &Tile,
    row: usize,
    accumulate: bool,
    channel: usize,
    dx: &Shared<'_>,
) {
    for (i, image) in tile.images.clone().enumerate() {
        for (j, y) in tile.rows.clone().enumerate() {
            let at = ((image * g.c + channel) * g.h + phases[0].fy + g.stride * y) * g.w;
            let to = dx.part(at, g.w);
            let line = |part: usize| {
                let p = &phases[part].geometry;
                &parts[part][row * tile.columns(p) + (i * tile.rows.len() + j) * p.ow..][..p.ow]
            };
            if let (2, 2, false) = (phases.len(), g.stride, accumulate) {
                interleave(to, line(0), line(1));
                continue;
            }
            for (part, phase) in phases.iter().enumerate() {
                for (to, from) in to.iter_mut().skip(phase.fx).step_by(g.stride).zip(line(part)) {
                    *to = if accumulate { *to + from } else { *from };
                }
            }
        }
    }
}

fn interleave(to: &mut [f32], even: &[f32], odd: &[f32]) {
    let (pairs, last) = to.as_chunks_mut::<2>();
    for ((pair, even), odd) in pairs.iter_mut().zip(even).zip(odd) {
        *pair = [*even, *odd];
    }
    if let ([last], Some(value)) = (last, even.last()) {
        *last = *value;
    }
}
