//! What a photo does not show: from the mirrored side, then from a mean texture.

use super::model::Model;
use super::work::{self, Fitted};
use crate::face::blend::patchwork::{Origin, Patchwork};
use crate::face::blend::{self, mirror, texture};
use crate::face::picture::Picture;

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

/// The mean of what the most frontal photos show, interpolated where none shows anything. `None` without a photo.
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
            let flips: &[bool] = if model.symmetric { &[false, true] } else { &[false] };
            for &flip in flips {
                for p in 0..weights.len() {
                    let from = if flip { p / size * size + size - 1 - p % size } else { p };
                    let weight = f64::from(seen.sight[from].max(0.0)).powi(2);
                    if weight > 0.0 && model.on_atlas[p] {
                        weights[p] += weight;
                        (0..3).for_each(|c| sum[3 * p + c] += weight * f64::from(seen.map.data[3 * from + c]));
                    }
                }
            }
        }
    }
    if weights.iter().all(|w| *w <= 0.0) {
        return Ok(None);
    }
    let mean = (0..sum.len()).map(|i| (sum[i] / weights[i / 3].max(1e-12)) as f32).collect();
    let map = Picture { width: size, height: size, channels: 3, data: mean };
    let seen: Vec<bool> = weights.iter().map(|w| *w > 0.0).collect();
    Ok(Some(Patchwork::of_view(&map, &seen)?.interpolated(&model.on_atlas)?.map))
}
