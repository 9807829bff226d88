//! CFP: pairs of frontal photos, or of a frontal photo and a profile, the same person or not, in ten folds.
//!
//! Sengupta et al., "Frontal to Profile Face Verification in the Wild" (2016), by its readme: 10 frontal photos and 4
//! profiles of each of 500 people in `Data/Images`; `Protocol/Pair_list_F.txt` and `Pair_list_P.txt` number them;
//! `Protocol/Split/FF` and `FP` hold in ten folders `same.txt` and `diff.txt`, lines `a,b` of these numbers (in `FP` the
//! second is a profile's). With `read = "images"` a sample is one photo with who it shows and whether it is a profile,
//! people parted by `split`.

use std::path::{Path, PathBuf};

use super::reader::cut::Cut;
use super::reader::pairs::{self, FOLDS, Pair};
use super::reader::tree::Tree;
use super::reader::{Listing, Loader, splits};
use crate::components::sample::DataError;
use crate::registry::{Edge, Settings, settings};

settings! {
    /// What `cfp` is told.
    pub struct Cfp {
        /// Folder with `Data` and `Protocol`, or with `cfp-dataset` that holds them.
        root: String = "data/cfp";
        /// Side of the images in pixels.
        size: usize = 112_usize, min = 8;
        /// Pairs of two frontal photos, or of a frontal one and a profile.
        protocol: String = "frontal-profile", of = ["frontal-frontal", "frontal-profile"];
        /// A sample: a pair of the protocol, or a photo.
        read: String = "pairs", of = pairs::READ;
        /// The square in the middle of a photo, as a share of its shorter side.
        keep: f64 = 1.0, above = 0.0, max = 1.0;
        /// People, where photos are read.
        classes: usize = 500_usize, min = 2;
        /// Shares of the people, drawn by name with `seed`, where photos are read.
        split: Settings = splits::shares(0.8, 0.1, 0.1);
    }
}

impl Loader for Cfp {
    const NAME: &'static str = "cfp";
    const DOC: &'static str =
        "CFP: pairs of frontal photos, or of a frontal photo and a profile, the same person or not, in ten folds.";
    const PAPER: &'static str = "Sengupta et al. 2016";
    const PORTS: &'static [&'static str] = &[
        "first?: image",
        "second?: image",
        "same?: label",
        "fold?: label",
        "image?: image",
        "identity?: label",
        "profile?: label",
    ];
    const LAYOUT: &'static str = "Data/Images/001/frontal/01.jpg to 10.jpg    (or all under cfp-dataset)
Data/Images/001/profile/01.jpg to 04.jpg
Protocol/Pair_list_F.txt, Protocol/Pair_list_P.txt
Protocol/Split/FF/01/same.txt, diff.txt and FP/01/same.txt, diff.txt, to 10";

    fn root(&self) -> &str {
        &self.root
    }

    fn size(&self) -> usize {
        self.size
    }

    fn ports(&self) -> Vec<(String, Edge)> {
        match self.read == "images" {
            true => {
                let mut ports = pairs::single_ports(self.size, self.classes);
                ports.push(("profile".into(), Edge::label(2)));
                ports
            }
            false => pairs::ports(self.size, FOLDS),
        }
    }

    fn cut(&self) -> Cut {
        Cut::Middle(self.keep)
    }

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let base = if tree.has(Path::new("cfp-dataset")) { "cfp-dataset" } else { "" };
        let base = Path::new(base);
        let frontal = numbered(tree, base, "Pair_list_F.txt")?;
        let profile = numbered(tree, base, "Pair_list_P.txt")?;
        if self.read == "images" {
            let mut photos = vec![];
            for (side, paths) in [(0.0, frontal), (1.0, profile)] {
                for path in paths {
                    photos.push((tree.need(path.clone()), person(&path), vec![vec![side]]));
                }
            }
            return pairs::people(photos, self.classes, &self.split);
        }
        let (kind, second) = match self.protocol.as_str() {
            "frontal-frontal" => ("FF", &frontal),
            _ => ("FP", &profile),
        };
        let mut found = vec![];
        for fold in 0..FOLDS {
            for (file, same) in [("same.txt", true), ("diff.txt", false)] {
                let folder = base.join("Protocol/Split").join(kind).join(format!("{:02}", fold + 1));
                let list = tree.list(folder.join(file))?;
                for line in list.lines() {
                    let expected = format!("two numbers of photos, 1 to {} and 1 to {}", frontal.len(), second.len());
                    let [a, b] = line.exactly(&expected)?;
                    let mut photo = |word: &str, from: &[PathBuf]| -> Result<PathBuf, DataError> {
                        Ok(tree.need(from[line.number(word, 1..=from.len(), &expected)? - 1].clone()))
                    };
                    let (first, second) = (photo(a, &frontal)?, photo(b, second)?);
                    let people = [person(&first), person(&second)];
                    found.push(Pair { first, second, same, fold, people });
                }
            }
        }
        Ok(pairs::listing(found))
    }
}

/// The photos of a list by their numbers.
fn numbered(tree: &mut Tree, base: &Path, file: &str) -> Result<Vec<PathBuf>, DataError> {
    let list = tree.list(base.join("Protocol").join(file))?;
    let mut found = vec![];
    for line in list.lines() {
        let expected = format!("{} and `../Data/Images/PERSON/KIND/NUMBER.jpg`", found.len() + 1);
        let [number, path] = line.exactly(&expected)?;
        line.number(number, found.len() + 1..=found.len() + 1, &expected)?;
        let path = path.strip_prefix("../").ok_or_else(|| line.wrong(&expected))?;
        found.push(base.join(line.path(path)?));
    }
    Ok(found)
}

/// `001` of `Data/Images/001/frontal/01.jpg`.
fn person(path: &Path) -> String {
    let folder = path.parent().and_then(Path::parent).and_then(Path::file_name);
    folder.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
