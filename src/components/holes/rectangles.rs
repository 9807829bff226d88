//! Upright rectangles at random places, together near a share of the image.

use std::sync::Arc;

use super::{HolesEntry, plain, range};
use crate::components::sample::{Array, DataError, Holes, Place, read};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    /// What `rectangles` is told.
    pub struct Rectangles {
        /// How many, from least to most.
        count: Vec<usize> = vec![1usize, 1], length = 2, min = 1;
        /// Share of the image that they cover together where they do not overlap, from least to most.
        share: Vec<f64> = vec![0.1, 0.3], length = 2, above = 0.0, below = 1.0;
    }
}

struct Drawn {
    count: (f64, f64),
    share: (f64, f64),
}

impl Holes for Drawn {
    fn mask(&self, place: &Place<'_>, draw: &mut Stream) -> Result<Array, DataError> {
        let (height, width) = (place.height, place.width);
        let mut mask = Array::filled([1, height, width], 0.0);
        let count = self.count.0 as usize + draw.below((self.count.1 - self.count.0) as usize + 1);
        let each = draw.between(self.share.0, self.share.1) / count as f64;
        for _ in 0..count {
            // Sides h x w with h w = each and w / h between 1/2 and 2, in shares of the image; neither past 1.
            let aspect = 2f64.powf(draw.between(-1.0, 1.0));
            let across = (each * aspect).sqrt().clamp(each, 1.0);
            let (h, w) = (side(each / across, height), side(across, width));
            let (top, left) = (draw.below(height - h + 1), draw.below(width - w + 1));
            for y in top..top + h {
                mask.data[y * width + left..y * width + left + w].fill(1.0);
            }
        }
        Ok(mask)
    }
}

fn side(share: f64, length: usize) -> usize {
    ((share * length as f64).round() as usize).clamp(1, length)
}

pub fn entry() -> HolesEntry {
    HolesEntry {
        entry: plain("rectangles", "Upright rectangles at random places.", Rectangles::schema()),
        open: |settings, _| {
            let Rectangles { count, share } = read(settings)?;
            let count: Vec<f64> = count.iter().map(|c| *c as f64).collect();
            Ok(Arc::new(Drawn { count: range("count", &count)?, share: range("share", &share)? }))
        },
    }
}
