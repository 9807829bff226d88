//! What the loaders of known datasets share: a tree of files that is checked, a list of samples, and photos cut to
//! squares with what is known of them.
//!
//! A [`Loader`] is the settings of one dataset and says which samples its folder holds; opening, reading and listing the
//! files is done here. Landmarks come out in pixels of the sample, pixel centres at whole numbers, as transforms move
//! them; `box` is the rectangle around them (left, top, right, bottom).

pub mod cut;
pub mod drawn;
pub mod fits;
pub mod labels;
pub mod lists;
pub mod maps;
pub mod pairs;
pub mod splits;
pub mod tree;

use std::path::PathBuf;
use std::sync::Arc;

pub use super::People;
use super::split::position;
use super::{Dataset, DatasetEntry, Surroundings};
use crate::components::raster;
use crate::components::sample::{Array, DataError, Files, Sample, Split, read};
use crate::face::readers::{ReadError, bytes::whole_file, landmarks};
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, Type, ports};
use cut::{Cut, Place};
use tree::Tree;

/// Values of each of the two parts of `coefficients` in fitted faces: the Basel Face Model's shape, 3DDFA's expression.
pub const COEFFICIENTS: [(&str, usize); 2] = [("shape", 199), ("expression", 29)];

/// A dataset whose folder has a known layout.
pub trait Loader: Declared + 'static {
    const NAME: &'static str;
    /// First sentence of its file.
    const DOC: &'static str;
    const PAPER: &'static str;
    /// Ports of the card, `name: type`.
    const PORTS: &'static [&'static str];
    /// The tree that is expected, a path a line, what is in it behind two blanks.
    const LAYOUT: &'static str;

    /// The folder as it is written.
    fn root(&self) -> &str;

    /// Side of the images in pixels.
    fn size(&self) -> usize;

    /// Ports in the order of the sample: images take the item's images in their order, what is neither image, landmarks
    /// nor `box` its values.
    fn ports(&self) -> Vec<(String, Edge)>;

    /// Finds the samples; what is missing is said to the tree.
    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError>;

    /// The part of a photo that is kept.
    fn cut(&self) -> Cut {
        Cut::Middle(1.0)
    }
}

/// Where the landmarks of a photo are.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    Nothing,
    /// In pixels of the photo as an area: the first pixel covers 0 to 1.
    Points(Vec<[f32; 2]>),
    /// The same for each of the item's photos.
    Each(Vec<Vec<[f32; 2]>>),
    /// In a file beside it, of so many points.
    File(PathBuf, usize),
    /// A `.mat` of 300W-LP: landmarks, and as values yaw (absolute), pose (yaw, pitch, roll) and coefficients.
    Fitted(PathBuf),
}

/// A sample as it is listed; paths are relative to the root.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub images: Vec<PathBuf>,
    pub known: Known,
    pub values: Vec<Vec<f32>>,
}

impl Item {
    /// A photo of which nothing is known.
    pub fn photo(path: PathBuf) -> Item {
        Item { images: vec![path], known: Known::Nothing, values: vec![] }
    }
}

