//! Mirrors the sample left to right now and then; landmarks are renumbered (68, 98 or 5 points).

use super::{TransformEntry, geometry, plain};
use crate::components::sample::{Array, DataError, Sample, Scope, Transform, read};
use crate::random::Stream;
use crate::registry::{Declared, Type, settings};

settings! {
    /// What `random-flip` is told.
    pub struct RandomFlip {
        /// How often.
        chance: f64 = 0.5, min = 0.0, max = 1.0;
    }
}

impl Transform for RandomFlip {
    fn apply(&self, sample: &mut Sample, scope: &Scope<'_>, draw: &mut Stream) -> Result<(), DataError> {
        let drawn = draw.uniform() < self.chance;
        let Some((_, width)) = geometry::frame(sample, scope).filter(|_| drawn && scope.training) else {
            return Ok(());
        };
        let last = width as f32 - 1.0;
        geometry::change(sample, scope, mirror, |x, y| (last - x, y));
        for (port, _) in scope.select(|ty| ty == Type::Landmarks) {
            let Some(array) = sample.get_mut(port) else { continue };
            let (points, dims) = (array.shape[0], array.shape[1]);
            let order = geometry::mirrored(points).ok_or_else(|| DataError::Transform {
                transform: "random-flip",
                port: port.into(),
                why: format!("it has {points} points, and only for 68, 98 and 5 the mirrored numbers are known"),
            })?;
            array.data = order.iter().flat_map(|&i| array.data[i * dims..(i + 1) * dims].to_vec()).collect();
        }
        Ok(())
    }
}

fn mirror(array: &Array) -> Array {
    let mut out = array.clone();
    out.data.chunks_exact_mut(array.shape[2]).for_each(<[f32]>::reverse);
    out
}

pub fn entry() -> TransformEntry {
    TransformEntry {
        entry: plain("random-flip", "Mirrors the sample left to right now and then.", RandomFlip::schema()),
        open: |settings| Ok(Box::new(read::<RandomFlip>(settings)?)),
    }
}
