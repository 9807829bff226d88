//! Turns the sample in its plane by a random angle; what comes from outside repeats the border.

use super::{TransformEntry, geometry, plain};
use crate::components::sample::{Array, DataError, Sample, Scope, Transform, read};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    /// What `random-rotate` is told.
    pub struct RandomRotate {
        /// Largest angle either way, in degrees.
        degrees: f64 = 15.0, min = 0.0, max = 180.0;
    }
}

impl Transform for RandomRotate {
    fn apply(&self, sample: &mut Sample, scope: &Scope<'_>, draw: &mut Stream) -> Result<(), DataError> {
        let angle = draw.between(-self.degrees, self.degrees).to_radians() as f32;
        let Some((height, width)) = geometry::frame(sample, scope).filter(|_| scope.training) else { return Ok(()) };
        let (cx, cy) = ((width as f32 - 1.0) / 2.0, (height as f32 - 1.0) / 2.0);
        let turn = |x: f32, y: f32, a: f32| {
            let ((dx, dy), (sin, cos)) = ((x - cx, y - cy), a.sin_cos());
            (cx + cos * dx - sin * dy, cy + sin * dx + cos * dy)
        };
        let pixels = |array: &Array| sampled(array, |x, y| turn(x, y, -angle));
        geometry::change(sample, scope, pixels, |x, y| turn(x, y, angle));
        Ok(())
    }
}

/// The array read bilinearly at where each pixel comes from.
fn sampled(array: &Array, from: impl Fn(f32, f32) -> (f32, f32)) -> Array {
    let (height, width) = array.frame();
    let mut out = Array::filled(array.shape, 0.0);
    for y in 0..height {
        for x in 0..width {
            let (sx, sy) = from(x as f32, y as f32);
            let (sx, sy) = (sx.clamp(0.0, width as f32 - 1.0), sy.clamp(0.0, height as f32 - 1.0));
            let (x0, y0) = (sx as usize, sy as usize);
            let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
            let (fx, fy) = (sx - x0 as f32, sy - y0 as f32);
            for c in 0..array.shape[0] {
                let top = array.at(c, y0, x0) * (1.0 - fx) + array.at(c, y0, x1) * fx;
                let bottom = array.at(c, y1, x0) * (1.0 - fx) + array.at(c, y1, x1) * fx;
                out.data[(c * height + y) * width + x] = top * (1.0 - fy) + bottom * fy;
            }
        }
    }
    out
}

pub fn entry() -> TransformEntry {
    TransformEntry {
        entry: plain("random-rotate", "Turns the sample in its plane by a random angle.", RandomRotate::schema()),
        open: |settings| Ok(Box::new(read::<RandomRotate>(settings)?)),
    }
}
