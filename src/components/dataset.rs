//! Datasets: numbered samples in three splits.
//!
//! A dataset gives the sample of an index as a pure function of the index and a random stream, so that loading can run
//! in any order on any number of threads. Its ports are those of its card, with the types and shapes that
//! [`Dataset::ports`] says; a dimension of 0 there is what the dataset's transforms leave.

mod aflw2000_3d;
mod casia_webface;
mod celeba;
mod cfp;
mod cplfw;
mod ffhq;
mod ijb;
mod image_folder;
mod insightface_bin;
mod lfw;
mod multi_pie;
mod multi_view;
pub mod order;
mod pairs;
mod people;
mod reader;
mod split;
mod synthetic_cache;
pub mod synthetic_faces;
mod synthetic_fits;
mod synthetic_uv;
mod union;
mod uv_pairs;
#[path = "dataset/300w.rs"]
mod w300;
#[path = "dataset/300w_lp.rs"]
mod w300_lp;
mod wflw;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::raster;
use super::sample::{DataError, Files, Holes, Sample, Split};
use crate::random::Stream;
use crate::registry::{self, Edge, Settings, Slot};

pub use people::People;
pub use union::Union;

/// Samples by number.
pub trait Dataset: Send + Sync {
    /// Number of samples; 0 where the dataset lacks the split.
    fn len(&self, split: Split) -> usize;

    fn is_empty(&self, split: Split) -> bool {
        self.len(split) == 0
    }

    /// The sample `index` (below `len`) of a split. `draw` is the stream of its random choices: in training a new one
    /// for each draw, elsewhere one made from the index only.
    fn sample(&self, split: Split, index: usize, draw: Stream) -> Result<Sample, DataError>;

    /// The ports of its samples.
    fn ports(&self) -> &[(String, Edge)];

    /// Names of the classes of a label port, where it has names.
    fn classes(&self, _port: &str) -> Option<Vec<String>> {
        None
    }

    /// Who is seen on the samples of a split; `None` where that is not known.
    fn people(&self, _split: Split) -> Option<People> {
        None
    }

    /// The class of every sample of a split by a label port. Reads the samples unless the dataset knows better.
    fn labels(&self, split: Split, port: &str) -> Result<Vec<usize>, DataError> {
        let class = |index: usize| {
            let sample = self.sample(split, index, Stream::new(0, "labels"))?;
            let array = sample.get(port).ok_or_else(|| DataError::Port { port: port.into() })?;
            Ok(array.data.first().map_or(0, |class| *class as usize))
        };
        (0..self.len(split)).map(class).collect()
    }

    /// The order in which training draws samples, where it is another than each once in an epoch, shuffled.
    fn order(&self, _stream: Stream) -> Option<order::Order> {
        None
    }

    /// Sets of samples that a protocol compares, by the labels that the samples have; empty: none are said.
    fn pairings(&self, _split: Split) -> &[(usize, usize, bool)] {
        &[]
    }

    /// Whether a sample depends on its stream.
    fn draws(&self) -> bool;
}

/// Is told how far a preparation is: `("rendering faces", 120, 3000)`.
pub type Progress = Arc<dyn Fn(&str, usize, usize) + Send + Sync>;

/// What a dataset finds around it.
#[derive(Clone)]
pub struct Surroundings {
    /// Folder for what is made once and read again.
    pub cache: PathBuf,
    /// Is told how far a preparation is.
    pub progress: Option<Progress>,
    /// Paths in settings are relative to it.
    pub base: PathBuf,
    /// Opens a component of family `holes`.
    pub holes: HolesOpener,
    /// The experiment's datasets opened so far, for `union`.
    pub datasets: BTreeMap<String, Arc<dyn Dataset>>,
}

/// Opens a component of family `holes`, relative paths under the folder.
pub type HolesOpener = fn(&Slot, &Path) -> Result<Arc<dyn Holes>, DataError>;

impl Surroundings {
    /// A path of a setting: `~` is the home folder, what is relative lies under `base`.
    pub fn path(&self, text: &str) -> PathBuf {
        resolve(&self.base, text)
    }
}

