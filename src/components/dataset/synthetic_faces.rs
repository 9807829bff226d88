//! The synthetic faces that `ablate data synth` writes: pictures of procedural people with all that is known of them.
//!
//! `image` shows a person; `landmarks` are 68 in the iBUG order, in pixels of the sample, `box` is left, top, right, bottom
//! of them. With `maps`: `complete` is the lit map of the whole face, `incomplete` what the picture shows of it, 0 where
//! `missing` is 1; `mask` is 1 where the picture shows the face itself; `depth` is in decimetres before the head's middle,
//! 0 on the ground; `yaw` is absolute, `pose` yaw, pitch and roll, in degrees. Splits are those of the manifest, and have
//! no person in common. With `views`, `grid` and `cover` turn the mean head to each yaw: `operator/grid-sample` reads a map
//! there, whoever's it is, so that shape tells nothing.
//!
//! With `read = "pairs"` a sample is two pictures of the test's people, drawn in ten folds; with `against = "frontal"` the
//! first is the one from in front by which a person is known and the second every other one from the same height, once of
//! that person and once of another; `yaw` is the second's. The maps are `first-complete`, `second-incomplete` and so on.

mod manifest;
mod pairs;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::reader::cut::{Cut, Place};
use super::reader::tree::Tree;
use super::reader::{self, face_ports, fits, labels, maps};
use super::split::position;
use super::{Dataset, DatasetEntry, People, Surroundings};
use crate::components::raster;
use crate::components::sample::{Array, DataError, Files, Sample, Split, read};
use crate::face::procedural::model::morphable;
use crate::face::readers::landmarks;
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, Type, ports, settings};
pub use manifest::COLUMNS;
use manifest::Row;

const NAME: &str = "synthetic-faces";
/// Of the files and of the faces on them.
pub const FORMAT: &str = "synthetic-faces 1";
pub const MANIFEST: &str = "manifest.csv";
pub const FINGERPRINT: &str = "fingerprint.txt";
/// Folders and endings of a picture's files.
pub const FILES: [(&str, &str); 7] = [
    ("image", "png"),
    ("incomplete", "png"),
    ("complete", "png"),
    ("mask", "png"),
    ("parts", "png"),
    ("depth", "png"),
    ("landmarks", "pts"),
];
/// Vertices along a side of the mean head that `views` turn.
const HEAD: usize = 160;
const LAYOUT: &str = "manifest.csv
fingerprint.txt         (SHA-256 of the manifest)
image/ID/NAME.png       the picture
incomplete/ID/NAME.png  (transparent where nothing was seen)
complete/ID/NAME.png
mask/ID/NAME.png        (white where the map is missing)
parts/ID/NAME.png       (number of the part; 1 is the face)
depth/ID/NAME.png       (16 bits)
landmarks/ID/NAME.pts";

settings! {
    /// What `synthetic-faces` is told.
    pub struct SyntheticFaces {
        /// Folder that `ablate data synth` wrote.
        root: String = "data/synthetic-faces";
        /// Side of the pictures and maps in pixels.
        size: usize = 256_usize, min = 8;
        /// Training people, for the port `identity`; 0: without it.
        identities: usize = 0_usize;
        /// With the texture maps, masks, depth and pose.
        maps: bool = false;
        /// Without the pictures that have an occluder.
        bare: bool = false;
        /// Without the pictures turned farther to either side, in degrees.
        most_yaw: f64 = 180.0, min = 0.0, max = 180.0;
        /// The whole picture, or five landmarks brought onto ArcFace's template.
        align: String = "whole", of = &["whole", "five"];
        /// A sample: a pair of the test's people, or a picture.
        read: String = "images", of = reader::pairs::READ;
        /// Pairs of a kind in a fold, where pairs of any two pictures are read.
        drawn: usize = 300_usize, min = 1;
        /// What the second picture of a pair is compared with: any picture, or the frontal one of a person.
        against: String = "any", of = ["any", "frontal"];
        /// Yaws in degrees, positive to the image's right, to which the ports `grid` and `cover` turn the mean head: views
        /// side by side, read off a map by `operator/grid-sample`.
        views: Vec<f64> = vec![], min = -90.0, max = 90.0;
    }
}

