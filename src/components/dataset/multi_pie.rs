//! Multi-PIE: photos of 337 people in 15 views under 19 lights, as they are given out.
//!
//! Gross et al., "Multi-PIE" (2010): `session01/multiview/SUBJECT/RECORDING/CAMERA/NAME.png`, where the name is
//! `SUBJECT_SESSION_RECORDING_CAMERA_LIGHT`: 001_01_01_051_07. Lights 01 to 18 are the flashes, 00 and 19 the room alone.
//! `sessions`, `recordings`, `views` and `lights` choose; of what is chosen nothing may lack.
//!
//! Cameras stand at every 15 degrees around the head (13) and above it at both sides (08_1, 19_1). 24_0 sees the right
//! profile, 11_0 the left one, in the order of the table below (`config/database/multipie_P.py` of Idiap's facereclib).
//! Who shows the right cheek is turned towards the image's right: yaw 90 here. `view` counts the table.
//!
//! People are parted by `split`; or the first `subjects` train (less the share `split.validation`) and the others are the
//! test, as in TP-GAN (Huang et al. 2017): 150 of session 1 (its setting 1), or 200 of all sessions (setting 2).
//!
//! `gallery` is 1 on the one photo by which a person is known: from in front, under the light `gallery-light`, the first
//! session and recording that are read. With `read = "pairs"` a sample is a test person's photo of the gallery and another
//! photo, of the same person or of another one; people are in ten folds, `yaw` is the other photo's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::reader::cut::Cut;
use super::reader::drawn::{self, Drawn};
use super::reader::pairs::{self, FOLDS, Pair, READ};
use super::reader::tree::{Tree, name};
use super::reader::{Item, Listing, Loader, People, labels, splits};
use super::split::Shares;
use crate::components::sample::DataError;
use crate::registry::{Edge, Settings, settings};

/// Camera, yaw and pitch in degrees: pitch above 0 is a face that looks down, as one does to a camera above it.
pub const VIEWS: [(&str, f32, f32); 15] = [
    ("11_0", -90.0, 0.0),
    ("12_0", -75.0, 0.0),
    ("09_0", -60.0, 0.0),
    ("08_0", -45.0, 0.0),
    ("13_0", -30.0, 0.0),
    ("14_0", -15.0, 0.0),
    ("05_1", 0.0, 0.0),
    ("05_0", 15.0, 0.0),
    ("04_1", 30.0, 0.0),
    ("19_0", 45.0, 0.0),
    ("20_0", 60.0, 0.0),
    ("01_0", 75.0, 0.0),
    ("24_0", 90.0, 0.0),
    ("08_1", -45.0, 25.0),
    ("19_1", 45.0, 25.0),
];
const LIGHTS: usize = 20;
/// The camera in front, in [`VIEWS`].
const FRONT: usize = 6;

settings! {
    /// What `multi-pie` is told.
    pub struct MultiPie {
        /// Folder with `session01` and the others, or with `data` that holds them.
        root: String = "data/multi-pie";
        /// Side of the images in pixels.
        size: usize = 128_usize, min = 8;
        /// Sessions, 1 to 4; none: all that are there.
        sessions: Vec<usize> = vec![], min = 1, max = 4;
        /// Recordings (expressions) of a session, 1 to 3; none: all that are there.
        recordings: Vec<usize> = vec![], min = 1, max = 3;
        /// Cameras, `05_1` is in front; none: all 15.
        views: Vec<String> = vec![];
        /// Lights, 0 to 19; none: all.
        lights: Vec<usize> = vec![], min = 0, max = 19;
        /// A sample: a photo, or a pair of the test people.
        read: String = "images", of = READ;
        /// The light of the gallery's photos; where it is not read, the first that is.
        gallery_light: usize = 7_usize, max = 19;
        /// The square in the middle of a photo, as a share of its shorter side.
        keep: f64 = 1.0, above = 0.0, max = 1.0;
        /// People.
        classes: usize = 337_usize, min = 2;
        /// The first so many people train, the others test; 0: as `split` says.
        subjects: usize = 0_usize;
        /// Shares of the people, drawn by number with `seed`.
        split: Settings = splits::shares(0.8, 0.1, 0.1);
    }
}

