//! Pairs of any photos: a folder and a list that says which show one person, as LFW's `pairs.txt` or as a CSV.
//!
//! A list that ends in `.csv` has a head; `file1`, `file2` and `same` (1 or 0) are needed, `fold` (from 1) may be there,
//! other columns are left alone. Any other list is LFW's: folds and pairs of a kind in the first line, then people and
//! numbers of photos (`Name/Name_0001.jpg`). Without a list pairs are drawn: people in folds, in each fold `drawn` pairs of a
//! kind. Who a photo shows is the folder it lies in. With `read = "images"` a sample is one photo of the people of these
//! folds, so that some folds can train and others test; photos are then drawn by `split`.
//!
//! `landmarks` and `poses` are CSVs beside the photos: `file,x0,y0,..` in pixels (the first pixel's centre is 0), by which
//! faces are cut out, and one with the columns `file` and `yaw` (degrees), for the ports of yaw; `yaw` of a pair is the
//! larger one, without its sign. `ablate data render` writes both for turned faces: with `list = ""` and `read = "images"`
//! all photos of all folders are read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::lfw::read_pairs;
use super::reader::cut::{ALIGN, Cut};
use super::reader::drawn;
use super::reader::lists::List;
use super::reader::pairs::{FOLDS, Pair, READ};
use super::reader::tree::{Tree, name};
use super::reader::{Item, Known, Listing, Loader, People, labels, splits};
use crate::components::sample::DataError;
use crate::registry::{Edge, Settings, settings};

settings! {
    /// What `pairs` is told.
    pub struct Pairs {
        /// Folder of the photos.
        root: String = "data/pairs";
        /// Side of the images in pixels.
        size: usize = 112_usize, min = 8;
        /// The list of pairs, in the folder; empty: pairs are drawn, or all photos read.
        list: String = "pairs.txt";
        /// Pairs of a kind in a fold, where they are drawn.
        drawn: usize = 60_usize, min = 1;
        /// Folds that are read, from 1; none: all. They are counted anew.
        folds: Vec<usize> = vec![], min = 1, max = 10;
        /// A sample: a pair, or a photo.
        read: String = "pairs", of = READ;
        /// People in the folds that are read; 0: 10,000 at most.
        classes: usize = 0_usize;
        /// The square in the middle of a photo, as a share of its shorter side, where there are no landmarks.
        keep: f64 = 1.0, above = 0.0, max = 1.0;
        /// CSV of landmarks, in the folder.
        landmarks: String = "";
        /// With landmarks: the square around them, or five points brought onto ArcFace's template.
        align: String = "box", of = ALIGN;
        /// How much wider than the landmarks a face is cut, on each side, as a share of their extent, with `align = "box"`.
        margin: f64 = 0.2, min = 0.0, max = 2.0;
        /// CSV of yaws, in the folder; empty: without the ports of yaw.
        poses: String = "";
        /// Shares of the photos, drawn by name with `seed`, where photos are read.
        split: Settings = splits::shares(1.0, 0.0, 0.0);
    }
}

impl Loader for Pairs {
    const NAME: &'static str = "pairs";
    const DOC: &'static str =
        "Pairs of any photos: a folder and a list that says which show one person, as LFW's `pairs.txt` or as a CSV.";
    const PAPER: &'static str = "";
    const PORTS: &'static [&'static str] = &[
        "first?: image",
        "second?: image",
        "same?: label",
        "fold?: label",
        "first-identity?: label",
        "second-identity?: label",
        "first-yaw?: scalar",
        "second-yaw?: scalar",
        "image?: image",
        "identity?: label",
        "yaw?: scalar",
    ];
    const LAYOUT: &'static str = "pairs.txt                              (or another `list`; not where pairs are drawn)
