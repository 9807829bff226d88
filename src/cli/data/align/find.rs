//! The face of a photo without landmarks.

use super::mtcnn::Mtcnn;
use super::work::Found;
use super::{settings, unreadable};
use crate::cli::data::files::{self, hexadecimal};
use crate::cli::data::wrong;
use crate::components::raster;
use crate::face::detect::{self, Face};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The detector and how it is used.
pub struct Finder {
    networks: Mtcnn,
    least: f32,
    digest: String,
}

impl Finder {
    /// With the weights of a folder; `least`: side of the smallest face in pixels.
    pub fn open(folder: &Path, least: f32) -> anyhow::Result<Finder> {
        let networks = Mtcnn::open(folder).map_err(|e| {
            let needed =
                "the detector needs pnet.safetensors, rnet.safetensors and onet.safetensors in --detector-folder";
            wrong(format!("{e:#}; {needed}"))
        })?;
        let mut sum = Sha256::new();
        for file in super::mtcnn::files(folder) {
            sum.update(std::fs::read(&file).map_err(|e| wrong(format!("{}: {e}", file.display())))?);
        }
        sum.update(least.to_le_bytes());
        Ok(Finder { networks, least, digest: hexadecimal(&sum.finalize()) })
    }

    /// Of weights and settings.
    pub fn digest(&self) -> String {
        self.digest.clone()
    }

    /// The largest face of a photo.
    pub fn largest(&mut self, photo: &Path) -> Result<Found, String> {
        let picture = files::picture(&raster::read(photo, 3).map_err(unreadable)?);
        let faces = detect::find(&picture, &mut self.networks, &settings(self.least)).map_err(|e| e.to_string())?;
        let largest = faces.into_iter().max_by(|a, b| a.area().total_cmp(&b.area()));
        let Face { points, score, .. } = largest.ok_or("shows no face that the detector finds")?;
        Ok(Found { picture, points: points.to_vec(), score: Some(score) })
    }
}
