//! Of a convolution of stride s, the texels of the input that lie s apart in both directions see the same part of the
//! kernel. Each such phase of the input's gradient is a convolution of stride 1 of the output's gradient.

use super::geometry::Geometry;
use super::winograd::Filter;
use crate::tensor::ops::matrix::kernel;
use std::ops::Range;

/// The texels of the input at rows `fy + s i` and columns `fx + s j`.
pub struct Phase {
    pub fy: usize,
    pub fx: usize,
    /// The convolution of the output's gradient that gives them, with the taps in the opposite order.
    pub geometry: Geometry,
    /// Row and column in the kernel of the phase's last tap, which is the first one of the opposite order.
    last: (usize, usize),
}

/// One direction of a phase.
struct Side {
    taps: usize,
    padding: isize,
    last: usize,
}

impl Side {
    /// The texels `f + stride i` of a map with `before` texels of padding.
    fn new(f: usize, before: isize, kernel: usize, stride: usize) -> Self {
        let at = f as isize + before;
        let first = at.rem_euclid(stride as isize) as usize;
        let taps = (kernel - first).div_ceil(stride);
        let padding = taps as isize - 1 - at.div_euclid(stride as isize);
        Side { taps, padding, last: first + stride * (taps - 1) }
    }
}

impl Phase {
    /// A phase of the gradient of the input of `g`.
    pub fn new(g: &Geometry, fy: usize, fx: usize) -> Self {
        let (y, x) = (Side::new(fy, g.top, g.kh, g.stride), Side::new(fx, g.left, g.kw, g.stride));
        let (oh, ow) = ((g.h - fy).div_ceil(g.stride), (g.w - fx).div_ceil(g.stride));
        let (top, left, kh, kw) = (y.padding, x.padding, y.taps, x.taps);
        let geometry = Geometry { c: g.o, h: g.oh, w: g.ow, o: g.c, oh, ow, kh, kw, stride: 1, top, left, ..*g };
        Phase { fy, fx, geometry, last: (y.last, x.last) }
    }

    /// Where the phase's weights are among those of `g`.
    pub fn filter<'a>(&self, g: &Geometry, weights: &'a [f32]) -> Filter<'a> {
        let start = self.last.0 * g.kw + self.last.1;
        let (down, across) = (-((g.stride * g.kw) as isize), -(g.stride as isize));
        Filter { weights, start, row: g.area(), channel: g.taps(), down, across }
    }

    /// Values of the packed weights of all groups.
    pub fn packed_len(&self, g: &Geometry) -> usize {
        g.groups * g.inputs() * self.geometry.taps()
    }

    /// Packs the weights: rows are the input's channels of a group, taps those of the phase, last first.
    pub fn pack(&self, g: &Geometry, w: &[f32], group: usize, taps: Range<usize>, panels: &mut [f32]) {
        let (p, width, depth) = (&self.geometry, kernel().rows, taps.len());
        let start = |tap: usize| {
            let (output, ky, kx) = (tap / p.area(), tap / p.kw % p.kh, tap % p.kw);
            let (ky, kx) = (self.last.0 - g.stride * ky, self.last.1 - g.stride * kx);
            (group * g.outputs() + output) * g.taps() + ky * g.kw + kx
        };
        // Kernels lie beside each other along the channels, and are read in that order.
        for (i, tap) in taps.enumerate() {
            let from = &w[start(tap)..];
            for panel in (0..g.inputs()).step_by(width) {
                let used = width.min(g.inputs() - panel);
                let lanes = &mut panels[panel * depth + i * used..][..used];
                for (c, lane) in (panel..).zip(lanes) {
                    *lane = from[c * g.area()];
                }
            }
        }
    }
}
