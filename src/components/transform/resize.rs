//! Brings the sample to a square of `size`.

use super::{TransformEntry, geometry, plain};
use crate::components::raster;
use crate::components::sample::{DataError, Sample, Scope, Transform, read};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    /// What `resize` is told.
    pub struct Resize {
        /// Side in pixels.
        size: usize, min = 1;
    }
}

impl Transform for Resize {
    fn apply(&self, sample: &mut Sample, scope: &Scope<'_>, _draw: &mut Stream) -> Result<(), DataError> {
        let Some((height, width)) = geometry::frame(sample, scope) else { return Ok(()) };
        let (down, across) = (self.size as f32 / height as f32, self.size as f32 / width as f32);
        let points = |x: f32, y: f32| ((x + 0.5) * across - 0.5, (y + 0.5) * down - 0.5);
        geometry::change(sample, scope, |array| raster::resize(array, self.size, self.size), points);
        Ok(())
    }
}

pub fn entry() -> TransformEntry {
    TransformEntry {
        entry: plain("resize", "Brings the sample to a square of `size`.", Resize::schema()),
        open: |settings| Ok(Box::new(read::<Resize>(settings)?)),
    }
}
