//! CASIA-WebFace: photos of 10,575 people, a folder a person.
//!
//! Yi et al., "Learning Face Representation from Scratch" (2014): 494,414 photos, `0000045/001.jpg`. Any folder of people's
//! folders is read, as `ablate data render` writes it for turned faces; `identity` counts the folders in their order. Since
//! people are told apart by a classifier, they are in every split and photos are drawn.

use std::path::{Path, PathBuf};

use super::reader::tree::{Tree, name};
use super::reader::{Item, Listing, Loader, People, labels, splits};
use crate::components::sample::DataError;
use crate::registry::{Edge, Settings, settings};

settings! {
    /// What `casia-webface` is told.
    pub struct CasiaWebface {
        /// Folder of the people's folders.
        root: String = "data/casia";
        /// Side of the images in pixels.
        size: usize = 112_usize, min = 8;
        /// People.
        classes: usize = 10575_usize, min = 2;
        /// Shares of the photos, drawn by name with `seed`.
        split: Settings = splits::shares(1.0, 0.0, 0.0);
    }
}

impl Loader for CasiaWebface {
    const NAME: &'static str = "casia-webface";
    const DOC: &'static str = "CASIA-WebFace: photos of 10,575 people, a folder a person.";
    const PAPER: &'static str = "Yi et al. 2014";
    const PORTS: &'static [&'static str] = &["image: image", "identity: label"];
    const LAYOUT: &'static str = "0000045/001.jpg    (a folder a person, at least one photo in each)";

    fn root(&self) -> &str {
        &self.root
    }

    fn size(&self) -> usize {
        self.size
    }

    fn ports(&self) -> Vec<(String, Edge)> {
        super::reader::pairs::single_ports(self.size, self.classes)
    }

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let (mut photos, mut people): (Vec<PathBuf>, Vec<String>) = (vec![], vec![]);
        let folders = tree.folders(Path::new(""));
        if folders.is_empty() {
            return Err(tree.nothing("0000045"));
        }
        for folder in folders {
            let images = tree.images(&folder);
            if images.is_empty() {
                tree.need(folder.join("001.jpg"));
            }
            people.extend(std::iter::repeat_n(name(&folder), images.len()));
            photos.extend(images);
        }
        tree.check()?;
        let (numbers, names) = labels::exactly(&people, self.classes)?;
        let people = Some(People::new(people.into_iter().map(|name| [name.clone(), name])));
        let keys: Vec<String> = photos.iter().map(|path| name(path)).collect();
        let item = |(path, number)| Item { values: vec![vec![number as f32]], ..Item::photo(path) };
        let items = photos.into_iter().zip(numbers).map(item).collect();
        Ok(Listing {
            items,
            splits: splits::by_shares(&self.split, &keys)?,
            classes: vec![("identity", names)],
            people,
            ..Listing::default()
        })
    }
}