Ann_Bo/Ann_Bo_0001.jpg                 (a folder a person)";

    fn root(&self) -> &str {
        &self.root
    }

    fn size(&self) -> usize {
        self.size
    }

    fn ports(&self) -> Vec<(String, Edge)> {
        let (image, people) = (Edge::image(3, self.size, self.size), Edge::label(self.people()));
        let mut all = match self.read == "images" {
            true => vec![("image", image), ("identity", people)],
            false => vec![
                ("first", image.clone()),
                ("second", image),
                ("same", Edge::label(2)),
                ("fold", Edge::label(FOLDS)),
                ("first-identity", people.clone()),
                ("second-identity", people),
            ],
        };
        if !self.poses.is_empty() {
            let sides: &[&str] = if self.read == "images" { &[] } else { &["first-yaw", "second-yaw"] };
            all.extend(sides.iter().chain(&["yaw"]).map(|port| (*port, Edge::scalar())));
        }
        all.into_iter().map(|(port, edge)| (port.to_string(), edge)).collect()
    }

    fn cut(&self) -> Cut {
        match (self.landmarks.is_empty(), self.align.as_str()) {
            (true, _) => Cut::Middle(self.keep),
            (_, "five") => Cut::Five,
            _ => Cut::Face(self.margin),
        }
    }

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let facts = Facts::read(self, tree)?;
        if self.read == "images" && self.list.is_empty() && self.folds.is_empty() {
            let people = tree.folders(Path::new(""));
            return match people.is_empty() {
                true => Err(tree.nothing("Ann_Bo/Ann_Bo_0001.jpg")),
                false => self.photos(people, &facts, tree),
            };
        }
        let pairs = self.chosen(self.pairs(tree)?)?;
        if self.read != "images" {
            return self.compared(pairs, &facts);
        }
        let people: BTreeSet<&String> = pairs.iter().flat_map(|p| &p.people).collect();
        self.photos(people.into_iter().map(PathBuf::from).collect(), &facts, tree)
    }
}

/// What is known of photos, by path.
struct Facts {
    points: Option<Table>,
    yaws: Option<Table>,
}

/// Numbers of photos, by path, and the file that says them.
struct Table {
    file: PathBuf,
    rows: BTreeMap<PathBuf, Vec<f32>>,
}

impl Table {
    /// Columns of a CSV beside `file`: these, or all others.
    fn read(tree: &mut Tree, file: &str, wanted: Option<&str>) -> Result<Option<Table>, DataError> {
        if file.is_empty() {
            return Ok(None);
        }
        let list = tree.list(file.into())?;
        let mut table = csv::Reader::from_reader(list.text().as_bytes());
        let heads = table.headers().map_err(|e| list.wrong(e))?.clone();
        let at = |name: &str| heads.iter().position(|head| head == name);
        let path = at("file").ok_or_else(|| list.wrong("it has no column `file`"))?;
        let columns: Vec<usize> = match wanted {
            Some(name) => vec![at(name).ok_or_else(|| list.wrong(format!("it has no column `{name}`")))?],
            None => (0..heads.len()).filter(|i| *i != path).collect(),
        };
        let mut rows = BTreeMap::new();
        for (number, record) in table.records().enumerate() {
            let record = record.map_err(|e| list.wrong(e))?;
            let value = |i: &usize| record.get(*i)?.trim().parse::<f32>().ok().filter(|v| v.is_finite());
            let values: Option<Vec<f32>> = columns.iter().map(value).collect();
            let values = values.ok_or_else(|| list.wrong(format!("row {}: expected numbers", number + 1)))?;
            rows.insert(PathBuf::from(record.get(path).unwrap_or_default()), values);
        }
        Ok(Some(Table { file: tree.root.join(file), rows }))
    }

    fn of(&self, photo: &Path) -> Result<&[f32], DataError> {
        let found = self.rows.get(photo).map(Vec::as_slice);
        found.ok_or_else(|| DataError::file(&self.file, format!("it says nothing of `{}`", name(photo))))
    }
}

impl Facts {
    fn read(pairs: &Pairs, tree: &mut Tree) -> Result<Facts, DataError> {
        let points = Table::read(tree, &pairs.landmarks, None)?;
        Ok(Facts { points, yaws: Table::read(tree, &pairs.poses, Some("yaw"))? })
    }

