//! One photo: brought to its place and written.

use super::By;
use crate::cli::data::files::{self, hexadecimal};
use crate::cli::data::photos::Photo;
use crate::face::align::{self, Similarity, five, half};
use crate::face::picture::Picture;
use crate::face::procedural::model::frontal;
use crate::record::write_atomic;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Of what is written; another number makes every photo be done again.
const REVISION: u32 = 1;

/// What holds for all photos.
pub struct Shared<'a> {
    out: &'a Path,
    size: usize,
    by: By,
    /// 68 points that the exposed half is brought onto, and whether photos may be mirrored for it.
    target: Vec<[f32; 2]>,
    mirror: bool,
    /// Of the detector that finds the points, where there is one.
    detector: Option<String>,
}

/// A photo and the points of its face, in pixels as areas.
pub struct Found {
    pub picture: Picture,
    pub points: Vec<[f32; 2]>,
    /// Of a detector.
    pub score: Option<f32>,
}

/// What is known of a photo before it is done.
pub struct Known {
    /// Of the photo, its points and all settings.
    pub digest: String,
    /// What was made of it before, if it would be the same now.
    pub done: Option<Record>,
}

/// `record/NAME.json`: written last, it says that a photo is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub fingerprint: String,
    pub name: String,
    pub photo: String,
    /// Whether the photo was mirrored first.
    pub mirrored: bool,
    /// From the photo to the aligned picture, pixels as areas: x to a x - b y + shift x, y to b x + a y + shift y.
    pub a: f32,
    pub b: f32,
    pub shift: [f32; 2],
    /// The half of the face that was used: `left` or `right`, as seen in the image.
    pub side: Option<String>,
    /// How sure a detector was.
    pub score: Option<f32>,
    /// The points as they were given or found, in the photo, and the five in the aligned picture.
    pub points: Vec<[f32; 2]>,
    pub aligned: [[f32; 2]; 5],
}

impl Shared<'_> {
    pub fn new(
        out: &Path,
        size: usize,
        by: By,
        (target, mirror): (Option<Vec<[f32; 2]>>, bool),
        detector: Option<String>,
    ) -> Shared<'_> {
        let target = target.unwrap_or_else(|| frontal(size));
        Shared { out, size, by, target, mirror, detector }
    }

    /// The photo's digest, and what was made of it before. Fails where it cannot be read or has no points.
    pub fn known(&self, photo: &Photo) -> Result<Known, String> {
        let mut sum = Sha256::new();
        sum.update(format!("{REVISION} {} {:?} {} ", self.size, self.by, self.mirror));
        let mut add = |points: &[[f32; 2]]| {
            points.as_flattened().iter().for_each(|v| sum.update(v.to_le_bytes()));
        };
        add(&self.target);
        match &self.detector {
            None => add(&photo.landmarks.as_ref().map_err(String::clone)?.points),
            Some(detector) => sum.update(detector),
        }
        sum.update(std::fs::read(&photo.path).map_err(|e| format!("cannot be read: {e}"))?);
        let digest = hexadecimal(&sum.finalize());
        Ok(Known { done: self.done_before(&photo.name, &digest), digest })
    }

    fn done_before(&self, name: &str, digest: &str) -> Option<Record> {
        let text = std::fs::read(self.out.join(format!("record/{name}.json"))).ok()?;
        let record: Record = serde_json::from_slice(&text).ok()?;
        let whole = self.out.join(format!("images/{name}.png")).is_file();
        (record.fingerprint == digest && whole).then_some(record)
    }

    /// Aligns and writes a photo.
    pub fn make(&self, photo: &Photo, digest: &str, found: &Found) -> Result<Record, String> {
        let Found { picture, points, score } = found;
        let place = self.place(points, picture.width).filter(|(to, ..)| to.scale() > 0.0);
        let (to, mirrored, side) = place.ok_or("its points all lie in one place")?;
        let flipped;
        let picture = if mirrored {
            flipped = picture.mirrored();
            &flipped
        } else {
            picture
        };
        let image = align::warp(picture, &to, self.size, 0.0).ok_or("its points all lie in one place")?;
        let turned = |[x, y]: [f32; 2]| if mirrored { [picture.width as f32 - x, y] } else { [x, y] };
        let own = five::of(points).ok_or_else(|| format!("has {} points", points.len()))?;
        let mut aligned = own.map(|point| to.of(turned(point)));
        if mirrored {
            // Left and right of the image, as before.
            aligned.swap(0, 1);
            aligned.swap(3, 4);
        }
        let (name, file) = (photo.name.clone(), photo.file.clone());
        let Similarity { a, b, shift } = to;
        let (points, score) = (points.clone(), *score);
        let fingerprint = digest.to_string();
        let record = Record { fingerprint, name, photo: file, mirrored, a, b, shift, side, score, points, aligned };
        self.write(&record, &image).map_err(|e| format!("{e:#}"))?;
        Ok(record)
    }

    /// Where a photo goes, whether mirrored, and by which half.
    fn place(&self, points: &[[f32; 2]], width: usize) -> Option<(Similarity, bool, Option<String>)> {
        match self.by {
            By::Five => Some((five::align(points, self.size)?, false, None)),
            By::Half => {
                let found = half::align(points, &self.target, width as f32, self.mirror)?;
                let side = if found.side == half::Side::Left { "left" } else { "right" };
                Some((found.to, found.mirrored, Some(side.into())))
            }
        }
    }

    fn write(&self, record: &Record, image: &Picture) -> anyhow::Result<()> {
        files::write_png(&self.out.join(format!("images/{}.png", record.name)), image, None)?;
        let text = serde_json::to_vec_pretty(record)?;
        write_atomic(&self.out.join(format!("record/{}.json", record.name)), &text)?;
        Ok(())
    }
}
