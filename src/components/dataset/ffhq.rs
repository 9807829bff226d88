//! FFHQ: 70,000 aligned photos of faces.
//!
//! Karras et al., "A Style-Based Generator Architecture for Generative Adversarial Networks" (2019), as the project's
//! script lays it out: `images1024x1024` or `thumbnails128x128`, in it a folder for each thousand. All photos in one folder
//! are read too. The official cut: the first 60,000 (six sevenths) train, of which a share validates here; the others are
//! the test.

use std::path::{Path, PathBuf};

use super::reader::tree::{Tree, name};
use super::reader::{Item, Listing, Loader, splits};
use crate::components::sample::DataError;
use crate::registry::{Edge, settings};

settings! {
    /// What `ffhq` is told.
    pub struct Ffhq {
        /// Folder with `images1024x1024` or `thumbnails128x128`, or with the photos.
        root: String = "data/ffhq";
        /// Side of the images in pixels.
        size: usize = 256_usize, min = 8;
        /// Photos, numbered from 0.
        count: usize = 70000_usize, min = 7;
        /// Share of the training photos that validate.
        validation: f64 = 0.02, min = 0.0, max = 1.0;
        /// Which of them.
        seed: usize = 0_usize;
    }
}

impl Loader for Ffhq {
    const NAME: &'static str = "ffhq";
    const DOC: &'static str = "FFHQ: 70,000 aligned photos of faces.";
    const PAPER: &'static str = "Karras et al. 2019";
    const PORTS: &'static [&'static str] = &["image: image"];
    const LAYOUT: &'static str = "images1024x1024/00000/00000.png    (or thumbnails128x128/00000/00000.png)
images1024x1024/00000/00001.png    (or without the folders: 00001.png)";

    fn root(&self) -> &str {
        &self.root
    }

    fn size(&self) -> usize {
        self.size
    }

    fn ports(&self) -> Vec<(String, Edge)> {
        vec![("image".into(), Edge::image(3, self.size, self.size))]
    }

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let folder = ["images1024x1024", "thumbnails128x128"].into_iter().find(|name| tree.has(Path::new(name)));
        let folder = Path::new(folder.unwrap_or(""));
        let nested = tree.has(&folder.join("00000"));
        let place = |number: usize, ending: &str| {
            let thousand = if nested { format!("{:05}", number / 1000 * 1000) } else { String::new() };
            folder.join(thousand).join(format!("{number:05}.{ending}"))
        };
        let ending = if tree.has(&place(0, "jpg")) { "jpg" } else { "png" };
        let photos: Vec<PathBuf> = (0..self.count).map(|number| tree.need(place(number, ending))).collect();
        let keys: Vec<String> = photos.iter().map(|path| name(path)).collect();
        let first = self.count * 6 / 7;
        let training: Vec<usize> = (0..first).collect();
        let test = (first..self.count).collect();
        let splits = splits::held_out(&keys, &training, test, self.validation, self.seed);
        Ok(Listing { items: photos.into_iter().map(Item::photo).collect(), splits, ..Listing::default() })
    }
}