pub fn entry() -> DatasetEntry {
    let outputs = [
        "image?: image",
        "landmarks?: landmarks",
        "box?: vector",
        "incomplete?: image",
        "complete?: image",
        "missing?: mask",
        "mask?: mask",
        "depth?: map",
        "yaw?: scalar",
        "pose?: vector",
        "identity?: label",
        "first?: image",
        "second?: image",
        "same?: label",
        "fold?: label",
        "first-identity?: label",
        "second-identity?: label",
        "first-yaw?: scalar",
        "second-yaw?: scalar",
        "first-incomplete?: image",
        "first-complete?: image",
        "first-missing?: mask",
        "second-incomplete?: image",
        "second-complete?: image",
        "second-missing?: mask",
        "grid?: grid",
        "cover?: mask",
    ];
    let card = Card {
        family: "dataset",
        name: NAME,
        doc: "The synthetic faces that `ablate data synth` writes: pictures of procedural people with all that is known of them.",
        paper: "",
        inputs: vec![],
        outputs: ports(&outputs),
        networks: vec![],
        settings: SyntheticFaces::schema(),
        revision: 1,
    };
    DatasetEntry { entry: Entry { card, make: Make::Dataset(edges) }, open, files }
}

fn edges(settings: &Settings) -> Result<Vec<(String, Edge)>, Problem> {
    let settings: SyntheticFaces = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    Ok(settings.edges())
}

struct Faces {
    root: PathBuf,
    size: usize,
    maps: bool,
    cut: Cut,
    rows: Vec<Row>,
    splits: [Vec<usize>; 3],
    /// Number of the person of each row.
    people: Option<Vec<usize>>,
    names: Vec<String>,
    /// Of `views`, if there are any: the same for every sample.
    turned: Option<[Array; 2]>,
    ports: Vec<(String, Edge)>,
}

impl SyntheticFaces {
    fn edges(&self) -> Vec<(String, Edge)> {
        let mut all = match self.read == "pairs" {
            true => pairs::ports(self.size, self.maps),
            false => self.single(),
        };
        if !self.views.is_empty() {
            let width = self.size * self.views.len();
            all.push(("grid".into(), Edge::new(Type::Grid, [self.size, width, 2])));
            all.push(("cover".into(), Edge::mask(self.size, width)));
        }
        all
    }

    /// The grid and the cover of the views.
    fn turned(&self) -> Result<Option<[Array; 2]>, DataError> {
        if self.views.is_empty() {
            return Ok(None);
        }
        let head = morphable(HEAD).ok_or_else(|| DataError::setting("views", "the mean head has no vertex"))?;
        Ok(Some(fits::turned(&head.topology, &head.mean, &self.views, self.size)))
    }

    /// Ports of a picture.
    fn single(&self) -> Vec<(String, Edge)> {
        let (image, mask) = (Edge::image(3, self.size, self.size), Edge::mask(self.size, self.size));
        let mut all = face_ports(self.size, 68);
        if self.maps {
            all.extend([
                ("incomplete".into(), image.clone()),
                ("complete".into(), image),
                ("missing".into(), mask.clone()),
                ("mask".into(), mask),
                ("depth".into(), Edge::map(1, self.size, self.size)),
                ("yaw".into(), Edge::scalar()),
                ("pose".into(), Edge::vector(3)),
            ]);
        }
        all.extend((self.identities > 0).then(|| ("identity".into(), Edge::label(self.identities))));
        all
    }

    /// The rows of a whole folder.
    fn rows(&self, around: &Surroundings) -> Result<(Tree, Vec<Row>), DataError> {
        let mut tree = Tree::new(NAME, LAYOUT, around.path(&self.root))?;
        [MANIFEST, FINGERPRINT].iter().for_each(|file| drop(tree.need(file.into())));
        tree.check()?;
        let path = tree.root.join(MANIFEST);
        let bytes = std::fs::read(&path).map_err(|e| DataError::file(&path, e))?;
        manifest::check(&tree.root.join(FINGERPRINT), &bytes)?;
        let mut rows = manifest::rows(&path, &bytes, self.bare)?;
        rows.retain(|row| f64::from(row.pose[0].abs()) <= self.most_yaw);
        for row in &rows {
            FILES.iter().for_each(|(folder, end)| drop(tree.need(of_row(folder, row, end))));
        }
        tree.check()?;
        Ok((tree, rows))
    }
}

