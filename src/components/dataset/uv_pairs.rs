//! Texture maps read off photos: what was seen, the complete map, and where the seen one is missing.
//!
//! The folder is as `ablate data unwrap` writes it: `incomplete/NAME.png`, transparent where nothing was seen,
//! `complete/NAME.png`, and perhaps `missing/NAME.png`, white where the map is missing. With folders of people
//! (`incomplete/ID/NAME.png`) a person is never parted between splits. Off the face, where the complete map is
//! transparent, both are black and nothing is missing.
//!
//! A single photo gives no truth of what it does not show: there the complete map is a guess (the mirrored side, a mean
//! texture). `known` says where it is what was seen. With `holes` more is hidden from `incomplete` than the photo hides,
//! so that there is something missing that is known.

use std::path::PathBuf;
use std::sync::Arc;

use super::reader::fits::{self, Fit, Wanted};
use super::reader::tree::Tree;
use super::reader::{labels, maps, splits};
use super::split::position;
use super::{Dataset, DatasetEntry, Surroundings};
use crate::components::raster;
use crate::components::sample::{Array, DataError, Files, Holes, Place, Sample, Split, read};
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, Slot, Type, ports, settings};

pub const NAME: &str = "uv-pairs";

const LAYOUT: &str = "incomplete/NAME.png    (or incomplete/ID/NAME.png; transparent where nothing was seen)
complete/NAME.png
missing/NAME.png       (optional, but then of all: white where the map is missing)
fit/NAME.json          (for `yaw`)
photo/NAME.jpg, overlay/NAME.jpg    (for `pictures`)
mesh/NAME.obj          (for `views`)";

settings! {
    /// What `uv-pairs` is told.
    pub struct UvPairs {
        /// Folder with `incomplete` and `complete`.
        root: String = "data/uv-pairs";
        /// Side of the maps in pixels.
        size: usize = 256_usize, min = 8;
        /// People, for the port `identity`; 0: without it.
        identities: usize = 0_usize;
        /// Least and largest yaw of the photos in degrees, either side, for the port `yaw`; `[]`: all, without it.
        yaw: Vec<f64> = vec![], min = 0.0, max = 180.0;
        /// What is hidden besides what the photo does not show.
        holes: Slot = "none", family = "holes";
        /// Whether there are the ports `photo` and `mesh`: the photo, and the fitted mesh before it.
        pictures: bool = false;
        /// Yaws in degrees, positive to the image's right, to which the ports `grid` and `cover` turn the face: views side
        /// by side, read off a map by `operator/grid-sample`.
        views: Vec<f64> = vec![], min = -90.0, max = 90.0;
        /// Shares of the people, drawn by name with `seed`, before `yaw` chooses among them.
        split: Settings = splits::shares(0.8, 0.1, 0.1);
    }
}

/// One photo.
struct One {
    map: maps::Map,
    fit: Fit,
    /// Degrees, without sign; 0 where it is not asked for.
    yaw: f32,
}

struct Pairs {
    root: PathBuf,
    settings: UvPairs,
    all: Vec<One>,
    /// Number of the person of each map.
    people: Option<Vec<usize>>,
    names: Vec<String>,
    holes: Arc<dyn Holes>,
    splits: [Vec<usize>; 3],
    ports: Vec<(String, Edge)>,
}

pub fn entry() -> DatasetEntry {
    let card = Card {
        family: "dataset",
        name: NAME,
        doc: "Texture maps read off photos: what was seen, the complete map, and where the seen one is missing.",
        paper: "",
        inputs: vec![],
        outputs: ports(&[
            "incomplete: image",
            "complete: image",
            "missing: mask",
            "known: mask",
            "identity?: label",
            "yaw?: scalar",
            "photo?: image",
            "mesh?: image",
            "grid?: grid",
            "cover?: mask",
        ]),
        networks: vec![],
        settings: UvPairs::schema(),
        revision: 1,
    };
    DatasetEntry { entry: Entry { card, make: Make::Dataset(edges) }, open, files }
}

fn edges(settings: &Settings) -> Result<Vec<(String, Edge)>, Problem> {
    let settings: UvPairs = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    settings.range().map_err(|e| Problem::new(e.to_string()).at_setting("yaw"))?;
    Ok(settings.edges())
}

impl UvPairs {
    fn edges(&self) -> Vec<(String, Edge)> {
        let (image, mask) = (Edge::image(3, self.size, self.size), Edge::mask(self.size, self.size));
        let mut all: Vec<(&str, Edge)> = vec![
            ("incomplete", image.clone()),
            ("complete", image.clone()),
            ("missing", mask.clone()),
            ("known", mask),
        ];
        all.extend((self.identities > 0).then(|| ("identity", Edge::label(self.identities))));
        all.extend((!self.yaw.is_empty()).then(|| ("yaw", Edge::scalar())));
        if self.pictures {
            all.extend([("photo", image.clone()), ("mesh", image)]);
        }
        if !self.views.is_empty() {
            let width = self.size * self.views.len();
            all.extend([
                ("grid", Edge::new(Type::Grid, [self.size, width, 2])),
                ("cover", Edge::mask(self.size, width)),
            ]);
        }
        all.into_iter().map(|(name, edge)| (name.to_string(), edge)).collect()
    }

