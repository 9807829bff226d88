//! Fills a random rectangle of the images with mid-grey (0) now and then, the same one in all images of a sample.
//!
//! Zhong et al., "Random Erasing Data Augmentation", <https://arxiv.org/abs/1708.04896>, algorithm 1; aspects 0.3 to 3.3
//! as there.

use super::{TransformEntry, plain};
use crate::components::sample::{DataError, Sample, Scope, Transform, read};
use crate::random::Stream;
use crate::registry::{Declared, Type, settings};

settings! {
    /// What `random-erasing` is told.
    pub struct RandomErasing {
        /// How often.
        chance: f64 = 0.5, min = 0.0, max = 1.0;
        /// Share of the image that is filled, from least to most.
        share: Vec<f64> = vec![0.1, 0.4], length = 2, above = 0.0, below = 1.0;
    }
}

impl Transform for RandomErasing {
    fn apply(&self, sample: &mut Sample, scope: &Scope<'_>, draw: &mut Stream) -> Result<(), DataError> {
        if draw.uniform() >= self.chance || !scope.training {
            return Ok(());
        }
        let share = draw.between(self.share[0], self.share[1]);
        let aspect = draw.between(0.3f64.ln(), 3.3f64.ln()).exp();
        let (down, across) = ((share * aspect).sqrt().clamp(share, 1.0), (share / aspect).sqrt().clamp(share, 1.0));
        let (v, u) = (draw.uniform() * (1.0 - down), draw.uniform() * (1.0 - across));
        for (port, _) in scope.select(|ty| ty == Type::Image) {
            let Some(array) = sample.get_mut(port) else { continue };
            let (height, width) = array.frame();
            let at = |share: f64, length: usize| (share * length as f64).round() as usize;
            let (rows, columns) = (at(v, height)..at(v + down, height), at(u, width)..at(u + across, width));
            for line in array
                .data
                .chunks_exact_mut(height * width)
                .flat_map(|p| p.chunks_exact_mut(width).take(rows.end).skip(rows.start))
            {
                line[columns.clone()].fill(0.0);
            }
        }
        Ok(())
    }
}

pub fn entry() -> TransformEntry {
    TransformEntry {
        entry: plain("random-erasing", "Fills a random rectangle of the images now and then.", RandomErasing::schema()),
        open: |settings| {
            let erasing: RandomErasing = read(settings)?;
            if erasing.share.len() != 2 || erasing.share[0] > erasing.share[1] {
                return Err(DataError::setting("share", format!("expected [low, high], found {:?}", erasing.share)));
            }
            Ok(Box::new(erasing))
        },
    }
}
