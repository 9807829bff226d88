//! Photos or UV maps from a folder and what lies under it, whole or with holes.
//!
//! JPEG, PNG, PGM and PPM, 8 or 16 bit, grey, RGB or RGBA (over black), turned as EXIF says; other files are ignored.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::split::{Shares, position};
use super::{Dataset, DatasetEntry, Surroundings};
use crate::components::raster;
use crate::components::sample::{Array, DataError, Files, Holes, Place, Sample, Split, read};
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, Slot, ports, settings};

settings! {
    /// What `image-folder` is told.
    pub struct ImageFolder {
        /// Folder of the images.
        root: String;
        /// Side of the images in pixels; 0: as the transforms leave it.
        size: usize = 0_usize, min = 0;
        /// The square in the middle before resizing, or the whole, stretched.
        crop: String = "centre", of = ["centre", "none"];
        /// Colour or grey.
        channels: usize = 3_usize, of = [1, 3];
        /// Where the image is missing.
        holes: Slot = "none", family = "holes";
        /// Shares of the files, drawn by name with `seed`, or `folders = true`: `root/train`, `root/validation`, `root/test`.
        split: Settings = default_split();
    }
}

fn default_split() -> Settings {
    let shares = Shares::default();
    let table = serde_json::json!({
        "train": shares.train, "validation": shares.validation, "test": shares.test, "seed": shares.seed,
        "folders": shares.folders,
    });
    table.as_object().cloned().unwrap_or_default()
}

struct Folder {
    root: PathBuf,
    settings: ImageFolder,
    holes: Arc<dyn Holes>,
    /// Paths relative to the root.
    files: Vec<PathBuf>,
    splits: [Vec<usize>; 3],
    ports: Vec<(String, Edge)>,
}

pub fn entry() -> DatasetEntry {
    let card = Card {
        family: "dataset",
        name: "image-folder",
        doc: "Photos or UV maps from a folder and what lies under it, whole or with holes.",
        paper: "",
        inputs: vec![],
        outputs: ports(&["image: image", "incomplete?: image", "complete?: image", "missing?: mask"]),
        networks: vec![],
        settings: ImageFolder::schema(),
        revision: 1,
    };
    DatasetEntry { entry: Entry { card, make: Make::Dataset(edges) }, open, files }
}

fn edges(settings: &Settings) -> Result<Vec<(String, Edge)>, Problem> {
    let settings: ImageFolder = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    Ok(edges_of(&settings, settings.holes.name() != "none"))
}

fn edges_of(settings: &ImageFolder, holes: bool) -> Vec<(String, Edge)> {
    let image = Edge::image(settings.channels, settings.size, settings.size);
    let mut all = vec![("image".to_string(), image.clone())];
    if holes {
        all.push(("incomplete".into(), image.clone()));
        all.push(("complete".into(), image));
        all.push(("missing".into(), Edge::mask(settings.size, settings.size)));
    }
    all
}

fn open(settings: &Settings, around: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    let settings: ImageFolder = read(settings)?;
    let root = around.path(&settings.root);
    if !root.is_dir() {
        return Err(DataError::NoFolder(root));
    }
    let shares = Shares::read(&settings.split)?;
    let (files, splits) = if shares.folders { by_folder(&root)? } else { by_name(&root, &shares)? };
    let holes = (around.holes)(&settings.holes, &around.base)?;
    let ports = edges_of(&settings, holes.any());
    Ok(Arc::new(Folder { root, settings, holes, files, splits, ports }))
}

/// The folder, and what lies in it and in the folder of the holes.
fn files(settings: &Settings, around: &Surroundings) -> Result<Files, DataError> {
    let settings: ImageFolder = read(settings)?;
    let root = around.path(&settings.root);
    if !root.is_dir() {
        return Err(DataError::NoFolder(root));
    }
    let shares = Shares::read(&settings.split)?;
    let found = if shares.folders { by_folder(&root)?.0 } else { raster::list(&root, Path::new(""))? };
    let named = |path: PathBuf| (path.to_string_lossy().replace('\\', "/"), root.join(&path));
    let masks = (around.holes)(&settings.holes, &around.base)?.files()?;
    Ok(found.into_iter().map(named).chain(masks).collect())
}

fn by_name(root: &Path, shares: &Shares) -> Result<(Vec<PathBuf>, [Vec<usize>; 3]), DataError> {
    let files = raster::list(root, Path::new(""))?;
    if files.is_empty() {
        return Err(DataError::Empty(root.into()));
    }
    let names: Vec<String> = files.iter().map(|path| path.to_string_lossy().replace('\\', "/")).collect();
    let splits = shares.draw(&names);
    Ok((files, splits))
}

/// `root/train` must hold images; a split without a folder is empty.
fn by_folder(root: &Path) -> Result<(Vec<PathBuf>, [Vec<usize>; 3]), DataError> {
    let mut files = Vec::new();
    let mut splits: [Vec<usize>; 3] = Default::default();
    for split in Split::ALL {
        let folder = root.join(split.name());
        let needed = split == Split::Train;
        if !folder.is_dir() {
            if needed {
                return Err(DataError::NoFolder(folder));
            }
            continue;
        }
        let found = raster::list(root, Path::new(split.name()))?;
        if found.is_empty() && needed {
            return Err(DataError::Empty(folder));
        }
        splits[position(split)] = (files.len()..files.len() + found.len()).collect();
        files.extend(found);
    }
    Ok((files, splits))
}

impl Folder {
    /// Crop and resize, for images and for their masks alike.
    fn fit(&self, array: Array) -> Array {
        let array = if self.settings.crop == "centre" { raster::centre_square(&array) } else { array };
        match self.settings.size {
            0 => array,
            size => raster::resize(&array, size, size),
        }
    }
}

impl Dataset for Folder {
    fn len(&self, split: Split) -> usize {
        self.splits[position(split)].len()
    }

    fn sample(&self, split: Split, index: usize, draw: Stream) -> Result<Sample, DataError> {
        let file = &self.files[self.splits[position(split)][index]];
        let photo = raster::read(&self.root.join(file), self.settings.channels)?;
        let original = photo.frame();
        let image = self.fit(photo);
        if !self.holes.any() {
            return Ok(Sample::default().with("image", image));
        }
        let (height, width) = image.frame();
        let place = Place { height, width, file, fit: &|mask| self.fit(mask), original };
        let missing = self.holes.mask(&place, &mut draw.named("holes"))?;
        let incomplete = cut(&image, &missing);
        Ok(Sample::default()
            .with("image", image.clone())
            .with("incomplete", incomplete)
            .with("complete", image)
            .with("missing", missing))
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn draws(&self) -> bool {
        self.holes.any()
    }
}

/// The image, 0 where the mask is 1.
fn cut(image: &Array, missing: &Array) -> Array {
    let mut out = image.clone();
    let size = missing.data.len();
    for plane in out.data.chunks_exact_mut(size) {
        plane.iter_mut().zip(&missing.data).filter(|(_, m)| **m > 0.5).for_each(|(v, _)| *v = 0.0);
    }
    out
}