impl Loader for MultiPie {
    const NAME: &'static str = "multi-pie";
    const DOC: &'static str = "Multi-PIE: photos of 337 people in 15 views under 19 lights, as they are given out.";
    const PAPER: &'static str = "Gross et al. 2010";
    const PORTS: &'static [&'static str] = &[
        "image?: image",
        "identity?: label",
        "view?: label",
        "light?: label",
        "yaw: scalar",
        "gallery?: label",
        "first?: image",
        "second?: image",
        "same?: label",
        "fold?: label",
    ];
    const LAYOUT: &'static str =
        "session01/multiview/001/01/05_1/001_01_01_051_00.png    (session, subject, recording, camera; or under data)
session01/multiview/001/01/05_1/001_01_01_051_19.png    (lights 00 to 19)";

    fn root(&self) -> &str {
        &self.root
    }

    fn size(&self) -> usize {
        self.size
    }

    fn ports(&self) -> Vec<(String, Edge)> {
        if self.read == "pairs" {
            let mut all = pairs::ports(self.size, FOLDS);
            all.push(("yaw".into(), Edge::scalar()));
            return all;
        }
        vec![
            ("image".into(), Edge::image(3, self.size, self.size)),
            ("identity".into(), Edge::label(self.classes)),
            ("view".into(), Edge::label(VIEWS.len())),
            ("light".into(), Edge::label(LIGHTS)),
            ("yaw".into(), Edge::scalar()),
            ("gallery".into(), Edge::label(2)),
        ]
    }

    fn cut(&self) -> Cut {
        Cut::Middle(self.keep)
    }

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let shots = self.shots(tree)?;
        tree.check()?;
        let people: Vec<String> = shots.iter().map(|shot| shot.subject.clone()).collect();
        let (numbers, names) = labels::number("classes", &people, self.classes)?;
        let splits = self.parted(&people, &numbers, names.len())?;
        let gallery = self.gallery(&shots);
        if self.read == "pairs" {
            return pose_pairs(&shots, &people, &gallery, &splits[2]);
        }
        let item = |(i, (shot, number)): (usize, (Shot, usize))| {
            let known = f32::from(u8::from(gallery.get(&shot.subject) == Some(&i)));
            let values = [number as f32, shot.view as f32, shot.light as f32, shot.yaw(), known];
            Item { values: values.map(|value| vec![value]).into(), ..Item::photo(shot.path) }
        };
        let items = shots.into_iter().zip(numbers).enumerate().map(item).collect();
        let cameras = VIEWS.iter().map(|(camera, ..)| camera.to_string()).collect();
        let people = Some(People::new(people.into_iter().map(|name| [name.clone(), name])));
        Ok(Listing {
            items,
            splits,
            classes: vec![("identity", names), ("view", cameras)],
            people,
            ..Listing::default()
        })
    }
}

/// A photo of one subject.
struct Shot {
    path: PathBuf,
    subject: String,
    view: usize,
    light: usize,
}

impl Shot {
    /// Without its sign.
    fn yaw(&self) -> f32 {
        VIEWS[self.view].1.abs()
    }
}

/// Each test photo with the gallery's of its person, and with that of another of the same fold.
fn pose_pairs(
    shots: &[Shot],
    people: &[String],
    gallery: &BTreeMap<String, usize>,
    test: &[usize],
) -> Result<Listing, DataError> {
    let drawn = drawn::against(people, gallery, test, FOLDS).map_err(|why| DataError::setting("read", why))?;
    let yaws: Vec<f32> = drawn.iter().map(|pair| shots[pair.second].yaw()).collect();
    let pair = |d: Drawn| {
        let [first, second] = [d.first, d.second].map(|i| shots[i].path.clone());
        Pair { first, second, same: d.same, fold: d.fold, people: [people[d.first].clone(), people[d.second].clone()] }
    };
    let mut listing = pairs::listing(drawn.into_iter().map(pair).collect());
    listing.items.iter_mut().zip(yaws).for_each(|(item, yaw)| item.values.push(vec![yaw]));
    Ok(listing)
}

