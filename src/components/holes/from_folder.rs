//! Masks from a folder, one for each image, by the same file name (any ending): white is the hole.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{HolesEntry, plain};
use crate::components::raster;
use crate::components::sample::{Array, DataError, Files, Holes, Place, read};
use crate::random::Stream;
use crate::registry::{Declared, settings};

settings! {
    /// What `from-folder` is told.
    pub struct FromFolder {
        /// Folder of the masks.
        root: String;
    }
}

struct Masks {
    root: PathBuf,
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
}

impl Holes for Masks {
    fn mask(&self, place: &Place<'_>, _draw: &mut Stream) -> Result<Array, DataError> {
        let file = self.find(place)?;
        let mut mask = raster::read(&file, 1)?;
        mask.data.iter_mut().for_each(|v| *v = (*v + 1.0) / 2.0);
        // A mask is drawn for the photo as it is on disk, or already for the size that is trained.
        let mut fitted = match mask.frame() {
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
        entry: plain("from-folder", "Masks from a folder, by the same file name.", FromFolder::schema()),
        open: |settings, base| {
            let FromFolder { root } = read(settings)?;
            let root = match root.strip_prefix("~/") {
                Some(rest) => {
                    std::env::var_os("HOME").map_or_else(|| base.join(&root), |h| PathBuf::from(h).join(rest))
                }
                Option::None => base.join(&root),
            };
            if !root.is_dir() {
                return Err(DataError::NoFolder(root));
            }
            Ok(Arc::new(Masks { root }))
        },
    }
}
