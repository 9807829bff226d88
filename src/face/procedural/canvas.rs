//! Painting on the sheet: layers of colour with soft edges, and smooth noise.

use super::{BOTTOM, HALF_WIDTH, TOP};
use crate::random::Stream;

/// An sRGB colour, 0 to 1.
pub type Colour = [f32; 3];

/// A square sheet in sRGB.
pub struct Canvas {
    size: usize,
    pixels: Vec<Colour>,
}

/// A stretch of the sheet: least and greatest `s`, least and greatest `y`.
pub type Extent = [f32; 4];

/// The whole sheet.
pub const ALL: Extent = [-HALF_WIDTH, HALF_WIDTH, BOTTOM, TOP];

impl Canvas {
    pub fn new(size: usize) -> Self {
        Canvas { size, pixels: vec![[0.0; 3]; size * size] }
    }

    /// Changes each pixel of a stretch, given its place.
    fn each(&mut self, [s0, s1, y0, y1]: Extent, mut change: impl FnMut(f32, f32, &mut Colour)) {
        let n = self.size as f32;
        let clamp = |v: f32| (v.max(0.0) as usize).min(self.size);
        let columns = clamp((s0 / HALF_WIDTH + 1.0) / 2.0 * n)..clamp(((s1 / HALF_WIDTH + 1.0) / 2.0 * n).ceil());
        let rows = clamp((TOP - y1) / (TOP - BOTTOM) * n)..clamp(((TOP - y0) / (TOP - BOTTOM) * n).ceil());
        for row in rows {
            let y = TOP - (row as f32 + 0.5) / n * (TOP - BOTTOM);
            for column in columns.clone() {
                let s = ((column as f32 + 0.5) / n * 2.0 - 1.0) * HALF_WIDTH;
                change(s, y, &mut self.pixels[row * self.size + column]);
            }
        }
    }

    /// Lays a colour with an opacity over a stretch.
    pub fn paint(&mut self, extent: Extent, layer: impl Fn(f32, f32) -> (Colour, f32)) {
        self.each(extent, |s, y, pixel| {
            let (colour, alpha) = layer(s, y);
            if alpha > 0.0 {
                let (alpha, [red, green, blue]) = (alpha.min(1.0), *pixel);
                let over = |under: f32, k: usize| under + (colour[k] - under) * alpha;
                *pixel = [over(red, 0), over(green, 1), over(blue, 2)];
            }
        });
    }

    /// Multiplies a stretch by a colour: 1 leaves it.
    pub fn tint(&mut self, extent: Extent, layer: impl Fn(f32, f32) -> Colour) {
        self.each(extent, |s, y, pixel| {
            let ([red, green, blue], factor) = (*pixel, layer(s, y));
            let by = |value: f32, k: usize| (value * factor[k]).clamp(0.0, 1.0);
            *pixel = [by(red, 0), by(green, 1), by(blue, 2)];
        });
    }

    /// The same on both halves: the layer is given `s` as the right half has it, and the side (-1 or 1).
    pub fn paint_both(&mut self, [s0, s1, y0, y1]: Extent, layer: impl Fn(f32, f32, f32) -> (Colour, f32)) {
        self.paint([s0, s1, y0, y1], |s, y| layer(s, y, 1.0));
        self.paint([-s1, -s0, y0, y1], |s, y| layer(-s, y, -1.0));
    }

    /// [`tint`](Canvas::tint) on both halves.
    pub fn tint_both(&mut self, [s0, s1, y0, y1]: Extent, layer: impl Fn(f32, f32, f32) -> Colour) {
        self.tint([s0, s1, y0, y1], |s, y| layer(s, y, 1.0));
        self.tint([-s1, -s0, y0, y1], |s, y| layer(-s, y, -1.0));
    }

    /// Means over blocks of `over` x `over` pixels.
    pub fn reduced(&self, over: usize) -> Vec<Colour> {
        let side = self.size / over;
        let share = 1.0 / (over * over) as f32;
        let mut out = vec![[0.0; 3]; side * side];
        for (i, pixel) in self.pixels.iter().enumerate() {
            let (row, column) = (i / self.size / over, i % self.size / over);
            let sum = &mut out[row * side + column];
            *sum = [sum[0] + pixel[0] * share, sum[1] + pixel[1] * share, sum[2] + pixel[2] * share];
        }
        out
    }
}