    /// Landmarks of photos as areas.
    fn known(&self, photos: &[&PathBuf]) -> Result<Known, DataError> {
        let Some(table) = &self.points else { return Ok(Known::Nothing) };
        let points = |photo: &&PathBuf| {
            let row = table.of(photo)?;
            Ok(row.chunks_exact(2).map(|p| [p[0] + 0.5, p[1] + 0.5]).collect())
        };
        Ok(Known::Each(photos.iter().map(points).collect::<Result<_, DataError>>()?))
    }

    fn yaw(&self, photo: &Path) -> Result<Option<f32>, DataError> {
        self.yaws.as_ref().map(|table| Ok(table.of(photo)?[0])).transpose()
    }
}

/// The folder that a photo lies in.
fn person(photo: &Path) -> String {
    photo.parent().map(name).unwrap_or_default()
}

impl Pairs {
    fn people(&self) -> usize {
        if self.classes == 0 { 10_000 } else { self.classes }
    }

    /// All pairs of the list.
    fn pairs(&self, tree: &mut Tree) -> Result<Vec<Pair>, DataError> {
        let pairs = match self.list.as_str() {
            "" => self.draw(tree)?,
            file if file.ends_with(".csv") => {
                let list = tree.list(file.into())?;
                read_table(&list, tree)?
            }
            file => {
                let list = tree.list(file.into())?;
                read_pairs(&list, Path::new(""), tree)?
            }
        };
        tree.check()?;
        Ok(pairs)
    }

    /// Pairs of all photos, drawn.
    fn draw(&self, tree: &mut Tree) -> Result<Vec<Pair>, DataError> {
        let mut photos = vec![];
        for folder in tree.folders(Path::new("")) {
            photos.extend(tree.images(&folder));
        }
        let people: Vec<String> = photos.iter().map(|photo| person(photo)).collect();
        let drawn = drawn::pairs(&people, FOLDS, self.drawn, 0).map_err(|why| DataError::setting("list", why))?;
        let pair = |d: drawn::Drawn| Pair {
            first: photos[d.first].clone(),
            second: photos[d.second].clone(),
            same: d.same,
            fold: d.fold,
            people: [people[d.first].clone(), people[d.second].clone()],
        };
        Ok(drawn.into_iter().map(pair).collect())
    }

    /// Those of the folds that are read, counted anew.
    fn chosen(&self, mut pairs: Vec<Pair>) -> Result<Vec<Pair>, DataError> {
        if !self.folds.is_empty() {
            let held: BTreeSet<usize> = pairs.iter().map(|p| p.fold + 1).collect();
            if let Some(lacks) = self.folds.iter().find(|fold| !held.contains(fold)) {
                return Err(DataError::setting("folds", format!("no pair is in fold {lacks}")));
            }
            let mut sorted = self.folds.clone();
            sorted.sort_unstable();
            sorted.dedup();
            pairs.retain_mut(|pair| match sorted.binary_search(&(pair.fold + 1)) {
                Ok(place) => {
                    pair.fold = place;
                    true
                }
                Err(_) => false,
            });
        }
        Ok(pairs)
    }

    fn compared(&self, pairs: Vec<Pair>, facts: &Facts) -> Result<Listing, DataError> {
        let people: Vec<String> = pairs.iter().flat_map(|p| p.people.clone()).collect();
        let (numbers, names) = labels::number("classes", &people, self.people())?;
        let seen: Vec<[usize; 2]> = numbers.chunks_exact(2).map(|two| [two[0], two[1]]).collect();
        let mut items = vec![];
        for (pair, [a, b]) in pairs.iter().zip(&seen) {
            let mut values = vec![f32::from(u8::from(pair.same)), pair.fold as f32, *a as f32, *b as f32];
            if let (Some(one), Some(other)) = (facts.yaw(&pair.first)?, facts.yaw(&pair.second)?) {
                values.extend([one, other, one.abs().max(other.abs())]);
            }
            let known = facts.known(&[&pair.first, &pair.second])?;
            let values = values.into_iter().map(|value| vec![value]).collect();
            items.push(Item { images: vec![pair.first.clone(), pair.second.clone()], known, values });
        }
        let splits = [vec![], vec![], (0..items.len()).collect()];
        let classes = vec![("first-identity", names.clone()), ("second-identity", names.clone())];
        Ok(Listing { items, splits, classes, people: Some(People { names, seen }), ..Listing::default() })
    }