fn of_row(folder: &str, row: &Row, end: &str) -> PathBuf {
    Path::new(folder).join(format!("{}.{end}", row.file.display()))
}

fn open(settings: &Settings, around: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    let settings: SyntheticFaces = read(settings)?;
    let cut = match (settings.align.as_str(), settings.maps) {
        ("five", true) => return Err(DataError::setting("align", "with `maps` a picture is shown whole")),
        ("five", false) => Cut::Five,
        _ => Cut::Middle(1.0),
    };
    let (tree, rows) = settings.rows(around)?;
    let of = |split: Split| (0..rows.len()).filter(|i| rows[*i].split == split).collect();
    let splits = Split::ALL.map(of);
    let (people, names) = match settings.identities {
        0 => (None, vec![]),
        classes => {
            let train: Vec<String> = rows.iter().filter(|r| r.split == Split::Train).map(|r| r.who.clone()).collect();
            let (_, names) = labels::number("identities", &train, classes)?;
            // Others go on counting behind the training people and are of no class.
            let others: HashSet<&String> = rows.iter().filter(|r| r.split != Split::Train).map(|r| &r.who).collect();
            let mut others: Vec<&String> = others.into_iter().collect();
            others.sort();
            let number = |row: &Row| match row.split {
                Split::Train => names.binary_search(&row.who).unwrap_or(0),
                _ => classes + others.binary_search(&&row.who).unwrap_or(0),
            };
            (Some(rows.iter().map(number).collect()), names)
        }
    };
    let (size, maps, ports, turned) = (settings.size, settings.maps, settings.edges(), settings.turned()?);
    let faces = Faces { root: tree.root, size, maps, cut, rows, splits, people, names, turned, ports };
    match settings.read == "pairs" {
        true => Ok(Arc::new(pairs::Pairs::new(faces, (settings.against == "any").then_some(settings.drawn))?)),
        false => Ok(Arc::new(faces)),
    }
}

fn files(settings: &Settings, around: &Surroundings) -> Result<Files, DataError> {
    let settings: SyntheticFaces = read(settings)?;
    let (tree, rows) = settings.rows(around)?;
    let of = |row: &Row| FILES.map(|(folder, end)| of_row(folder, row, end));
    let lists = [MANIFEST, FINGERPRINT].map(PathBuf::from);
    Ok(tree.files(lists.into_iter().chain(rows.iter().flat_map(of)).collect()))
}

impl Faces {
    /// The part of a picture that its place shows, and the place.
    fn cut_out(&self, row: &Row, points: &[[f32; 2]]) -> Result<(Array, Place), DataError> {
        let file = self.root.join(of_row("image", row, "png"));
        let image = raster::read(&file, 3)?;
        let (height, width) = image.frame();
        square(&file, width as u32, height as u32)?;
        let place = self.cut.place(image.frame(), points, self.size).map_err(|why| DataError::file(&file, why))?;
        Ok((place.cut(&image, self.size), place))
    }

    /// A picture's 68 landmarks, in its pixels as areas.
    fn points(&self, row: &Row) -> Result<Vec<[f32; 2]>, DataError> {
        let path = self.root.join(of_row("landmarks", row, "pts"));
        let found = landmarks::of_file(&path).map_err(|e| DataError::file(&path, e.what))?;
        let points = found.into_iter().next().map(|face| face.points).unwrap_or_default();
        match points.len() {
            68 => Ok(points),
            count => Err(DataError::file(&path, format!("it has {count} points, expected 68"))),
        }
    }

    /// A picture, and its landmarks in it.
    fn shown(&self, row: &Row) -> Result<(Array, Array), DataError> {
        let points = self.points(row)?;
        let (image, place) = self.cut_out(row, &points)?;
        let data = points.iter().flat_map(|point| place.point(*point, self.size)).collect();
        Ok((image, Array { shape: [68, 2, 1], data }))
    }

    /// A picture alone: landmarks are read only where they say what it shows.
    fn picture(&self, row: &Row) -> Result<Array, DataError> {
        let points = if matches!(self.cut, Cut::Middle(_)) { vec![] } else { self.points(row)? };
        Ok(self.cut_out(row, &points)?.0)
    }

