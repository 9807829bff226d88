//! The sizes of a convolution, and how it is cut into tiles: by its shape alone, so that the same bits come out for any
//! number of threads.

use super::line::Line;
use crate::tensor::ops::border::Border;
use std::ops::Range;

/// Maps `n x c x h x w` to `n x o x oh x ow` by kernels `o x c/groups x kh x kw`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    pub n: usize,
    pub c: usize,
    pub h: usize,
    pub w: usize,
    pub o: usize,
    pub oh: usize,
    pub ow: usize,
    pub kh: usize,
    pub kw: usize,
    pub stride: usize,
    pub dilation: usize,
    pub groups: usize,
    /// Texels beyond the map at its top and left; below zero where the first kernel lies inside.
    pub top: isize,
    pub left: isize,
    pub border: Border,
}

impl Geometry {
    /// Input channels of a group.
    #[inline]
    pub fn inputs(&self) -> usize {
        self.c / self.groups
    }

    /// Output channels of a group.
    #[inline]
    pub fn outputs(&self) -> usize {
        self.o / self.groups
    }

    /// Texels of a kernel.
    #[inline]
    pub fn area(&self) -> usize {
        self.kh * self.kw
    }

    /// Values an output texel is made of: the rows of a group's column matrix.
    #[inline]
    pub fn taps(&self) -> usize {
        self.inputs() * self.area()
    }

    /// Texels of an output map.
    #[inline]
    pub fn pixels(&self) -> usize {
        self.oh * self.ow
    }

    /// Texels of an input map.
    #[inline]
    pub fn texels(&self) -> usize {
        self.h * self.w
    }

    /// Multiplications of a pass, forward or to either gradient.
    #[inline]
    pub fn products(&self) -> usize {
        self.n * self.o * self.pixels() * self.taps()
    }

    /// Whether every output texel is made of the input texel at its place.
    #[inline]
    pub fn is_pointwise(&self) -> bool {
        let in_place = (self.h, self.w, self.top, self.left) == (self.oh, self.ow, 0, 0);
        self.area() == 1 && self.stride == 1 && in_place
    }

    /// Input row under output row `oy` at kernel row `ky`.
    #[inline]
    pub fn row(&self, oy: usize, ky: usize) -> Option<usize> {
        self.border.source((oy * self.stride + ky * self.dilation) as isize - self.top, self.h)
    }

    /// What a kernel's column `kx` reads of a row of the input, for all columns of the output.
    #[inline]
    pub fn line(&self, kx: usize) -> Line {
        Line::new((kx * self.dilation) as isize - self.left, self.stride, self.ow, (self.w, self.border))
    }
}

/// Columns of a tile below which packing is felt.
const FEW_COLUMNS: usize = 64;
/// Columns of a tile that fit the second-level cache, a block of the depth at a time.
pub const MANY_COLUMNS: usize = 256;
/// Tiles to have something to share out between cores.
const ENOUGH_TILES: usize = 8;

/// Either some rows of one image, or all rows of some images.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    pub images: Range<usize>,
    pub rows: Range<usize>,
}

/// Output texels of a batch, cut into tiles in order.
#[derive(Clone, Copy, Debug)]
pub struct Tiles {
    n: usize,
    oh: usize,
    images: usize,
    rows: usize,
}

impl Tiles {
    /// Tiles of at most about `most` columns; several of them where that leaves enough columns in each.
    pub fn new(g: &Geometry, most: usize) -> Self {
        let share = (g.n * g.pixels() / ENOUGH_TILES).max(FEW_COLUMNS);
        let columns = most.min(share);
        let images = (columns / g.pixels().max(1)).clamp(1, g.n.max(1));
        let rows = (columns / g.ow.max(1)).clamp(1, g.oh.max(1));
        let even = |len: usize, most: usize| len.div_ceil(len.div_ceil(most).max(1)).max(1);
        Tiles { n: g.n, oh: g.oh, images: even(g.n, images), rows: even(g.oh, rows) }
    }

    fn per_image(&self) -> usize {
        self.oh.div_ceil(self.rows)
    }

    pub fn count(&self) -> usize {
        self.n.div_ceil(self.images) * self.per_image()
    }

    /// How many images a tile spans; 1 where an image has several tiles.
    pub fn images(&self) -> usize {
        self.images
    }

    #[inline]
    pub fn get(&self, i: usize) -> Tile {
        let (block, part) = (i / self.per_image(), i % self.per_image());
        let (first, row) = (block * self.images, part * self.rows);
        Tile { images: first..(first + self.images).min(self.n), rows: row..(row + self.rows).min(self.oh) }
    }
}

impl Tile {
    /// Output texels in each image of the tile.
    #[inline]
    pub fn pixels(&self, g: &Geometry) -> usize {
        self.rows.len() * g.ow
    }

    /// Columns of the tile's column matrix.
    #[inline]
    pub fn columns(&self, g: &Geometry) -> usize {
        self.images.len() * self.pixels(g)
    }

    /// First output texel of each image.
    #[inline]
    pub fn start(&self, g: &Geometry) -> usize {
        self.rows.start * g.ow
    }

    /// The image, if it is one.
    #[inline]
    pub fn single(&self) -> Option<usize> {
        (self.images.len() == 1).then_some(self.images.start)
    }
}

/// Part `i` of `parts` of `0..len`.
#[inline]
pub fn share(len: usize, parts: usize, i: usize) -> Range<usize> {
    len * i / parts..len * (i + 1) / parts
}