    /// Least and largest yaw.
    fn range(&self) -> Result<Option<(f64, f64)>, DataError> {
        match self.yaw[..] {
            [] => Ok(None),
            [least, largest] if least <= largest => Ok(Some((least, largest))),
            _ => Err(DataError::setting("yaw", format!("expected [least, largest], found {:?}", self.yaw))),
        }
    }

    /// All photos and the splits, in which those of another yaw are left out.
    fn list(&self, around: &Surroundings) -> Result<(Tree, Vec<One>, [Vec<usize>; 3]), DataError> {
        let range = self.range()?;
        let mut tree = Tree::new(NAME, LAYOUT, around.path(&self.root))?;
        let maps = maps::list(&mut tree)?;
        let who: Vec<String> = maps.iter().map(|map| map.who.clone()).collect();
        let mut splits = splits::by_shares(&self.split, &who)?;
        let wanted = Wanted { fit: range.is_some(), pictures: self.pictures, mesh: !self.views.is_empty() };
        let mut all = Vec::with_capacity(maps.len());
        for map in maps {
            let fit = Fit::find(&mut tree, &stem(&map), &wanted);
            all.push(One { map, fit, yaw: 0.0 });
        }
        tree.check()?;
        if let Some((least, largest)) = range {
            for one in &mut all {
                if let Some(file) = &one.fit.fit {
                    one.yaw = fits::yaw(&tree.root.join(file))?.abs();
                }
            }
            let inside = |one: &One| (least..=largest).contains(&f64::from(one.yaw));
            splits.iter_mut().for_each(|split| split.retain(|i| inside(&all[*i])));
        }
        Ok((tree, all, splits))
    }
}

/// A map's path in its folder, without the ending.
fn stem(map: &maps::Map) -> PathBuf {
    map.incomplete.strip_prefix("incomplete").unwrap_or(&map.incomplete).with_extension("")
}

fn open(settings: &Settings, around: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    let settings: UvPairs = read(settings)?;
    let (tree, all, splits) = settings.list(around)?;
    let holes = (around.holes)(&settings.holes, &around.base)?;
    let (people, names) = match settings.identities {
        0 => (None, vec![]),
        classes => {
            let who: Vec<String> = all.iter().map(|one| one.map.who.clone()).collect();
            let (numbers, names) = labels::number("identities", &who, classes)?;
            (Some(numbers), names)
        }
    };
    let ports = settings.edges();
    Ok(Arc::new(Pairs { root: tree.root, settings, all, people, names, holes, splits, ports }))
}

fn files(settings: &Settings, around: &Surroundings) -> Result<Files, DataError> {
    let settings: UvPairs = read(settings)?;
    let (tree, all, _) = settings.list(around)?;
    let masks = (around.holes)(&settings.holes, &around.base)?.files()?;
    let own = all.iter().flat_map(|one| one.map.paths().chain(one.fit.paths())).collect();
    Ok(tree.files(own).into_iter().chain(masks).collect())
}

impl Pairs {
    /// Hides what is seen where holes say so.
    fn hide(&self, one: &One, sheets: &mut maps::Sheets, draw: Stream) -> Result<(), DataError> {
        if !self.holes.any() {
            return Ok(());
        }
        let size = self.settings.size;
        let file = one.map.incomplete.strip_prefix("incomplete").unwrap_or(&one.map.incomplete);
        let fit = |mask: Array| raster::resize(&mask, size, size);
        let place = Place { height: size, width: size, file, fit: &fit, original: (size, size) };
        let mask = self.holes.mask(&place, &mut draw.named("holes"))?;
        for i in (0..size * size).filter(|i| mask.data[*i] > 0.5 && sheets.known.data[*i] > 0.5) {
            sheets.missing.data[i] = 1.0;
            (0..3).for_each(|c| sheets.incomplete.data[c * size * size + i] = 0.0);
        }
        Ok(())
    }
}

impl Dataset for Pairs {
    fn len(&self, split: Split) -> usize {
        self.splits[position(split)].len()
    }

    fn sample(&self, split: Split, index: usize, draw: Stream) -> Result<Sample, DataError> {
        let number = self.splits[position(split)][index];
        let (one, size) = (&self.all[number], self.settings.size);
        let mut sheets = maps::read(&self.root, &one.map, size)?;
        self.hide(one, &mut sheets, draw)?;
        let mut sample = Sample::default()
            .with("incomplete", sheets.incomplete)
            .with("complete", sheets.complete)
            .with("missing", sheets.missing)
            .with("known", sheets.known);
        if let Some(people) = &self.people {
            sample = sample.with("identity", Array::scalar(people[number] as f32));
        }
        if one.fit.fit.is_some() {
            sample = sample.with("yaw", Array::scalar(one.yaw));
        }
        if let Some(pictures) = &one.fit.pictures {
            for (port, file) in ["photo", "mesh"].into_iter().zip(pictures) {
                sample = sample.with(port, fits::picture(&self.root.join(file), size)?);
            }
        }
        if let Some(mesh) = &one.fit.mesh {
            let [grid, cover] = fits::views(&self.root.join(mesh), &self.settings.views, size)?;
            sample = sample.with("grid", grid).with("cover", cover);
        }
        Ok(sample)
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn classes(&self, port: &str) -> Option<Vec<String>> {
        (port == "identity" && self.people.is_some()).then(|| self.names.clone())
    }

    fn draws(&self) -> bool {
        self.holes.any()
    }
}
