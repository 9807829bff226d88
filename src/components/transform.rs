//! Transforms: changes of a sample after its `size`.
//!
//! Geometric ones move all spatial ports alike (images, maps, masks, landmarks); masks are interpolated and cut at one
//! half. Photometric ones change images, all of a sample by the same draw. `on` narrows either. A transform with a
//! setting `size` fixes the side of the sample. After all of them, what `missing` marks in `incomplete` is 0 again.

mod align;
mod centre_crop;
mod colour_jitter;
mod geometry;
mod random_crop;
mod random_erasing;
mod random_flip;
mod random_rotate;
mod resize;

use super::sample::{DataError, Sample, Scope, Transform};
use crate::random::Stream;
use crate::registry::{self, Settings, Type};

/// A transform as it is registered.
pub struct TransformEntry {
    pub entry: registry::Entry,
    pub open: fn(&Settings) -> Result<Box<dyn Transform>, DataError>,
}

/// Every transform, in the order in which they are printed.
pub fn entries() -> Vec<TransformEntry> {
    vec![
        align::entry(),
        centre_crop::entry(),
        colour_jitter::entry(),
        random_crop::entry(),
        random_erasing::entry(),
        random_flip::entry(),
        random_rotate::entry(),
        resize::entry(),
    ]
}

/// A dataset's transforms, in order.
#[derive(Default)]
pub struct Pipeline {
    steps: Vec<(Box<dyn Transform>, Vec<String>)>,
}

impl Pipeline {
    /// Opens transforms from their names and settings, which may hold `on`.
    pub fn open(all: &[(String, Settings)]) -> Result<Pipeline, DataError> {
        let steps = all.iter().map(|(name, settings)| {
            let entry = entries().into_iter().find(|e| e.entry.card.name == name);
            let entry = entry.ok_or_else(|| DataError::NoComponent { family: "transform", name: name.clone() })?;
            let mut settings = settings.clone();
            let on = match settings.shift_remove("on") {
                Some(value) => serde_json::from_value(value).map_err(|e| DataError::setting("on", e))?,
                None => vec![],
            };
            Ok(((entry.open)(&settings)?, on))
        });
        Ok(Pipeline { steps: steps.collect::<Result<_, DataError>>()? })
    }

    /// Applies them in order, each with a stream of its own. `ports`: names and types of the sample's ports.
    pub fn apply(
        &self,
        sample: &mut Sample,
        ports: &[(String, Type)],
        training: bool,
        draw: &Stream,
    ) -> Result<(), DataError> {
        let cut = is_cut(sample);
        for (i, (step, on)) in self.steps.iter().enumerate() {
            let scope = Scope { ports, on, training };
            step.apply(sample, &scope, &mut draw.fork(i as u64))?;
        }
        if !self.steps.is_empty() {
            let narrowed = self.steps.iter().any(|(_, on)| !on.is_empty());
            reopen_holes(sample, narrowed || !cut);
        }
        Ok(())
    }
}

/// Whether `incomplete` is `complete` with holes, and not a map of its own that another one completes.
fn is_cut(sample: &Sample) -> bool {
    let [incomplete, complete, missing] = ["incomplete", "complete", "missing"].map(|port| sample.get(port));
    let (Some(incomplete), Some(complete), Some(missing)) = (incomplete, complete, missing) else { return false };
    let texels = missing.data.len().max(1);
    let equal =
        |i: usize| missing.data.get(i % texels).is_some_and(|m| *m > 0.5) || incomplete.data[i] == complete.data[i];
    incomplete.shape == complete.shape && incomplete.frame() == missing.frame() && (0..incomplete.data.len()).all(equal)
}

/// Interpolation and colour leave something in the holes and mix it into their rims: takes `incomplete` from `complete`
/// again, or, where a transform was for some ports only or the map is one of its own, at least empties the holes.
fn reopen_holes(sample: &mut Sample, narrowed: bool) {
    let Some(missing) = sample.get("missing").cloned() else { return };
    let complete = sample.get("complete").cloned().filter(|c| !narrowed && c.frame() == missing.frame());
    let Some(incomplete) = sample.get_mut("incomplete").filter(|i| i.frame() == missing.frame()) else { return };
    if let Some(complete) = complete {
        *incomplete = complete;
    }
    for plane in incomplete.data.chunks_exact_mut(missing.data.len()) {
        plane.iter_mut().zip(&missing.data).filter(|(_, m)| **m > 0.5).for_each(|(v, _)| *v = 0.0);
    }
}

