//! Texture maps read off photos, with what completes them.
//!
//! `incomplete/NAME.png` (transparent where nothing was seen), `complete/NAME.png` (transparent off the face, if at all),
//! and perhaps `missing/NAME.png` (white where the map is missing), which is read in place of the transparency. `NAME` may lie
//! in a folder of its person: `incomplete/ID/NAME.png`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::tree::{Tree, name};
use crate::components::raster;
use crate::components::sample::{Array, DataError};

/// The layout of both datasets of maps.
pub const LAYOUT: &str = "incomplete/NAME.png    (or incomplete/ID/NAME.png; transparent where nothing was seen)
complete/NAME.png
missing/NAME.png       (optional, but then of all: white where the map is missing)";

/// One map, by paths relative to the root.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    pub incomplete: PathBuf,
    pub complete: PathBuf,
    pub mask: Option<PathBuf>,
    /// The person: the first folder, or where there is none the map's own name.
    pub who: String,
}

impl Map {
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> {
        [&self.incomplete, &self.complete].into_iter().chain(&self.mask).cloned()
    }
}

/// All maps of a folder, in their order.
pub fn list(tree: &mut Tree) -> Result<Vec<Map>, DataError> {
    for folder in ["incomplete", "complete"] {
        tree.need(folder.into());
    }
    tree.check()?;
    let mut names = |folder: &str| -> Result<BTreeSet<PathBuf>, DataError> {
        match tree.has(Path::new(folder)) {
            true => Ok(stems(&raster::list(&tree.root, Path::new(folder))?, folder)),
            false => Ok(BTreeSet::new()),
        }
    };
    let (incomplete, complete, masks) = (names("incomplete")?, names("complete")?, names("missing")?);
    let masked = tree.has(Path::new("missing"));
    let all: BTreeSet<&PathBuf> = incomplete.iter().chain(&complete).chain(&masks).collect();
    if all.is_empty() {
        return Err(tree.nothing("incomplete/NAME.png"));
    }
    let mut found = vec![];
    for stem in all {
        let who = match stem.components().count() {
            1 => name(stem),
            _ => stem.iter().next().map(|part| name(Path::new(part))).unwrap_or_default(),
        };
        let mut file = |folder: &str| image(tree, &Path::new(folder).join(stem));
        let (incomplete, complete) = (file("incomplete"), file("complete"));
        let mask = masked.then(|| file("missing"));
        found.push(Map { incomplete, complete, mask, who });
    }
    tree.check()?;
    Ok(found)
}

/// Paths below a folder, without their endings.
fn stems(paths: &[PathBuf], folder: &str) -> BTreeSet<PathBuf> {
    paths.iter().filter_map(|path| Some(path.strip_prefix(folder).ok()?.with_extension(""))).collect()
}

/// The image of this name with any ending; `.png` is missing where there is none.
fn image(tree: &mut Tree, stem: &Path) -> PathBuf {
    let ended = |ending: &str| PathBuf::from(format!("{}.{ending}", stem.display()));
    let there = raster::ENDINGS.iter().map(|ending| ended(ending)).find(|path| tree.has(path));
    there.unwrap_or_else(|| tree.need(ended("png")))
}

/// A map as it is trained: images 3 x S x S in -1 to 1, the mask 1 where the map is missing, the incomplete map 0 there.
pub struct Sheets {
    pub incomplete: Array,
    pub complete: Array,
    pub missing: Array,
    /// 1 where the complete map is what was seen; neither this nor `missing` off the face.
    pub known: Array,
}

/// Reads one map. Off the face (where the complete map is transparent) both maps are black and nothing is missing.
pub fn read(root: &Path, map: &Map, size: usize) -> Result<Sheets, DataError> {
    let path = root.join(&map.incomplete);
    let (mut incomplete, seen) = sheet(&path, size)?;
    let (complete, face) = sheet(&root.join(&map.complete), size)?;
    let seen = match &map.mask {
        Some(mask) => {
            let mask = raster::resize(&square(raster::read(&root.join(mask), 1)?, &root.join(mask))?, size, size);
            mask.data.into_iter().map(|v| (1.0 - v) / 2.0).collect()
        }
        None if seen.iter().all(|alpha| *alpha > 0.999) => {
            let why = "it is nowhere transparent and there is no folder `missing`, so nothing would be missing";
            return Err(DataError::file(&path, why));
        }
        None => seen,
    };
    let on_face = |wanted: bool| -> Vec<f32> {
        let of = |(seen, face): (&f32, &f32)| f32::from(u8::from((*seen >= 0.5) == wanted && *face >= 0.5));
        seen.iter().zip(&face).map(of).collect()
    };
    let (missing, known) = (on_face(false), on_face(true));
    for plane in incomplete.data.chunks_exact_mut(size * size) {
        for (value, (missing, face)) in plane.iter_mut().zip(missing.iter().zip(&face)) {
            *value = if *missing > 0.5 {
                0.0
            } else if *face < 0.5 {
                -1.0
            } else {
                *value
            };
        }
    }
    let mask = |data: Vec<f32>| Array { shape: [1, size, size], data };
    Ok(Sheets { incomplete, complete, missing: mask(missing), known: mask(known) })
}

/// Colours and how opaque they are. A colour at a rim is the mean of what is opaque about it.
fn sheet(path: &Path, size: usize) -> Result<(Array, Vec<f32>), DataError> {
    let (colours, alpha) = raster::read_with_alpha(path, 3)?;
    let mut colours = raster::resize(&square(colours, path)?, size, size);
    let alpha = raster::resize(&alpha, size, size).data;
    for plane in colours.data.chunks_exact_mut(size * size) {
        for (value, alpha) in plane.iter_mut().zip(&alpha) {
            // What was read lies over black: times alpha.
            *value = if *alpha < 0.5 { -1.0 } else { ((*value + 1.0) / alpha - 1.0).min(1.0) };
        }
    }
    Ok((colours, alpha))
}

fn square(sheet: Array, path: &Path) -> Result<Array, DataError> {
    match sheet.frame() {
        (height, width) if height == width => Ok(sheet),
        (height, width) => {
            Err(DataError::file(path, format!("it is {width} wide and {height} high, expected a square map")))
        }
    }
}
