//! insightface's `.bin` files (`lfw.bin`, `agedb_30.bin`, `cfp_fp.bin`, `cplfw.bin`, ..): pairs of aligned photos.
//!
//! A pickled tuple: a list of JPEG or PNG files, two a pair, and a list of whether each pair shows one person
//! (`recognition/arcface_torch/eval/verification.py`, `load_bin`). The folds are contiguous in the pairs' order, as
//! scikit-learn's `KFold` cuts them there. Who is on the photos is not said.

mod pickle;

use std::path::PathBuf;
use std::sync::Arc;

use super::reader::cut::Cut;
use super::{Dataset, DatasetEntry, Surroundings};
use crate::components::raster;
use crate::components::sample::{Array, DataError, Files, Sample, Split, read};
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, ports, settings};
use crate::statistics::verification::contiguous;
use pickle::Value;

const NAME: &str = "insightface-bin";

settings! {
    /// What `insightface-bin` is told.
    pub struct InsightfaceBin {
        /// The file.
        root: String = "data/lfw.bin";
        /// Side of the images in pixels.
        size: usize = 112_usize, min = 8;
        /// Folds that the pairs are cut into.
        folds: usize = 10_usize, min = 2, max = 100;
    }
}

pub fn entry() -> DatasetEntry {
    let card = Card {
        family: "dataset",
        name: NAME,
        doc: "insightface's `.bin` files (`lfw.bin`, `agedb_30.bin`, `cfp_fp.bin`, `cplfw.bin`, ..): pairs of aligned photos.",
        paper: "",
        inputs: vec![],
        outputs: ports(&["first: image", "second: image", "same: label", "fold: label"]),
        networks: vec![],
        settings: InsightfaceBin::schema(),
        revision: 1,
    };
    DatasetEntry { entry: Entry { card, make: Make::Dataset(edges) }, open, files }
}

fn edges(settings: &Settings) -> Result<Vec<(String, Edge)>, Problem> {
    let settings: InsightfaceBin = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    Ok(super::reader::pairs::ports(settings.size, settings.folds))
}

/// The file as read, and where each photo lies in it.
struct Photos {
    path: PathBuf,
    bytes: Vec<u8>,
    photos: Vec<std::ops::Range<usize>>,
    same: Vec<bool>,
    folds: Vec<usize>,
    size: usize,
    ports: Vec<(String, Edge)>,
}

fn open(settings: &Settings, around: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    let settings: InsightfaceBin = read(settings)?;
    let path = around.path(&settings.root);
    let bytes = std::fs::read(&path).map_err(|e| DataError::file(&path, e))?;
    let (photos, same) = contents(&bytes).map_err(|why| DataError::file(&path, why))?;
    let folds = contiguous(same.len(), settings.folds).collect();
    let ports = super::reader::pairs::ports(settings.size, settings.folds);
    Ok(Arc::new(Photos { path, bytes, photos, same, folds, size: settings.size, ports }))
}

fn files(settings: &Settings, around: &Surroundings) -> Result<Files, DataError> {
    let settings: InsightfaceBin = read(settings)?;
    let path = around.path(&settings.root);
    match path.is_file() {
        true => Ok(vec![("pairs.bin".into(), path)]),
        false => Err(DataError::file(&path, "there is no such file")),
    }
}

/// Where a file's photos are.
type Ranges = Vec<std::ops::Range<usize>>;

/// The photos and which pairs are of one person.
fn contents(bytes: &[u8]) -> Result<(Ranges, Vec<bool>), String> {
    let Value::Sequence(parts) = pickle::load(bytes)? else { return Err("it is no pickled tuple".into()) };
    let Ok([Value::Sequence(photos), Value::Sequence(same)]) = <[Value; 2]>::try_from(parts) else {
        return Err("it is no pickled tuple of a list of photos and a list of booleans".into());
    };
    let photo = |(i, value): (usize, Value)| match value {
        Value::Bytes(range) => Ok(range),
        _ => Err(format!("photo {i} is no string of bytes")),
    };
    let photos: Ranges = photos.into_iter().enumerate().map(photo).collect::<Result<_, _>>()?;
    let kind = |(i, value): (usize, Value)| match value {
        Value::Boolean(same) => Ok(same),
        Value::Integer(same @ 0..=1) => Ok(same == 1),
        _ => Err(format!("whether pair {i} is of one person is no boolean")),
    };
    let same: Vec<bool> = same.into_iter().enumerate().map(kind).collect::<Result<_, _>>()?;
    match photos.len() == 2 * same.len() && !same.is_empty() {
        true => Ok((photos, same)),
        false => Err(format!("it holds {} photos for {} pairs", photos.len(), same.len())),
    }
}

impl Photos {
    fn photo(&self, number: usize) -> Result<Array, DataError> {
        let bytes = self.bytes.get(self.photos[number].clone()).unwrap_or_default();
        let wrong = |why: String| DataError::file(&self.path, format!("photo {number}: {why}"));
        let photo = raster::decode(bytes, 3).map_err(wrong)?;
        let square = Cut::Middle(1.0).place(photo.frame(), &[], self.size).map_err(wrong)?;
        Ok(square.cut(&photo, self.size))
    }
}

impl Dataset for Photos {
    fn len(&self, split: Split) -> usize {
        if split == Split::Test { self.same.len() } else { 0 }
    }

    fn sample(&self, _: Split, index: usize, _: Stream) -> Result<Sample, DataError> {
        Ok(Sample::default()
            .with("first", self.photo(2 * index)?)
            .with("second", self.photo(2 * index + 1)?)
            .with("same", Array::scalar(f32::from(u8::from(self.same[index]))))
            .with("fold", Array::scalar(self.folds[index] as f32)))
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn draws(&self) -> bool {
        false
    }
}