/// What a folder holds.
#[derive(Default)]
pub struct Listing {
    pub items: Vec<Item>,
    /// Numbers of the items in each split.
    pub splits: [Vec<usize>; 3],
    /// Names of the classes of label ports.
    pub classes: Vec<(&'static str, Vec<String>)>,
    /// Who is seen on each item, where that is known.
    pub people: Option<People>,
    /// Sets of test samples that are compared, by the labels that the samples have.
    pub pairings: Vec<(usize, usize, bool)>,
}

/// Registers a loader.
pub fn entry<L: Loader>() -> DatasetEntry {
    let card = Card {
        family: "dataset",
        name: L::NAME,
        doc: L::DOC,
        paper: L::PAPER,
        inputs: vec![],
        outputs: ports(L::PORTS),
        networks: vec![],
        settings: L::schema(),
        revision: 1,
    };
    DatasetEntry { entry: Entry { card, make: Make::Dataset(edges::<L>) }, open: open::<L>, files: files::<L> }
}

fn edges<L: Loader>(settings: &Settings) -> Result<Vec<(String, Edge)>, Problem> {
    let settings: L = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    Ok(settings.ports())
}

fn open<L: Loader>(settings: &Settings, around: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    let settings: L = read(settings)?;
    let (tree, listing) = listed(&settings, around)?;
    let (size, cut, ports) = (settings.size(), settings.cut(), settings.ports());
    let source = format!("{} {}", L::NAME, settings.root());
    Ok(Arc::new(Photos { root: tree.root, source, size, cut, ports, listing }))
}

/// The images, what is written beside them, and the lists that were read.
fn files<L: Loader>(settings: &Settings, around: &Surroundings) -> Result<Files, DataError> {
    let settings: L = read(settings)?;
    let (tree, listing) = listed(&settings, around)?;
    let beside = |item: &Item| match &item.known {
        Known::File(path, _) | Known::Fitted(path) => Some(path.clone()),
        _ => None,
    };
    let mut paths: Vec<PathBuf> = tree.lists().to_vec();
    for item in &listing.items {
        paths.extend(item.images.iter().cloned().chain(beside(item)));
    }
    Ok(tree.files(paths))
}

fn listed<L: Loader>(settings: &L, around: &Surroundings) -> Result<(Tree, Listing), DataError> {
    let mut tree = Tree::new(L::NAME, L::LAYOUT, around.path(settings.root()))?;
    let listing = settings.list(&mut tree)?;
    tree.check()?;
    Ok((tree, listing))
}

/// An opened dataset of photos.
struct Photos {
    root: PathBuf,
    /// The dataset and its root as written.
    source: String,
    size: usize,
    cut: Cut,
    ports: Vec<(String, Edge)>,
    listing: Listing,
}

/// Landmarks as areas, and the values that a file holds.
type Facts = (Vec<[f32; 2]>, Vec<Vec<f32>>);

impl Photos {
    fn facts(&self, item: &Item) -> Result<Facts, DataError> {
        match &item.known {
            Known::Nothing | Known::Each(_) => Ok((vec![], item.values.clone())),
            Known::Points(points) => Ok((points.clone(), item.values.clone())),
            Known::File(path, count) => Ok((points_of(&self.root.join(path), *count)?, item.values.clone())),
            Known::Fitted(path) => fitted(&self.root.join(path)),
        }
    }
}

/// An error of a file of landmarks.
fn broken(path: &std::path::Path) -> impl Fn(ReadError) -> DataError {
    let path = path.to_path_buf();
    move |error| {
        let place = error.offset.map(|at| format!("at byte {at}: ")).unwrap_or_default();
        DataError::file(&path, format!("{place}{}", error.what))
    }
}

fn points_of(path: &std::path::Path, count: usize) -> Result<Vec<[f32; 2]>, DataError> {
    let found = landmarks::of_file(path).map_err(broken(path))?;
    let points = found.into_iter().next().map(|face| face.points).unwrap_or_default();
    match points.len() == count {
        true => Ok(points),
        false => Err(DataError::file(path, format!("it has {} points, expected {count}", points.len()))),
    }
}

fn fitted(path: &std::path::Path) -> Result<Facts, DataError> {
    let bytes = whole_file(path).map_err(broken(path))?;
    let face = landmarks::fitted::read(&path.display().to_string(), &bytes).map_err(broken(path))?;
    for ((part, length), found) in COEFFICIENTS.into_iter().zip([face.shape.len(), face.expression.len()]) {
        if found != length {
            return Err(DataError::file(path, format!("it has {found} coefficients of {part}, expected {length}")));
        }
    }
    let pose = face.pose();
    let turned = vec![pose.yaw, pose.pitch, pose.roll];
    let coefficients = [face.shape, face.expression].concat();
    Ok((face.landmarks.points, vec![vec![pose.yaw.abs()], turned, coefficients]))
}

/// The ports of fitted faces, behind the image.
pub fn fitted_ports(size: usize) -> Vec<(String, Edge)> {
    let total = COEFFICIENTS.iter().map(|(_, length)| length).sum();
    let mut coefficients = Edge::new(Type::Coefficients, [total, 1, 1]);
    coefficients.parts = COEFFICIENTS.iter().map(|(part, length)| (part.to_string(), *length)).collect();
    let mut all = face_ports(size, 68);
    all.extend([
        ("yaw".into(), Edge::scalar()),
        ("pose".into(), Edge::vector(3)),
        ("coefficients".into(), coefficients),
    ]);
    all
}

/// `image`, `landmarks` and `box`.
pub fn face_ports(size: usize, points: usize) -> Vec<(String, Edge)> {
    vec![
        ("image".into(), Edge::image(3, size, size)),
        ("landmarks".into(), Edge::new(Type::Landmarks, [points, 2, 1])),
        ("box".into(), Edge::vector(4)),
    ]
}

impl Dataset for Photos {
    fn len(&self, split: Split) -> usize {
        self.listing.splits[position(split)].len()
    }