/// An entry without ports.
fn plain(name: &'static str, doc: &'static str, settings: Vec<registry::Setting>) -> registry::Entry {
    registry::Entry::plain("transform", name, doc, "", settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::sample::Array;
    use serde_json::json;

    fn ports() -> Vec<(String, Type)> {
        let all = [
            ("incomplete", Type::Image),
            ("complete", Type::Image),
            ("missing", Type::Mask),
            ("points", Type::Landmarks),
        ];
        all.into_iter().map(|(n, t)| (n.to_string(), t)).collect()
    }

    /// A 3 x 20 x 24 image that is its own x coordinate, its left third missing, and 68 points.
    fn sample() -> Sample {
        let (h, w) = (20, 24);
        let data: Vec<f32> = (0..3 * h * w).map(|i| (i % w) as f32 / w as f32 - 0.5).collect();
        let complete = Array { shape: [3, h, w], data };
        let missing = Array { shape: [1, h, w], data: (0..h * w).map(|i| if i % w < 8 { 1.0 } else { 0.0 }).collect() };
        let points: Vec<f32> = (0..68).flat_map(|i| [(i % 20) as f32, (i / 4) as f32]).collect();
        let mut all = Sample::default()
            .with("incomplete", complete.clone())
            .with("complete", complete)
            .with("missing", missing)
            .with("points", Array { shape: [68, 2, 1], data: points });
        reopen_holes(&mut all, false);
        all
    }

    fn apply(all: serde_json::Value, training: bool, number: u64) -> Result<Sample, DataError> {
        let list: Vec<(String, Settings)> = all
            .as_array()
            .unwrap()
            .iter()
            .map(|t| {
                let mut settings = t.as_object().unwrap().clone();
                let name = settings.shift_remove("use").unwrap().as_str().unwrap().to_string();
                (name, settings)
            })
            .collect();
        let mut sample = sample();
        let draw = Stream::new(1, "transforms").fork(number);
        Pipeline::open(&list)?.apply(&mut sample, &ports(), training, &draw)?;
        Ok(sample)
    }

    fn coherent(sample: &Sample) {
        let (incomplete, complete) = (sample.get("incomplete").unwrap(), sample.get("complete").unwrap());
        let missing = sample.get("missing").unwrap();
        assert!(missing.data.iter().all(|v| *v == 0.0 || *v == 1.0));
        for (i, v) in incomplete.data.iter().enumerate() {
            let hidden = missing.data[i % missing.data.len()] == 1.0;
            assert_eq!(*v, if hidden { 0.0 } else { complete.data[i] });
        }
    }

    #[test]
    fn all_ports_move_alike_and_holes_stay_empty() {
        for (list, side) in [
            (json!([{"use": "resize", "size": 30}]), Some(30)),
            (json!([{"use": "random-crop", "size": 16}]), Some(16)),
            (json!([{"use": "centre-crop", "size": 12}]), Some(12)),
            (json!([{"use": "random-flip", "chance": 1.0}]), None),
            (json!([{"use": "random-rotate", "degrees": 40.0}]), None),
            (json!([{"use": "colour-jitter", "hue": 0.2}]), None),
        ] {
            let out = apply(list, true, 3).unwrap();
            coherent(&out);
            let side = side.map_or((20, 24), |s| (s, s));
            assert!(["incomplete", "complete", "missing"].iter().all(|p| out.get(p).unwrap().frame() == side));
        }
    }

    #[test]
    fn a_flip_is_exact_and_permutes_landmarks() {
        let before = sample();
        let after = apply(json!([{"use": "random-flip", "chance": 1.0}]), true, 0).unwrap();
        assert_eq!(after.get("complete").unwrap().at(1, 3, 0), before.get("complete").unwrap().at(1, 3, 23));
        let (a, b) = (&before.get("points").unwrap().data, &after.get("points").unwrap().data);
        // Pixel centres are at whole numbers: x becomes 23 - x, and point 36 (an outer eye corner) becomes 45.
        assert_eq!((b[45 * 2], b[45 * 2 + 1]), (23.0 - a[36 * 2], a[36 * 2 + 1]));
    }

    #[test]
    fn a_crop_and_a_resize_move_landmarks() {
        let crop = apply(json!([{"use": "centre-crop", "size": 12}]), true, 0).unwrap();
        assert_eq!(crop.get("points").unwrap().data[..2], [-6.0, -4.0]);
        let resize = apply(json!([{"use": "resize", "size": 40}]), true, 0).unwrap();
        let y = resize.get("points").unwrap().data[4 * 2 + 1];
        assert!((y - ((1.0 + 0.5) * 2.0 - 0.5)).abs() < 1e-5, "{y}");
    }

    #[test]
    fn random_ones_rest_outside_training() {
        let still = json!([{"use": "random-flip", "chance": 1.0}, {"use": "colour-jitter"}, {"use": "random-rotate"},
            {"use": "random-erasing", "chance": 1.0}]);
        assert_eq!(apply(still, false, 0).unwrap(), sample());
        let crop = json!([{"use": "random-crop", "size": 10}]);
        assert_eq!(apply(crop.clone(), false, 0).unwrap(), apply(crop.clone(), false, 1).unwrap());
        assert_ne!(apply(crop.clone(), true, 0).unwrap(), apply(crop, true, 1).unwrap());
    }

    #[test]
    fn on_narrows() {
        let out = apply(json!([{"use": "colour-jitter", "brightness": 1.0, "on": ["incomplete"]}]), true, 0).unwrap();
        assert_eq!(out.get("complete"), sample().get("complete"));
        assert_ne!(out.get("incomplete"), sample().get("incomplete"));
        assert!(out.get("incomplete").unwrap().at(0, 0, 0) == 0.0);
    }

    #[test]
    fn erasing_covers_the_share_and_too_large_crops_are_refused() {
        let out =
            apply(json!([{"use": "random-erasing", "chance": 1.0, "share": [0.3, 0.31], "on": ["complete"]}]), true, 0)
                .unwrap();
        let (a, b) = (sample(), out);
        let changed = a.get("complete").unwrap().data.iter().zip(&b.get("complete").unwrap().data);
        let share = changed.filter(|(a, b)| a != b).count() as f64 / (3.0 * 20.0 * 24.0);
        assert!((0.2..0.4).contains(&share), "{share}");
        let error = apply(json!([{"use": "centre-crop", "size": 22}]), true, 0).unwrap_err().to_string();
        assert_eq!(error, "`centre-crop` cannot change `incomplete`: it is 24 wide and 20 high, the crop 22");
    }
}
