//! What datasets give and the data families share: arrays, samples, batches, and the contracts of holes and transforms.
//!
//! Host memory only: the runner carries a batch to its device.

use std::path::{Path, PathBuf};

use crate::random::Stream;
use crate::registry::{Declared, Settings, Type};

/// One port of one sample: the three dimensions behind the batch (as on an [`Edge`](crate::registry::Edge)), row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: [usize; 3],
    pub data: Vec<f32>,
}

impl Array {
    /// An array of one value.
    pub fn filled(shape: [usize; 3], value: f32) -> Self {
        Array { shape, data: vec![value; shape.iter().product()] }
    }

    /// A label or scalar.
    pub fn scalar(value: f32) -> Self {
        Array { shape: [1, 1, 1], data: vec![value] }
    }

    /// Height and width of a C x H x W array.
    pub fn frame(&self) -> (usize, usize) {
        (self.shape[1], self.shape[2])
    }

    /// Value of channel `c` at row `y`, column `x`.
    pub fn at(&self, c: usize, y: usize, x: usize) -> f32 {
        self.data[(c * self.shape[1] + y) * self.shape[2] + x]
    }

    /// One channel, H x W.
    pub fn plane(&self, c: usize) -> &[f32] {
        let size = self.shape[1] * self.shape[2];
        &self.data[c * size..(c + 1) * size]
    }
}

/// A sample: its ports by name, in the order of the dataset's card.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    pub ports: Vec<(String, Array)>,
}

impl Sample {
    /// The same sample with one more port.
    pub fn with(mut self, port: &str, array: Array) -> Self {
        self.ports.push((port.into(), array));
        self
    }

    /// A port by name.
    pub fn get(&self, port: &str) -> Option<&Array> {
        self.ports.iter().find(|(name, _)| name == port).map(|(_, array)| array)
    }

    /// A port by name, to change it.
    pub fn get_mut(&mut self, port: &str) -> Option<&mut Array> {
        self.ports.iter_mut().find(|(name, _)| name == port).map(|(_, array)| array)
    }
}

/// Which part of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Split {
    Train,
    Validation,
    Test,
}

impl Split {
    pub const ALL: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

    /// As it is written in `splits`.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Validation => "validation",
            Split::Test => "test",
        }
    }

    /// The split of a name in a file.
    pub fn parse(name: &str) -> Option<Split> {
        Split::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// Samples side by side: each port with its four-dimensional shape (batch first) and its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub ports: Vec<(String, [usize; 4], Vec<f32>)>,
    /// Number of samples.
    pub count: usize,
}

impl Batch {
    /// A port's shape and values.
    pub fn get(&self, port: &str) -> Option<([usize; 4], &[f32])> {
        self.ports.iter().find(|(name, ..)| name == port).map(|(_, shape, data)| (*shape, data.as_slice()))
    }

    /// Puts samples side by side; they must have equal ports and shapes.
    pub fn stack(samples: Vec<Sample>) -> Result<Batch, DataError> {
        let count = samples.len();
        let mut all = samples.into_iter();
        let Some(first) = all.next() else { return Ok(Batch::default()) };
        let mut ports: Vec<(String, [usize; 4], Vec<f32>)> = Vec::with_capacity(first.ports.len());
        for (name, array) in first.ports {
            let [a, b, c] = array.shape;
            let mut data = Vec::with_capacity(count * array.data.len());
            data.extend_from_slice(&array.data);
            ports.push((name, [count, a, b, c], data));
        }
        for sample in all {
            for (name, shape, data) in &mut ports {
                let array = sample.get(name).ok_or_else(|| DataError::Port { port: name.clone() })?;
                if array.shape[..] != shape[1..] {
                    let [a, b, c] = array.shape;
                    return Err(DataError::Unequal {
                        port: name.clone(),
                        first: format!("{}x{}x{}", shape[1], shape[2], shape[3]),
                        other: format!("{a}x{b}x{c}"),
                    });
                }
                data.extend_from_slice(&array.data);
            }
        }
        Ok(Batch { ports, count })
    }
}

/// Where masks of holes come from (family `holes`).
pub trait Holes: Send + Sync {
    /// A mask, 1 x height x width, 1 in the hole. `file` is the image's path relative to its dataset's root.
    fn mask(&self, place: &Place<'_>, draw: &mut Stream) -> Result<Array, DataError>;

    /// Whether there are holes at all (`none` says no).
    fn any(&self) -> bool {
        true
    }

    /// The files that masks are read from, by a name that does not depend on where their folder lies.
    fn files(&self) -> Result<Files, DataError> {
        Ok(vec![])
    }
}

/// Names of files, and where they are.
pub type Files = Vec<(String, PathBuf)>;

/// What a mask is wanted for.
pub struct Place<'a> {
    pub height: usize,
    pub width: usize,
    /// The image's path relative to its dataset's root.
    pub file: &'a Path,
    /// How the dataset brings a mask of the image's own size to `height` x `width` (crop and resize).
    pub fit: &'a dyn Fn(Array) -> Array,
    /// The image's height and width as it is on disk.
    pub original: (usize, usize),
}

