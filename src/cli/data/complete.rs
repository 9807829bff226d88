//! What a photo does not show: from the mirrored side, then from a mean texture.

use super::model::Model;
use super::work::{self, Fitted};
use crate::face::blend::patchwork::{Origin, Patchwork};
use crate::face::blend::{self, mirror, texture};
use crate::face::picture::Picture;
use crate::face::unwrap::Unwrapped;

/// The most photos of a mean texture, and how far their faces may be turned, in degrees.
const PHOTOS: usize = 64;
const FRONTAL: f32 = 20.0;

/// Fills what is unknown on the atlas.
pub fn fill(model: &Model, known: &Patchwork, mean: Option<&Picture>) -> Result<Patchwork, blend::Error> {
    let atlas = &model.on_atlas;
    let mirrored = if model.symmetric { mirror::fill(known, atlas)? } else { known.clone() };
    let textured = match mean {
        Some(mean) => texture::fill(&mirrored, mean, atlas)?,
        None => mirrored,
    };
    textured.interpolated(atlas)
}

/// Shares of a completed map's atlas: seen, mirrored, textured, interpolated.
pub fn shares(model: &Model, map: &Patchwork) -> [f64; 4] {
    let share = |is: &dyn Fn(Origin) -> bool| map.share(&model.on_atlas, is);
    [
        share(&|o| matches!(o, Origin::View(_))),
        share(&|o| o == Origin::Mirror),
        share(&|o| o == Origin::Texture),
        share(&|o| o == Origin::Between),
    ]
}

/// The least weight of a texel in the mean, as a share of the greatest: what few photos show, others would differ from by
/// steps along its border.
const LEAST: f64 = 0.3;

/// The mean of what the most frontal photos show, each brought to the same mean colour; interpolated where few of them
/// show anything. `None` without a photo.
///
/// Photos are read in their order and summed one after the other, so that threads change nothing.
pub fn mean_texture(model: &Model, fitted: &[Fitted]) -> anyhow::Result<Option<Picture>> {
    let mut frontal: Vec<&Fitted> = fitted.iter().filter(|f| f.fit.pose.yaw.abs() <= FRONTAL).collect();
    frontal.sort_by(|a, b| a.fit.pose.yaw.abs().total_cmp(&b.fit.pose.yaw.abs()));
    frontal.truncate(PHOTOS);
    let size = model.atlas.width;
    let (mut sum, mut weights) = (vec![0.0f64; 3 * size * size], vec![0.0f64; size * size]);
    for group in frontal.chunks(8) {
        use rayon::prelude::*;
        let read: Vec<_> = group.par_iter().map(|one| work::unwrapped(model, one)).collect();
        for (_, seen) in read.into_iter().flatten() {
            let gains = gains(&seen);
            let flips: &[bool] = if model.symmetric { &[false, true] } else { &[false] };
            for &flip in flips {
                for p in 0..weights.len() {
                    let from = if flip { p / size * size + size - 1 - p % size } else { p };
                    let weight = f64::from(seen.sight[from].max(0.0)).powi(2);
                    if weight > 0.0 && model.on_atlas[p] {
                        weights[p] += weight;
                        (0..3)
                            .for_each(|c| sum[3 * p + c] += weight * gains[c] * f64::from(seen.map.data[3 * from + c]));
                    }
                }
            }
        }
    }
    let greatest = weights.iter().fold(0.0, |most: f64, w| most.max(*w));
    if greatest <= 0.0 {
        return Ok(None);
    }
    let mean = (0..sum.len()).map(|i| (sum[i] / weights[i / 3].max(1e-12)).min(1.0) as f32).collect();
    let map = Picture { width: size, height: size, channels: 3, data: mean };
    let seen: Vec<bool> = weights.iter().map(|w| *w >= LEAST * greatest).collect();
    Ok(Some(Patchwork::of_view(&map, &seen)?.interpolated(&model.on_atlas)?.map))
}

/// What brings the mean colour of a map to that of skin in even light.
fn gains(seen: &Unwrapped) -> [f64; 3] {
    const SKIN: [f64; 3] = [0.62, 0.48, 0.41];
    let (mut sum, mut count) = ([0.0f64; 3], 0.0f64);
    for (texel, _) in seen.map.data.chunks_exact(3).zip(&seen.sight).filter(|(_, sight)| **sight > 0.0) {
        sum.iter_mut().zip(texel).for_each(|(sum, v)| *sum += f64::from(*v));
        count += 1.0;
    }
    [0, 1, 2].map(|c| SKIN[c] * count.max(1.0) / sum[c].max(1e-3))
}
