//! Holes: where an image is missing, as a mask 1 x H x W that is 1 in the hole.
//!
//! A mask is a pure function of its size, the image's file and the stream it draws from: the caller decides whether
//! each draw is new (training) or that of the sample (elsewhere).

mod from_folder;
mod none;
mod rectangles;
mod strokes;
mod yaw_half;

use std::path::Path;
use std::sync::Arc;

use super::sample::{DataError, Holes};
use crate::registry::{self, Settings, Slot};

/// Opens holes: their settings and the folder that relative paths lie under.
pub type Open = fn(&Settings, &Path) -> Result<Arc<dyn Holes>, DataError>;

/// A kind of holes as it is registered.
pub struct HolesEntry {
    pub entry: registry::Entry,
    pub open: Open,
}

/// Every kind of holes, in the order in which they are printed.
pub fn entries() -> Vec<HolesEntry> {
    vec![from_folder::entry(), none::entry(), rectangles::entry(), strokes::entry(), yaw_half::entry()]
}

/// Opens what a slot names.
pub fn open(slot: &Slot, base: &Path) -> Result<Arc<dyn Holes>, DataError> {
    let entry = entries().into_iter().find(|e| e.entry.card.name == slot.name());
    let entry = entry.ok_or_else(|| DataError::NoComponent { family: "holes", name: slot.name().into() })?;
    (entry.open)(&slot.settings(), base)
}

/// An entry without ports.
fn plain(name: &'static str, doc: &'static str, settings: Vec<registry::Setting>) -> registry::Entry {
    registry::Entry::plain("holes", name, doc, "", settings)
}

/// A range `[low, high]` as numbers in order.
fn range(name: &str, values: &[f64]) -> Result<(f64, f64), DataError> {
    match values {
        [low, high] if low <= high => Ok((*low, *high)),
        _ => Err(DataError::setting(name, format!("expected [low, high], found {values:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::sample::{Array, Place};
    use crate::random::Stream;
    use serde_json::json;

    pub(super) fn masks(slot: serde_json::Value, count: u64) -> Vec<Array> {
        let holes = open(&Slot(slot), Path::new("")).unwrap();
        let place = Place { height: 48, width: 64, file: Path::new("a.png"), fit: &|a| a, original: (48, 64) };
        (0..count).map(|i| holes.mask(&place, &mut Stream::new(0, "holes").fork(i)).unwrap()).collect()
    }

    fn share(mask: &Array) -> f64 {
        f64::from(mask.data.iter().sum::<f32>()) / mask.data.len() as f64
    }

    #[test]
    fn masks_are_binary_draw_anew_and_repeat() {
        for slot in [json!("yaw-half"), json!("rectangles"), json!("strokes")] {
            let all = masks(slot.clone(), 40);
            assert!(all.iter().all(|m| m.shape == [1, 48, 64]));
            assert!(all.iter().all(|m| m.data.iter().all(|v| *v == 0.0 || *v == 1.0)), "{slot}");
            assert!(all.iter().all(|m| share(m) > 0.0 && share(m) < 0.95), "{slot}");
            assert_ne!(all[0], all[1], "{slot}");
            assert_eq!(all, masks(slot, 40));
        }
        assert!(masks(json!("none"), 1)[0].data.iter().all(|v| *v == 0.0));
    }

    #[test]
    fn rectangles_have_the_share_asked_for() {
        for mask in masks(json!({"use": "rectangles", "share": [0.2, 0.25]}), 30) {
            assert!((0.18..0.27).contains(&share(&mask)), "{}", share(&mask));
        }
    }

    #[test]
    fn a_yaw_hides_more_the_larger_it_is_and_on_its_side() {
        let mean = |low: f64, high: f64| -> f64 {
            masks(json!({"use": "yaw-half", "yaw": [low, high], "side": "left"}), 20).iter().map(share).sum::<f64>()
                / 20.0
        };
        assert!(mean(0.0, 10.0) < mean(40.0, 50.0) && mean(40.0, 50.0) < mean(80.0, 90.0));
        let mask = &masks(json!({"use": "yaw-half", "yaw": [60.0, 60.0], "side": "left"}), 1)[0];
        assert!(mask.at(0, 24, 1) == 1.0 && mask.at(0, 24, 62) == 0.0);
    }

    #[test]
    fn any_mask_of_a_folder_whose_share_is_asked_for() {
        let folder = std::env::temp_dir().join(format!("ablate-holes-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for columns in [1, 4, 6, 7] {
            let white = |x, _| image::Luma([if x < columns { 255 } else { 0 }]);
            image::GrayImage::from_fn(8, 8, white).save(folder.join(format!("{columns}.png"))).unwrap();
        }
        let masks = |share: [f64; 2]| {
            let slot =
                json!({"use": "from-folder", "root": folder.display().to_string(), "pick": "any", "share": share});
            open(&Slot(slot), Path::new("")).unwrap()
        };
        let place = Place { height: 16, width: 16, file: Path::new("a.png"), fit: &|a| a, original: (16, 16) };
        let large = masks([0.5, 0.8]);
        let draw = |i: u64| large.mask(&place, &mut Stream::new(0, "holes").fork(i)).unwrap();
        let shares: std::collections::BTreeSet<u32> = (0..40).map(|i| (100.0 * share(&draw(i))) as u32).collect();
        assert_eq!(shares, [50, 75].into());
        assert_eq!(draw(3), draw(3));
        let error = masks([0.2, 0.4]).mask(&place, &mut Stream::new(0, "")).unwrap_err().to_string();
        assert!(error.contains("no mask in") && error.contains("a hole of 0.2 to 0.4"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn unknown_holes_are_named() {
        let error = open(&Slot(json!("squares")), Path::new("")).err().unwrap().to_string();
        assert_eq!(error, "no holes is called `squares`");
    }
}
