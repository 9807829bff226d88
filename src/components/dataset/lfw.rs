//! LFW: pairs of photos, the same person or not, in ten folds.
//!
//! Huang et al., "Labeled Faces in the Wild" (2007): a folder for each of 5,749 people and the pairs of View 2 in
//! `pairs.txt`: folds and pairs of a kind in the first line, then for each fold the equal ones (`Name 1 4`) and the unequal
//! ones (`Name 2 Other 3`). With `read = "images"` a sample is one photo with who it shows, people parted by `split`.

use std::path::{Path, PathBuf};

use super::reader::cut::Cut;
use super::reader::lists::{Line, List};
use super::reader::pairs::{self, FOLDS, Pair};
use super::reader::tree::{Tree, name};
use super::reader::{Listing, Loader, splits};
use crate::components::sample::DataError;
use crate::registry::{Edge, Settings, settings};

settings! {
    /// What `lfw` is told.
    pub struct Lfw {
        /// Folder with `pairs.txt` and the people's folders, or with `lfw` that holds them.
        root: String = "data";
        /// Side of the images in pixels.
        size: usize = 112_usize, min = 8;
        /// A sample: a pair of the protocol, or a photo.
        read: String = "pairs", of = pairs::READ;
        /// The square in the middle of a photo, as a share of its shorter side.
        keep: f64 = 1.0, above = 0.0, max = 1.0;
        /// People, where photos are read.
        classes: usize = 5749_usize, min = 2;
        /// Shares of the people, drawn by name with `seed`, where photos are read.
        split: Settings = splits::shares(0.8, 0.1, 0.1);
    }
}

/// Folders in which the people's may lie.
const FOLDERS: [&str; 5] = ["lfw", "lfw_funneled", "lfw-deepfunneled", "lfw_aligned", "images"];

impl Loader for Lfw {
    const NAME: &'static str = "lfw";
    const DOC: &'static str = "LFW: pairs of photos, the same person or not, in ten folds.";
    const PAPER: &'static str = "Huang et al. 2007";
    const PORTS: &'static [&'static str] = &pairs::PORTS;
    const LAYOUT: &'static str = "pairs.txt
Aaron_Eckhart/Aaron_Eckhart_0001.jpg    (or under lfw, lfw_funneled, lfw-deepfunneled, lfw_aligned, images)";

    fn root(&self) -> &str {
        &self.root
    }

    fn size(&self) -> usize {
        self.size
    }

    fn ports(&self) -> Vec<(String, Edge)> {
        match self.read == "images" {
            true => pairs::single_ports(self.size, self.classes),
            false => pairs::ports(self.size, FOLDS),
        }
    }

    fn cut(&self) -> Cut {
        Cut::Middle(self.keep)
    }

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let folder = FOLDERS.into_iter().find(|name| tree.has(Path::new(name))).unwrap_or("");
        let folder = Path::new(folder);
        if self.read == "images" {
            let mut photos = vec![];
            for person in tree.folders(folder) {
                let who = name(person.strip_prefix(folder).unwrap_or(&person));
                photos.extend(tree.images(&person).into_iter().map(|path| (path, who.clone(), vec![])));
            }
            if photos.is_empty() {
                return Err(tree.nothing(folder.join("Aaron_Eckhart/Aaron_Eckhart_0001.jpg")));
            }
            return pairs::people(photos, self.classes, &self.split);
        }
        let list = tree.first_of(&["lfw/pairs.txt", "pairs.txt"]);
        let list = tree.list(list)?;
        Ok(pairs::listing(read_pairs(&list, folder, tree)?))
    }
}

/// The pairs of LFW's own list; the people's folders lie in `folder`.
pub fn read_pairs(list: &List, folder: &Path, tree: &mut Tree) -> Result<Vec<Pair>, DataError> {
    const HEAD: &str = "the numbers of folds (at most 10) and of pairs of a kind";
    let mut lines = list.lines();
    let head = lines.next().ok_or_else(|| list.wrong(format!("it is empty, expected {HEAD}")))?;
    let [folds, kind] = head.exactly(HEAD)?;
    let (folds, kind) = (head.number(folds, 1..=FOLDS, HEAD)?, head.number(kind, 1..=usize::MAX / 32, HEAD)?);
    let mut photo = |line: &Line<'_>, person: &str, number: &str| -> Result<PathBuf, DataError> {
        let number = line.number(number, 1..=9999, "a person and the number of a photo")?;
        let path = folder.join(line.path(person)?).join(format!("{person}_{number:04}"));
        let jpg = PathBuf::from(format!("{}.jpg", path.display()));
        let png = PathBuf::from(format!("{}.png", path.display()));
        Ok(if !tree.has(&jpg) && tree.has(&png) { png } else { tree.need(jpg) })
    };
    let mut found = vec![];
    for line in lines {
        let (fold, same) = (found.len() / (2 * kind), found.len() % (2 * kind) < kind);
        let ([person, a, b], other) = match (same, &line.words[..]) {
            (true, [person, a, b]) => ([*person, *a, *b], *person),
            (false, [person, a, other, b]) => ([*person, *a, *b], *other),
            (true, _) => return Err(line.wrong("a person and the numbers of two photos")),
            (false, _) => return Err(line.wrong("two people, each with the number of a photo")),
        };
        let people = [person.to_string(), other.to_string()];
        found.push(Pair { first: photo(&line, person, a)?, second: photo(&line, other, b)?, same, fold, people });
    }
    match found.len() == folds * 2 * kind {
        true => Ok(found),
        false => Err(list.wrong(format!("it says {} pairs and holds {}", folds * 2 * kind, found.len()))),
    }
}