/// 0 below `from`, 1 above `to`, smooth between; falls where `from` is the greater.
#[inline]
pub fn ramp(from: f32, to: f32, value: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The whole number below; processors without SSE 4.1 have only a call for it.
#[inline]
fn floor(x: f32) -> i32 {
    let whole = x as i32;
    whole - i32::from(whole as f32 > x)
}

/// A bell of height 1.
#[inline]
pub fn bell(x: f32, width: f32) -> f32 {
    fall((x / width) * (x / width))
}

/// A bell over both coordinates.
#[inline]
pub fn spot(x: f32, y: f32, width: f32, height: f32) -> f32 {
    fall((x / width) * (x / width) + (y / height) * (y / height))
}

/// A bell by its squared distance; nothing past four widths, most of the sheet.
#[inline]
fn fall(squared: f32) -> f32 {
    if squared > 16.0 { 0.0 } else { (-0.5 * squared).exp() }
}

/// A factor for [`Canvas::tint`]: `strength` of the way from 1 to `colour`.
#[inline]
pub fn toward(colour: Colour, strength: f32) -> Colour {
    let of = |c: f32| 1.0 + (c - 1.0) * strength;
    [of(colour[0]), of(colour[1]), of(colour[2])]
}

/// Smooth noise in -1 to 1 that changes over a distance of 1.
#[derive(Clone, Copy)]
pub struct Noise(Stream);

impl Noise {
    pub fn new(stream: Stream) -> Self {
        Noise(stream)
    }

    #[inline]
    fn knot(&self, i: i32, j: i32) -> f32 {
        let position = u64::from(i as u32) << 32 | u64::from(j as u32);
        (self.0.at(position) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (i, j) = (floor(x), floor(y));
        let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
        let (u, v) = (smooth(x - i as f32), smooth(y - j as f32));
        let top = self.knot(i, j) * (1.0 - u) + self.knot(i + 1, j) * u;
        let bottom = self.knot(i, j + 1) * (1.0 - u) + self.knot(i + 1, j + 1) * u;
        top * (1.0 - v) + bottom * v
    }

    /// The same, turned, so that fine grain shows no rows and columns.
    #[inline]
    pub fn grain(&self, x: f32, y: f32) -> f32 {
        self.at(0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x)
    }

    /// Round dots, about one in `1 / density` cells of side 1: 1 inside, 0 outside.
    #[inline]
    pub fn dots(&self, x: f32, y: f32, density: f32) -> f32 {
        let (x, y) = (0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x);
        let (i, j) = (floor(x), floor(y));
        let knot = |k: i32| (self.knot(4 * i + k, j) + 1.0) / 2.0;
        if knot(0) > density {
            return 0.0;
        }
        let distance = (x - i as f32 - 0.35 - 0.3 * knot(1)).hypot(y - j as f32 - 0.35 - 0.3 * knot(2));
        let radius = 0.14 + 0.16 * knot(3);
        ramp(1.3, 0.6, distance / radius)
    }

    /// Three octaves.
    #[inline]
    pub fn cloud(&self, x: f32, y: f32) -> f32 {
        (self.at(x, y) + 0.5 * self.at(2.0 * x + 17.0, 2.0 * y) + 0.25 * self.at(4.0 * x, 4.0 * y + 31.0)) / 1.75
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_smooth_and_spread_around_zero() {
        let noise = Noise::new(Stream::new(0, "noise"));
        let values: Vec<f32> = (0..4000).map(|i| noise.at(i as f32 * 0.01, 0.3)).collect();
        assert!(values.windows(2).all(|w| (w[0] - w[1]).abs() < 0.06));
        assert!(
            values.iter().all(|v| v.abs() <= 1.0)
                && values.iter().any(|v| *v > 0.3)
                && values.iter().any(|v| *v < -0.3)
        );
    }

    #[test]
    fn both_halves_are_mirrors() {
        let mut canvas = Canvas::new(16);
        canvas.paint_both([0.1, 0.6, -0.3, 0.3], |s, _, _| ([s; 3], 1.0));
        let out = canvas.reduced(1);
        for row in 0..16 {
            for column in 0..8 {
                assert!((out[row * 16 + column][0] - out[row * 16 + 15 - column][0]).abs() < 1e-5);
            }
        }
        assert!(out.iter().any(|p| p[0] > 0.3));
    }
}