impl MultiPie {
    /// The photo by which each person is known; people without one from in front are known by none.
    fn gallery(&self, shots: &[Shot]) -> BTreeMap<String, usize> {
        let lights: BTreeSet<usize> = shots.iter().map(|shot| shot.light).collect();
        let light = lights.get(&self.gallery_light).or(lights.first()).copied().unwrap_or(self.gallery_light);
        let mut found = BTreeMap::new();
        for (i, shot) in shots.iter().enumerate().filter(|(_, s)| s.view == FRONT && s.light == light) {
            found.entry(shot.subject.clone()).or_insert(i);
        }
        found
    }

    /// Positions in [`VIEWS`].
    fn cameras(&self) -> Result<Vec<usize>, DataError> {
        let known = |camera: &String| {
            VIEWS.iter().position(|(name, ..)| name == camera).ok_or_else(|| {
                let all: Vec<&str> = VIEWS.iter().map(|(name, ..)| *name).collect();
                DataError::setting("views", format!("no camera is called `{camera}`, known: {}", all.join(", ")))
            })
        };
        match self.views.is_empty() {
            true => Ok((0..VIEWS.len()).collect()),
            false => self.views.iter().map(known).collect(),
        }
    }

    fn shots(&self, tree: &mut Tree) -> Result<Vec<Shot>, DataError> {
        let (cameras, mut found) = (self.cameras()?, vec![]);
        let lights = if self.lights.is_empty() { (0..LIGHTS).collect() } else { self.lights.clone() };
        let base = if tree.has(Path::new("data")) { Path::new("data") } else { Path::new("") };
        for session in self.chosen(tree, base) {
            let number = format!("{session:02}");
            let multiview = tree.need(base.join(format!("session{number}/multiview")));
            for subject in tree.folders(&multiview) {
                for recording in tree.folders(&subject) {
                    let [subject, record] = [&subject, &recording].map(|path| last(path));
                    let wanted = |n: &usize| record.parse() == Ok(*n);
                    if !self.recordings.is_empty() && !self.recordings.iter().any(wanted) {
                        continue;
                    }
                    for &view in &cameras {
                        let camera = VIEWS[view].0;
                        let stem = format!("{subject}_{number}_{record}_{}", camera.replace('_', ""));
                        let folder = recording.join(camera);
                        let shot = |light: &usize| {
                            let path = tree.need(folder.join(format!("{stem}_{light:02}.png")));
                            Shot { path, subject: subject.clone(), view, light: *light }
                        };
                        found.extend(lights.iter().map(shot));
                    }
                }
            }
        }
        if found.is_empty() {
            // A session that is asked for and not there is named.
            tree.check()?;
        }
        match found.is_empty() {
            true => Err(tree.nothing(base.join("session01/multiview/001/01/05_1/001_01_01_051_00.png"))),
            false => Ok(found),
        }
    }

    /// The sessions asked for, or those that are there.
    fn chosen(&self, tree: &mut Tree, base: &Path) -> Vec<usize> {
        match self.sessions.is_empty() {
            true => (1..=4).filter(|session| tree.has(&base.join(format!("session{session:02}")))).collect(),
            false => self.sessions.clone(),
        }
    }

    fn parted(&self, people: &[String], numbers: &[usize], count: usize) -> Result<[Vec<usize>; 3], DataError> {
        if self.subjects == 0 {
            return splits::by_shares(&self.split, people);
        }
        if self.subjects > count {
            let why = format!("it is {}, but the folder holds {count} people", self.subjects);
            return Err(DataError::setting("subjects", why));
        }
        let shares = Shares::read(&self.split)?;
        let (training, test): (Vec<usize>, Vec<usize>) = (0..people.len()).partition(|&i| numbers[i] < self.subjects);
        Ok(splits::held_out(people, &training, test, shares.validation, shares.seed as usize))
    }
}

fn last(path: &Path) -> String {
    path.file_name().map(|part| name(Path::new(part))).unwrap_or_default()
}