    fn sample(&self, split: Split, index: usize, _draw: Stream) -> Result<Sample, DataError> {
        let item = &self.listing.items[self.listing.splits[position(split)][index]];
        let (points, values) = self.facts(item)?;
        let (mut images, mut values) = (item.images.iter().enumerate(), values.into_iter());
        let mut sample = Sample::default();
        let mut part: Option<Place> = None;
        for (name, edge) in &self.ports {
            let lacks = || DataError::Port { port: name.clone() };
            let array = match edge.ty {
                Type::Image => {
                    let (number, path) = images.next().ok_or_else(lacks)?;
                    let path = self.root.join(path);
                    let photo = raster::read(&path, edge.channels())?;
                    let own = match &item.known {
                        Known::Each(all) => all.get(number).ok_or_else(lacks)?,
                        _ => &points,
                    };
                    let place = self.cut.place(photo.frame(), own, self.size);
                    let place = place.map_err(|why| DataError::file(&path, why))?;
                    part = Some(place);
                    place.cut(&photo, self.size)
                }
                Type::Landmarks => placed(part, self.size, &points).ok_or_else(lacks)?,
                _ if name == "box" => around(&placed(part, self.size, &points).ok_or_else(lacks)?),
                _ => Array { shape: edge.dims, data: values.next().ok_or_else(lacks)? },
            };
            sample = sample.with(name, array);
        }
        Ok(sample)
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn classes(&self, port: &str) -> Option<Vec<String>> {
        self.listing.classes.iter().find(|(name, _)| *name == port).map(|(_, names)| names.clone())
    }

    fn people(&self, split: Split) -> Option<People> {
        let people = self.listing.people.as_ref()?;
        Some(people.qualified(&self.source).of(&self.listing.splits[position(split)]))
    }

    fn labels(&self, split: Split, port: &str) -> Result<Vec<usize>, DataError> {
        let held = |(name, edge): &&(String, Edge)| !matches!(edge.ty, Type::Image | Type::Landmarks) && name != "box";
        let place = self.ports.iter().filter(held).position(|(name, _)| name == port);
        let lacks = || DataError::Port { port: port.into() };
        let place = place.ok_or_else(lacks)?;
        let class = |number: &usize| {
            let value = self.listing.items[*number].values.get(place).and_then(|values| values.first());
            value.map(|class| *class as usize).ok_or_else(lacks)
        };
        self.listing.splits[position(split)].iter().map(class).collect()
    }

    fn pairings(&self, split: Split) -> &[(usize, usize, bool)] {
        if split == Split::Test { &self.listing.pairings } else { &[] }
    }

    fn draws(&self) -> bool {
        false
    }
}

/// Landmarks in pixels of the sample.
fn placed(part: Option<Place>, size: usize, points: &[[f32; 2]]) -> Option<Array> {
    let part = part?;
    let data = points.iter().flat_map(|point| part.point(*point, size)).collect();
    (!points.is_empty()).then_some(Array { shape: [points.len(), 2, 1], data })
}

/// Left, top, right, bottom of landmarks.
pub fn around(points: &Array) -> Array {
    let mut found = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
    for point in points.data.chunks_exact(2) {
        found = [found[0].min(point[0]), found[1].min(point[1]), found[2].max(point[0]), found[3].max(point[1])];
    }
    Array { shape: [4, 1, 1], data: found.to_vec() }
}
