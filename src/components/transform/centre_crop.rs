//! Cuts a square of `size` out of the middle.

use super::{TransformEntry, geometry, plain};
use crate::components::sample::{DataError, Sample, Scope, Transform, read};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    /// What `centre-crop` is told.
    pub struct CentreCrop {
        /// Side in pixels.
        size: usize, min = 1;
    }
}

impl Transform for CentreCrop {
    fn apply(&self, sample: &mut Sample, scope: &Scope<'_>, _draw: &mut Stream) -> Result<(), DataError> {
        geometry::crop("centre-crop", self.size, sample, scope, |down, across| (down / 2, across / 2))
    }
}

pub fn entry() -> TransformEntry {
    TransformEntry {
        entry: plain("centre-crop", "Cuts a square of `size` out of the middle.", CentreCrop::schema()),
        open: |settings| Ok(Box::new(read::<CentreCrop>(settings)?)),
    }
}
