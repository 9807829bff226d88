//! Free-form strokes: wandering lines with round ends.
//!
//! After Yu et al., "Free-Form Image Inpainting with Gated Convolution", <https://arxiv.org/abs/1806.03589>, appendix
//! B: a polyline whose direction turns a little at each vertex, and now and then back.

use std::sync::Arc;

use super::{HolesEntry, plain, range};
use crate::components::sample::{Array, DataError, Holes, Place, read};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    /// What `strokes` is told.
    pub struct Strokes {
        /// How many, from least to most.
        count: Vec<usize> = vec![1usize, 5], length = 2, min = 1;
        /// Width as a share of the image's shorter side, from least to most.
        width: Vec<f64> = vec![0.02, 0.08], length = 2, above = 0.0, below = 1.0;
    }
}

struct Drawn {
    count: (f64, f64),
    width: (f64, f64),
}

impl Holes for Drawn {
    fn mask(&self, place: &Place<'_>, draw: &mut Stream) -> Result<Array, DataError> {
        let mut mask = Array::filled([1, place.height, place.width], 0.0);
        let count = self.count.0 as usize + draw.below((self.count.1 - self.count.0) as usize + 1);
        for _ in 0..count {
            self.stroke(&mut mask, draw);
        }
        Ok(mask)
    }
}

impl Drawn {
    fn stroke(&self, mask: &mut Array, draw: &mut Stream) {
        let (height, width) = (mask.shape[1] as f64, mask.shape[2] as f64);
        let side = height.min(width);
        let radius = (draw.between(self.width.0, self.width.1) * side / 2.0).max(0.5);
        let mut angle = draw.between(0.0, std::f64::consts::TAU);
        let mut from = (draw.uniform() * width, draw.uniform() * height);
        for _ in 0..4 + draw.below(5) {
            angle += draw.between(-0.8, 0.8) + if draw.uniform() < 0.15 { std::f64::consts::PI } else { 0.0 };
            let length = draw.between(0.08, 0.25) * side;
            let to =
                ((from.0 + length * angle.cos()).clamp(0.0, width), (from.1 + length * angle.sin()).clamp(0.0, height));
            capsule(mask, from, to, radius);
            from = to;
        }
    }
}

/// Sets the pixels whose centre lies within `radius` of the segment.
fn capsule(mask: &mut Array, a: (f64, f64), b: (f64, f64), radius: f64) {
    let (height, width) = mask.frame();
    let bounds = |p: f64, q: f64, end: usize| {
        ((p.min(q) - radius).floor().max(0.0) as usize, ((p.max(q) + radius).ceil() as usize).min(end))
    };
    let (left, right) = bounds(a.0, b.0, width);
    let (top, bottom) = bounds(a.1, b.1, height);
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let squared = (dx * dx + dy * dy).max(1e-12);
    for y in top..bottom {
        for x in left..right {
            let (px, py) = (x as f64 + 0.5 - a.0, y as f64 + 0.5 - a.1);
            let t = ((px * dx + py * dy) / squared).clamp(0.0, 1.0);
            if (px - t * dx).hypot(py - t * dy) <= radius {
                mask.data[y * width + x] = 1.0;
            }
        }
    }
}

pub fn entry() -> HolesEntry {
    HolesEntry {
        entry: plain("strokes", "Free-form strokes.", Strokes::schema()),
        open: |settings, _| {
            let Strokes { count, width } = read(settings)?;
            let count: Vec<f64> = count.iter().map(|c| *c as f64).collect();
            Ok(Arc::new(Drawn { count: range("count", &count)?, width: range("width", &width)? }))
        },
    }
}
