//! CPLFW: pairs of photos across poses, the same person or not, in ten folds.
//!
//! Zheng and Deng, "Cross-Pose LFW" (2018): `aligned images` (112x112) or `images`, all photos in one folder, named
//! `Name_1.jpg`, and `pairs_CPLFW.txt`: two lines a pair, each a photo and 1 (the same person) or 0. The 6,000 pairs are ten
//! folds in their order. With `read = "images"` a sample is one photo with who it shows, people parted by `split`.
//!
//! There are 11,652 photos. Four have malformed names (`Landon_Donovan_3jpg.jpg`, `Leni_Bjorklund-2.jpg`,
//! `Leni_Bjorklund-3.jpg`, `Mike_Montgomery_3.jip.jpg`); without these, 11,648 of 3,929 people (counted in the data set card
//! `marcelohaps/cplfw` of Hugging Face).

use std::path::{Path, PathBuf};

use super::reader::pairs::{self, FOLDS, Pair};
use super::reader::tree::Tree;
use super::reader::{Listing, Loader, splits};
use crate::components::sample::DataError;
use crate::registry::{Edge, Settings, settings};

settings! {
    /// What `cplfw` is told.
    pub struct Cplfw {
        /// Folder with `pairs_CPLFW.txt` and `aligned images` or `images`, or with `cplfw` that holds them.
        root: String = "data";
        /// Side of the images in pixels.
        size: usize = 112_usize, min = 8;
        /// A sample: a pair of the protocol, or a photo.
        read: String = "pairs", of = pairs::READ;
        /// People, where photos are read.
        classes: usize = 3929_usize, min = 2;
        /// Shares of the people, drawn by name with `seed`, where photos are read.
        split: Settings = splits::shares(0.8, 0.1, 0.1);
    }
}

impl Loader for Cplfw {
    const NAME: &'static str = "cplfw";
    const DOC: &'static str = "CPLFW: pairs of photos across poses, the same person or not, in ten folds.";
    const PAPER: &'static str = "Zheng and Deng 2018";
    const PORTS: &'static [&'static str] = &pairs::PORTS;
    const LAYOUT: &'static str = "pairs_CPLFW.txt                        (or both under cplfw)
aligned images/Aaron_Eckhart_1.jpg     (or under images)";

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

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let inner = ["cplfw/pairs_CPLFW.txt", "cplfw/aligned images", "cplfw/images"];
        let base = if inner.iter().any(|path| tree.has(Path::new(path))) { "cplfw" } else { "" };
        let folder = ["images", "aligned images"].map(|name| Path::new(base).join(name));
        let folder = if tree.has(&folder[0]) && !tree.has(&folder[1]) { &folder[0] } else { &folder[1] };
        if self.read == "images" {
            let photo = |path: PathBuf| (path.clone(), person(&path), vec![]);
            let photos: Vec<_> = tree.images(folder).into_iter().map(photo).collect();
            tree.check()?;
            return match photos.is_empty() {
                true => Err(tree.nothing(folder.join("Aaron_Eckhart_1.jpg"))),
                false => pairs::people(photos, self.classes, &self.split),
            };
        }
        const EXPECTED: &str = "a photo and 1 (the same person, in both lines of a pair) or 0";
        let list = tree.list(Path::new(base).join("pairs_CPLFW.txt"))?;
        let lines: Vec<_> = list.lines().collect();
        let mut found = vec![];
        for two in lines.chunks(2) {
            let [first, second] = two else { return Err(two[0].wrong("a second line for this pair")) };
            let ([a, same], [b, again]) = (first.exactly(EXPECTED)?, second.exactly(EXPECTED)?);
            if same != again {
                return Err(second.wrong(EXPECTED));
            }
            let same = first.number(same, 0..=1, EXPECTED)? == 1;
            let mut photo = |path: PathBuf| tree.need(folder.join(path));
            let (a, b) = (photo(first.path(a)?), photo(second.path(b)?));
            let people = [person(&a), person(&b)];
            found.push(Pair { first: a, second: b, same, fold: found.len(), people });
        }
        if found.is_empty() || found.len() % FOLDS != 0 {
            return Err(list.wrong(format!("it holds {} pairs, which are not {FOLDS} equal folds", found.len())));
        }
        let each = found.len() / FOLDS;
        found.iter_mut().for_each(|pair| pair.fold /= each);
        Ok(pairs::listing(found))
    }
}

/// `Name` of `Name_1.jpg`; of `Name-2.jpg` and `Name_3jpg.jpg` too.
fn person(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let numbered = |(name, number): &(&str, &str)| !name.is_empty() && number.starts_with(|c: char| c.is_ascii_digit());
    let cut = stem.rsplit_once(['_', '-']).filter(numbered).or_else(|| stem.rsplit_once('_'));
    cut.map_or(stem.clone(), |(name, _)| name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_names_are_no_further_people() {
        let who = |name: &str| person(Path::new(name));
        assert_eq!(who("aligned images/Aaron_Eckhart_1.jpg"), "Aaron_Eckhart");
        assert_eq!(who("Abdullatif_Al-Hamad_12.jpg"), "Abdullatif_Al-Hamad");
        assert_eq!(
            (who("Leni_Bjorklund-2.jpg"), who("Leni_Bjorklund_1.jpg")),
            ("Leni_Bjorklund".into(), "Leni_Bjorklund".into())
        );
        assert_eq!(
            (who("Landon_Donovan_3jpg.jpg"), who("Mike_Montgomery_3.jip.jpg")),
            ("Landon_Donovan".into(), "Mike_Montgomery".into())
        );
    }
}