/// A change of a sample (family `transform`).
pub trait Transform: Send + Sync {
    /// Changes the ports that `scope` allows. Elsewhere than in training, random ones do nothing (a random crop
    /// takes the centre).
    fn apply(&self, sample: &mut Sample, scope: &Scope<'_>, draw: &mut Stream) -> Result<(), DataError>;
}

/// Which ports a transform may change, and when.
pub struct Scope<'a> {
    /// Ports with their types.
    pub ports: &'a [(String, Type)],
    /// `on`; empty: all.
    pub on: &'a [String],
    pub training: bool,
}

impl Scope<'_> {
    /// Names and types of the ports in scope that `wanted` accepts.
    pub fn select(&self, wanted: impl Fn(Type) -> bool) -> impl Iterator<Item = (&str, Type)> {
        self.ports
            .iter()
            .filter(move |(name, ty)| wanted(*ty) && (self.on.is_empty() || self.on.contains(name)))
            .map(|(name, ty)| (name.as_str(), *ty))
    }
}

/// What is wrong with data. Every message names the file or port.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("folder `{}` does not exist", .0.display())]
    NoFolder(PathBuf),
    #[error(
        "folder `{}` is not laid out as `{dataset}`: `{}` is missing{}; expected in it\n{}",
        root.display(), missing.display(), and_others(*others), indented(layout)
    )]
    Layout {
        root: PathBuf,
        dataset: &'static str,
        /// The first that is missing, relative to the root, and how many are besides.
        missing: PathBuf,
        others: usize,
        layout: &'static str,
    },
    #[error("folder `{}` holds no images (expected .jpg, .jpeg, .png, .pgm, .ppm or .pnm files)", .0.display())]
    Empty(PathBuf),
    #[error("cannot read `{}`: {why}", file.display())]
    File { file: PathBuf, why: String },
    #[error("mask `{}` is {found:?} (height, width), its image is {wanted:?}", file.display())]
    MaskSize { file: PathBuf, found: (usize, usize), wanted: (usize, usize) },
    #[error("`{setting}`: {why}")]
    Setting { setting: String, why: String },
    #[error(
        "samples of one batch differ: `{port}` is {first} and {other}; give the dataset a `size` or a transform that fixes one"
    )]
    Unequal { port: String, first: String, other: String },
    #[error("a sample lacks the port `{port}`")]
    Port { port: String },
    #[error("`{transform}` cannot change `{port}`: {why}")]
    Transform { transform: &'static str, port: String, why: String },
    #[error("split `{split}` of dataset `{dataset}` holds no samples")]
    NoSamples { dataset: String, split: &'static str },
    #[error("no dataset is called `{0}`")]
    NoDataset(String),
    #[error("no {family} is called `{name}`")]
    NoComponent { family: &'static str, name: String },
    #[error("datasets of a union differ in their ports: {0}")]
    Union(String),
    #[error("cannot write `{}`: {why}", file.display())]
    Write { file: PathBuf, why: String },
}

fn and_others(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " and 1 other".into(),
        _ => format!(" and {others} others"),
    }
}

fn indented(layout: &str) -> String {
    layout.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

impl DataError {
    /// A setting that does not fit.
    pub fn setting(setting: &str, why: impl std::fmt::Display) -> Self {
        DataError::Setting { setting: setting.into(), why: why.to_string() }
    }

    /// A file that cannot be read.
    pub fn file(file: &Path, why: impl std::fmt::Display) -> Self {
        DataError::File { file: file.into(), why: why.to_string() }
    }
}

/// Typed settings, the schema's defaults under what is given.
pub fn read<T: Declared>(settings: &Settings) -> Result<T, DataError> {
    let mut all: Settings = T::schema().into_iter().filter_map(|s| s.default.map(|d| (s.name, d))).collect();
    all.extend(settings.iter().map(|(k, v)| (k.clone(), v.clone())));
    Ok(T::read(&all)?)
}

impl From<crate::registry::SettingsError> for DataError {
    fn from(e: crate::registry::SettingsError) -> Self {
        DataError::Setting { setting: "settings".into(), why: e.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacking_wants_equal_shapes() {
        let sample = |w: usize| Sample::default().with("image", Array::filled([1, 2, w], w as f32));
        let batch = Batch::stack(vec![sample(3), sample(3)]).unwrap();
        assert_eq!(batch.get("image").unwrap(), ([2, 1, 2, 3], &[3.0f32; 12][..]));
        let error = Batch::stack(vec![sample(3), sample(4)]).unwrap_err().to_string();
        assert!(error.contains("`image` is 1x2x3 and 1x2x4"), "{error}");
    }
}