    /// Every photo of people's folders.
    fn photos(&self, people: Vec<PathBuf>, facts: &Facts, tree: &mut Tree) -> Result<Listing, DataError> {
        let mut photos = vec![];
        for person in people {
            photos.extend(tree.images(&person));
        }
        tree.check()?;
        let keys: Vec<String> = photos.iter().map(|photo| name(photo)).collect();
        let owners: Vec<String> = photos.iter().map(|photo| person(photo)).collect();
        let (numbers, names) = match self.classes {
            0 => labels::number("classes", &owners, self.people())?,
            classes => labels::exactly(&owners, classes)?,
        };
        let mut items = vec![];
        for (photo, number) in photos.iter().zip(&numbers) {
            let mut values = vec![vec![*number as f32]];
            values.extend(facts.yaw(photo)?.map(|yaw| vec![yaw.abs()]));
            items.push(Item { images: vec![photo.clone()], known: facts.known(&[photo])?, values });
        }
        let seen = numbers.iter().map(|n| [*n, *n]).collect();
        let splits = splits::by_shares(&self.split, &keys)?;
        let classes = vec![("identity", names.clone())];
        Ok(Listing { items, splits, classes, people: Some(People { names, seen }), ..Listing::default() })
    }
}

/// Pairs of a CSV with a head.
fn read_table(list: &List, tree: &mut Tree) -> Result<Vec<Pair>, DataError> {
    let mut table = csv::Reader::from_reader(list.text().as_bytes());
    let heads = table.headers().map_err(|e| list.wrong(e))?.clone();
    let at = |name: &str| heads.iter().position(|head| head == name);
    let need = |name: &str| {
        let said: Vec<&str> = heads.iter().collect();
        at(name).ok_or_else(|| list.wrong(format!("it has no column `{name}`, only {}", said.join(", "))))
    };
    let (first, second, same) = (need("file1")?, need("file2")?, need("same")?);
    let fold = at("fold");
    let mut found = vec![];
    for (number, record) in table.records().enumerate() {
        let wrong = |what: &str| list.wrong(format!("row {}: {what}", number + 1));
        let record = record.map_err(|e| list.wrong(e))?;
        let cell = |i: usize| record.get(i).unwrap_or_default().trim();
        let same = match cell(same) {
            "1" => true,
            "0" => false,
            other => return Err(wrong(&format!("`same` is `{other}`, expected 1 or 0"))),
        };
        let fold = match fold.map(cell) {
            None => Some(0),
            Some(text) => text.parse::<usize>().ok().filter(|n| (1..=FOLDS).contains(n)).map(|n| n - 1),
        };
        let fold = fold.ok_or_else(|| wrong(&format!("expected a fold of 1 to {FOLDS}")))?;
        let mut photo = |i: usize| match inside(cell(i)) {
            Some(path) => Ok(tree.need(path)),
            None => Err(wrong(&format!("`{}` is no path within the folder", cell(i)))),
        };
        let (first, second) = (photo(first)?, photo(second)?);
        let people = [person(&first), person(&second)];
        found.push(Pair { first, second, same, fold, people });
    }
    if fold.is_none() {
        // In their order, as files of insightface are.
        let folds: Vec<usize> = crate::statistics::verification::contiguous(found.len(), FOLDS).collect();
        found.iter_mut().zip(folds).for_each(|(pair, fold)| pair.fold = fold);
    }
    if found.is_empty() { Err(list.wrong("it holds no pair")) } else { Ok(found) }
}

/// A path that is neither absolute nor upwards.
fn inside(text: &str) -> Option<PathBuf> {
    let path = PathBuf::from(text);
    let inside = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    (inside && !text.is_empty()).then_some(path)
}
