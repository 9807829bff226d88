//! Masks from a folder: white is the hole. For each image the one of its file name (any ending), or any of them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::{HolesEntry, plain, range};
use crate::components::raster;
use crate::components::sample::{Array, DataError, Files, Holes, Place, read};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    /// What `from-folder` is told.
    pub struct FromFolder {
        /// Folder of the masks.
        root: String;
        /// The mask of the image's own name, or any of the folder, drawn for each sample.
        pick: String = "same", of = ["same", "any"];
        /// Of `pick = "any"`: the least and largest share of the mask that is hole.
        share: Vec<f64> = vec![0.0, 1.0], length = 2, min = 0.0, max = 1.0;
    }
}

struct Masks {
    root: PathBuf,
    any: bool,
    share: (f64, f64),
    /// Masks to draw from, once they were looked at.
    fitting: OnceLock<Result<Vec<PathBuf>, String>>,
}

impl Masks {
    fn find(&self, place: &Place<'_>) -> Result<PathBuf, DataError> {
        let same = self.root.join(place.file);
        let other = raster::ENDINGS.iter().map(|ending| same.with_extension(ending));
        std::iter::once(same.clone())
            .chain(other)
            .find(|path| path.is_file())
            .ok_or_else(|| DataError::file(&same, "this mask does not exist"))
    }

    /// One of the masks whose share is asked for.
    fn drawn(&self, draw: &mut Stream) -> Result<PathBuf, DataError> {
        let fitting = self.fitting.get_or_init(|| self.fitting().map_err(|e| e.to_string()));
        match fitting {
            Ok(masks) if masks.is_empty() => {
                let (least, largest) = self.share;
                let why = format!("no mask in {} has a hole of {least} to {largest}", self.root.display());
                Err(DataError::setting("share", why))
            }
            Ok(masks) => Ok(masks[draw.below(masks.len())].clone()),
            Err(why) => Err(DataError::file(&self.root, why)),
        }
    }

    fn fitting(&self) -> Result<Vec<PathBuf>, DataError> {
        let all: Vec<PathBuf> =
            raster::list(&self.root, Path::new(""))?.into_iter().map(|path| self.root.join(path)).collect();
        if self.share == (0.0, 1.0) {
            return Ok(all);
        }
        let share = |path: PathBuf| -> Result<Option<PathBuf>, DataError> {
            let mask = raster::read(&path, 1)?;
            let hole = mask.data.iter().filter(|v| **v >= 0.0).count() as f64 / mask.data.len().max(1) as f64;
            Ok((self.share.0..=self.share.1).contains(&hole).then_some(path))
        };
        let found: Vec<Option<PathBuf>> = all.into_par_iter().map(share).collect::<Result<_, _>>()?;
        Ok(found.into_iter().flatten().collect())
    }
}

impl Holes for Masks {
    fn mask(&self, place: &Place<'_>, draw: &mut Stream) -> Result<Array, DataError> {
        let file = if self.any { self.drawn(draw)? } else { self.find(place)? };
        let mut mask = raster::read(&file, 1)?;
        mask.data.iter_mut().for_each(|v| *v = (*v + 1.0) / 2.0);
        // A mask is drawn for the photo as it is on disk, or already for the size that is trained; another's fits any.
        let mut fitted = match mask.frame() {
            _ if self.any => raster::resize(&mask, place.height, place.width),
            frame if frame == place.original => (place.fit)(mask),
            frame if frame == (place.height, place.width) => mask,
            found => return Err(DataError::MaskSize { file, found, wanted: place.original }),
        };
        raster::threshold(&mut fitted);
        Ok(fitted)
    }

    fn files(&self) -> Result<Files, DataError> {
        Ok(raster::list(&self.root, Path::new(""))?
            .into_iter()
            .map(|path| (named(&path), self.root.join(&path)))
            .collect())
    }
}

fn named(path: &Path) -> String {
    format!("holes/{}", path.to_string_lossy().replace('\\', "/"))
}

pub fn entry() -> HolesEntry {
    HolesEntry {
        entry: plain("from-folder", "Masks from a folder: each image's own, or any of them.", FromFolder::schema()),
        open: |settings, base| {
            let FromFolder { root, pick, share } = read(settings)?;
            let share = range("share", &share)?;
            let root = match root.strip_prefix("~/") {
                Some(rest) => {
                    std::env::var_os("HOME").map_or_else(|| base.join(&root), |h| PathBuf::from(h).join(rest))
                }
                Option::None => base.join(&root),
            };
            if !root.is_dir() {
                return Err(DataError::NoFolder(root));
            }
            Ok(Arc::new(Masks { root, any: pick == "any", share, fitting: OnceLock::new() }))
        },
    }
}
