//! Cuts a square of `size` out at a random place; out of the middle elsewhere than in training. With `pad` the rim goes on
//! by as many pixels on each side first, so that a sample of that very size is shifted.

use super::{TransformEntry, geometry, plain};
use crate::components::sample::{DataError, Sample, Scope, Transform, read};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    /// What `random-crop` is told.
    pub struct RandomCrop {
        /// Side in pixels.
        size: usize, min = 1;
        /// Pixels that are added on each side first.
        pad: usize = 0_usize, max = 512;
    }
}

impl Transform for RandomCrop {
    fn apply(&self, sample: &mut Sample, scope: &Scope<'_>, draw: &mut Stream) -> Result<(), DataError> {
        if self.pad > 0 {
            geometry::widen(self.pad, sample, scope);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::sample::Array;
    use crate::registry::Type;

    #[test]
    fn a_sample_of_the_crops_size_is_shifted_by_the_padding() {
        let ports = [("image".to_string(), Type::Image), ("landmarks".to_string(), Type::Landmarks)];
        let mut shifts = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut sample = Sample::default()
                .with("image", Array { shape: [1, 4, 4], data: (0..16).map(|v| v as f32).collect() })
                .with("landmarks", Array { shape: [1, 2, 1], data: vec![2.0, 1.0] });
            let training = seed > 0;
            let scope = Scope { ports: &ports, on: &[], training };
            RandomCrop { size: 4, pad: 2 }.apply(&mut sample, &scope, &mut Stream::new(seed, "crop")).unwrap();
            let (image, point) = (sample.get("image").unwrap(), &sample.get("landmarks").unwrap().data);
            let shift = (point[0] as i64 - 2, point[1] as i64 - 1);
            // Pixel (2, 1) held 6 and went with its landmark; pixels beyond the rim are the rim's.
            let inside = |v: i64| (0..4).contains(&v);
            if inside(2 + shift.0) && inside(1 + shift.1) {
                assert_eq!(image.at(0, (1 + shift.1) as usize, (2 + shift.0) as usize), 6.0);
            }
            let rim = |v: i64| v.clamp(0, 3) as f32;
            assert_eq!(image.at(0, 0, 0), 4.0 * rim(-shift.1) + rim(-shift.0));
            if !training {
                assert_eq!(shift, (0, 0));
            }
            shifts.insert(shift);
        }
        assert_eq!(shifts.len(), 25);
    }
}
