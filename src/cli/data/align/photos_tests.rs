//! Photos of `shared/data/faces68` with their 68 landmarks; skipped where they are absent.

use super::work::{Found, Record, Shared};
use super::{By, FIVE, photos, sheet};
use crate::cli::data::files::picture;
use crate::components::raster;
use crate::data_rig::shared;
use crate::face::align::five;
use std::path::{Path, PathBuf};

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn scratch(name: &str) -> Scratch {
    let path = std::env::temp_dir().join(format!("ablate-align-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    Scratch(path)
}

/// Every twelfth photo, aligned.
fn aligned(root: &Path, out: &Path, by: By) -> Vec<Record> {
    let all = photos::find(root, root, FIVE).unwrap();
    let shared = Shared::new(out, 112, by, (None, false), None);
    let make = |photo: &photos::Photo| {
        let known = shared.known(photo).unwrap();
        assert!(known.done.is_none());
        let picture = picture(&raster::read(&photo.path, 3).unwrap());
        let points = photo.landmarks.as_ref().unwrap().points.clone();
        let record = shared.make(photo, &known.digest, &Found { picture, points, score: None }).unwrap();
        // What was made is found again.
        assert_eq!(shared.known(photo).unwrap().done, Some(record.clone()));
        record
    };
    let records: Vec<Record> = all.iter().step_by(12).map(make).collect();
    sheet::write(out, root, &records).unwrap();
    records
}

/// Mean distance of the five points from ArcFace's, in pixels.
fn off(record: &Record) -> f32 {
    let distance = |(a, b): (&[f32; 2], &[f32; 2])| (a[0] - b[0]).hypot(a[1] - b[1]);
    record.aligned.iter().zip(&five::template(112)).map(distance).sum::<f32>() / 5.0
}

#[test]
fn five_points_of_photos_come_near_the_template() {
    let Some(root) = shared("faces68") else { return };
    let out = scratch("five");
    let records = aligned(&root, &out.0, By::Five);
    assert_eq!(records.len(), 20);
    let worst = records.iter().map(off).fold(0.0, f32::max);
    let mean = records.iter().map(off).sum::<f32>() / records.len() as f32;
    // Turned faces cannot be brought nearer by a similarity.
    assert!(mean < 4.0 && worst < 10.0, "{mean} {worst}");
    assert!(records.iter().all(|r| r.side.is_none() && !r.mirrored));
}

/// By their exposed halves turned faces are larger than by five points, which pulls the short half out.
#[test]
fn halves_of_photos_come_to_the_size_of_a_frontal_face() {
    let Some(root) = shared("faces68") else { return };
    let (five, half) = (scratch("whole"), scratch("half"));
    let (by_five, by_half) = (aligned(&root, &five.0, By::Five), aligned(&root, &half.0, By::Half));
    for (a, b) in by_five.iter().zip(&by_half) {
        let (a, b) = (a.a.hypot(a.b), b.a.hypot(b.b));
        assert!((0.6..1.6).contains(&(b / a)), "{a} {b}");
    }
    let sides: std::collections::BTreeSet<_> = by_half.iter().filter_map(|r| r.side.clone()).collect();
    assert_eq!(sides.into_iter().collect::<Vec<_>>(), ["left", "right"]);
}