/// A path of a setting: `~` is the home folder, what is relative lies under `base`.
pub fn resolve(base: &Path, text: &str) -> PathBuf {
    match text.strip_prefix('~').map(|rest| rest.trim_start_matches('/')) {
        Some(rest) => std::env::var_os("HOME").map_or_else(|| PathBuf::from(text), |home| Path::new(&home).join(rest)),
        None => base.join(text),
    }
}

/// Opens a dataset: its settings and what lies around it.
pub type Open = fn(&Settings, &Surroundings) -> Result<Arc<dyn Dataset>, DataError>;

/// A dataset as it is registered.
pub struct DatasetEntry {
    pub entry: registry::Entry,
    pub open: Open,
    /// The files that its samples are read from: by their contents a cell's identity knows the data.
    pub files: ListFiles,
}

/// The files of a dataset, by names that do not depend on where it lies. Opens nothing.
pub type ListFiles = fn(&Settings, &Surroundings) -> Result<Files, DataError>;

/// Of a dataset that reads no files of the user's: its settings and its revision say all of it.
fn no_files(_: &Settings, _: &Surroundings) -> Result<Files, DataError> {
    Ok(vec![])
}

/// Every dataset, in the order in which they are printed.
pub fn entries() -> Vec<DatasetEntry> {
    vec![
        reader::entry::<w300::W300>(),
        reader::entry::<w300_lp::W300Lp>(),
        reader::entry::<aflw2000_3d::Aflw2000>(),
        reader::entry::<casia_webface::CasiaWebface>(),
        reader::entry::<celeba::Celeba>(),
        reader::entry::<cfp::Cfp>(),
        reader::entry::<cplfw::Cplfw>(),
        reader::entry::<ffhq::Ffhq>(),
        reader::entry::<ijb::Ijb>(),
        image_folder::entry(),
        insightface_bin::entry(),
        reader::entry::<lfw::Lfw>(),
        reader::entry::<multi_pie::MultiPie>(),
        multi_view::entry(),
        reader::entry::<pairs::Pairs>(),
        synthetic_faces::entry(),
        synthetic_fits::entry(),
        synthetic_uv::entry(),
        union::entry(),
        uv_pairs::entry(),
        reader::entry::<wflw::Wflw>(),
    ]
}

/// Opens a dataset by name.
pub fn open(name: &str, settings: &Settings, around: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    let entry = entries().into_iter().find(|e| e.entry.card.name == name);
    let entry = entry.ok_or_else(|| DataError::NoComponent { family: "dataset", name: name.into() })?;
    (entry.open)(settings, around)
}

/// The files of a dataset, by the name of its component.
pub fn files(name: &str, settings: &Settings, around: &Surroundings) -> Result<Files, DataError> {
    let entry = entries().into_iter().find(|e| e.entry.card.name == name);
    let entry = entry.ok_or_else(|| DataError::NoComponent { family: "dataset", name: name.into() })?;
    (entry.files)(settings, around)
}

/// The command that makes a dataset's folder, where there is one of ours.
pub fn made_by(name: &str, folder: &Path) -> Option<String> {
    let makes = |command: &str| format!("`ablate data {command} --out {}`", folder.display());
    [uv_pairs::NAME, multi_view::NAME]
        .contains(&name)
        .then(|| makes("unwrap --photos DIR --model ict --model-folder DIR"))
}

/// Image files in and under a folder, sorted, as paths relative to it.
///
/// # Errors
/// The folder does not exist or cannot be read, or holds no image.
pub fn images(root: &Path) -> Result<Vec<PathBuf>, DataError> {
    if !root.is_dir() {
        return Err(DataError::NoFolder(root.into()));
    }
    let found = raster::list(root, Path::new(""))?;
    if found.is_empty() { Err(DataError::Empty(root.into())) } else { Ok(found) }
}

/// A digest of bytes, 32 hexadecimal digits.
fn digest(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().take(16).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod loaders_tests;