    /// A grey picture of 8 bits as they are; its side.
    fn numbers(&self, path: &Path) -> Result<image::GrayImage, DataError> {
        let read = image::open(path).map_err(|e| DataError::file(path, e))?;
        square(path, read.width(), read.height())?;
        Ok(read.to_luma8())
    }

    /// 1 where most of a pixel is the face.
    fn mask(&self, path: &Path) -> Result<Array, DataError> {
        let parts = self.numbers(path)?;
        let side = parts.width() as usize;
        let data = parts.pixels().map(|p| if p.0[0] == 1 { 1.0 } else { -1.0 }).collect();
        let small = raster::resize(&Array { shape: [1, side, side], data }, self.size, self.size);
        let data = small.data.into_iter().map(|v| if v > 0.0 { 1.0 } else { 0.0 }).collect();
        Ok(Array { shape: [1, self.size, self.size], data })
    }

    /// The maps of a picture.
    fn sheets(&self, row: &Row) -> Result<maps::Sheets, DataError> {
        let map = maps::Map {
            incomplete: of_row("incomplete", row, "png"),
            complete: of_row("complete", row, "png"),
            mask: Some(of_row("mask", row, "png")),
            who: row.who.clone(),
        };
        maps::read(&self.root, &map, self.size)
    }

    /// The sample with the views' grid.
    fn viewed(&self, sample: Sample) -> Sample {
        match &self.turned {
            Some([grid, cover]) => sample.with("grid", grid.clone()).with("cover", cover.clone()),
            None => sample,
        }
    }

    /// Of the nearest pixel: a mean of ground and head is the depth of neither.
    fn depth(&self, path: &Path) -> Result<Array, DataError> {
        let read = image::open(path).map_err(|e| DataError::file(path, e))?;
        square(path, read.width(), read.height())?;
        let (side, size) = (read.width() as usize, self.size);
        let depth = read.to_luma16();
        let near = |i: usize| ((2 * i + 1) * side / (2 * size)) as u32;
        let at = |i: usize| match depth.get_pixel(near(i % size), near(i / size)).0[0] {
            0 => 0.0,
            step => (f32::from(step) - 32768.0) / 1e4,
        };
        Ok(Array { shape: [1, size, size], data: (0..size * size).map(at).collect() })
    }
}

fn square(path: &Path, width: u32, height: u32) -> Result<(), DataError> {
    match width == height {
        true => Ok(()),
        false => Err(DataError::file(path, format!("it is {width} wide and {height} high, expected a square picture"))),
    }
}

impl Dataset for Faces {
    fn len(&self, split: Split) -> usize {
        self.splits[position(split)].len()
    }

    fn sample(&self, split: Split, index: usize, _draw: Stream) -> Result<Sample, DataError> {
        let number = self.splits[position(split)][index];
        let row = &self.rows[number];
        let at = |folder: &str, end: &str| self.root.join(of_row(folder, row, end));
        let (image, landmarks) = self.shown(row)?;
        let around = reader::around(&landmarks);
        let mut sample = Sample::default().with("image", image).with("landmarks", landmarks).with("box", around);
        if self.maps {
            let sheets = self.sheets(row)?;
            sample = sample
                .with("incomplete", sheets.incomplete)
                .with("complete", sheets.complete)
                .with("missing", sheets.missing)
                .with("mask", self.mask(&at("parts", "png"))?)
                .with("depth", self.depth(&at("depth", "png"))?)
                .with("yaw", Array::scalar(row.pose[0].abs()))
                .with("pose", Array { shape: [3, 1, 1], data: row.pose.to_vec() });
        }
        if let Some(people) = &self.people {
            sample = sample.with("identity", Array::scalar(people[number] as f32));
        }
        Ok(self.viewed(sample))
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn classes(&self, port: &str) -> Option<Vec<String>> {
        (port == "identity" && self.people.is_some()).then(|| self.names.clone())
    }

    fn people(&self, split: Split) -> Option<People> {
        let name = |i: &usize| [self.rows[*i].who.clone(), self.rows[*i].who.clone()];
        let people = People::new(self.splits[position(split)].iter().map(name));
        Some(people.qualified(&format!("{NAME} {}", self.root.display())))
    }

    fn draws(&self) -> bool {
        false
    }
}
