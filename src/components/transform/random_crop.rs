//! Cuts a square of `size` out at a random place; out of the middle elsewhere than in training.

use super::{TransformEntry, geometry, plain};
use crate::components::sample::{DataError, Sample, Scope, Transform, read};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    /// What `random-crop` is told.
    pub struct RandomCrop {
        /// Side in pixels.
        size: usize, min = 1;
    }
}

impl Transform for RandomCrop {
    fn apply(&self, sample: &mut Sample, scope: &Scope<'_>, draw: &mut Stream) -> Result<(), DataError> {
        geometry::crop("random-crop", self.size, sample, scope, |down, across| match scope.training {
            true => (draw.below(down + 1), draw.below(across + 1)),
            false => (down / 2, across / 2),
        })
    }
}

pub fn entry() -> TransformEntry {
    TransformEntry {
        entry: plain("random-crop", "Cuts a square of `size` out at a random place.", RandomCrop::schema()),
        open: |settings| Ok(Box::new(read::<RandomCrop>(settings)?)),
    }
}
