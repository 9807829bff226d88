//! Which convolutions are done by minimal algorithms, and their maps cut into tiles of 4 x 4 outputs.

use super::points::TILE;
use crate::tensor::ops::conv2d::geometry::Geometry;
use crate::tensor::ops::conv2d::line::Line;
use std::ops::Range;

/// A convolution whose kernel is one of 3 x 3 or 2 x 2, or four of 2 x 2 (of every channel four planes are made).
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a> {
    pub g: &'a Geometry,
    /// Taps of a small kernel in each direction.
    pub taps: usize,
    /// Planes a channel is taken apart into, in each direction.
    pub split: usize,
    /// Texels from a plane's texel to the next in a channel, and from a plane to the next.
    step: usize,
    shift: usize,
    /// Tiles of an image.
    pub high: usize,
    pub wide: usize,
}

impl<'a> Grid<'a> {
    /// `None` where the definition is the better way: other kernels, few channels or few tiles.
    pub fn new(g: &'a Geometry) -> Option<Self> {
        /// Channels on either side that pay for the transforms.
        const CHANNELS: usize = 24;
        /// Tiles that pay for the transform of the weights.
        const TILES: usize = 48;
        let (taps, split, step, shift) = match (g.kh, g.stride) {
            (3, 1) => (3, 1, 1, 0),
            (2, 1) => (2, 1, 1, 0),
            (4, 1) => (2, 2, 1, 2),
            (4, 2) => (2, 2, 2, 1),
            _ => return None,
        };
        let (high, wide) = (g.oh.div_ceil(TILE), g.ow.div_ceil(TILE));
        let plain = g.kh == g.kw && g.dilation == 1 && g.groups == 1;
        let pays = g.c.min(g.o) >= CHANNELS && g.n * high * wide >= TILES;
        // Tiles that reach beyond the map are work for nothing.
        let fits = 4 * g.pixels() >= 3 * high * wide * TILE * TILE;
        (plain && pays && fits).then_some(Grid { g, taps, split, step, shift, high, wide })
    }

    /// Points in each direction.
    #[inline]
    pub fn points(&self) -> usize {
        self.taps + TILE - 1
    }

    /// Planes of all channels.
    #[inline]
    pub fn planes(&self) -> usize {
        self.g.c * self.split * self.split
    }

    /// Rows of tiles of all images.
    #[inline]
    pub fn rows(&self) -> usize {
        self.g.n * self.high
    }

    /// Channel of a plane, and its place in both directions.
    #[inline]
    pub fn plane(&self, plane: usize) -> (usize, usize, usize) {
        let per = self.split * self.split;
        (plane / per, plane % per / self.split, plane % self.split)
    }

    /// Row and column of the kernel that is tap (ty, tx) of the small kernel of place (by, bx).
    #[inline]
    pub fn tap(&self, (by, bx): (usize, usize), (ty, tx): (usize, usize)) -> (usize, usize) {
        (ty * self.step + by * self.shift, tx * self.step + bx * self.shift)
    }

    /// Values of a line of a plane, as far as tiles and eight lanes reach.
    #[inline]
    pub fn line(&self) -> usize {
        (self.wide * TILE + self.points() - TILE).next_multiple_of(8) + 8
    }

    /// Writes row `y` of a plane from column 0 on, with what lies beyond the map; `map` is its channel's.
    pub fn fill(&self, map: &[f32], (by, bx): (usize, usize), y: usize, out: &mut [f32]) {
        let g = self.g;
        let row = (y * self.step + by * self.shift) as isize - g.top;
        let Some(row) = g.border.source(row, g.h) else { return out.fill(0.0) };
        let first = (bx * self.shift) as isize - g.left;
        Line::new(first, self.step, out.len(), (g.w, g.border)).read(&map[row * g.w..][..g.w], out);
    }
}

/// From a point's values to the next point's, for `len` of them: a whole number of lines of the cache, and an odd one, so
/// that what is done to all points at one place meets different sets of the cache.
pub fn spaced(len: usize) -> usize {
    const LINE: usize = 16;
    (len.div_ceil(LINE) | 1) * LINE
}

/// Rows of tiles that are worked on together, so that what is transformed stays in a cache all cores share.
pub fn batches(grid: &Grid<'_>, values_of_a_tile: usize) -> impl Iterator<Item = Range<usize>> + use<> {
    /// 16 MiB.
    const VALUES: usize = 1 << 22;
    let (rows, wide) = (grid.rows(), grid.wide);
    let most = (VALUES / (values_of_a_tile * wide).max(1)).max(1);
    let count = rows.div_ceil(most);
    (0..count).map(move |i| rows * i / count..rows * (i + 1) / count)
}
