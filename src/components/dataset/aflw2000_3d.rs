//! AFLW2000-3D: 2,000 photos of faces in any pose, with fitted faces: a test of alignment.
//!
//! Zhu et al., "Face Alignment Across Large Poses: A 3D Solution" (2016): a folder of photos, 450 pixels wide, beside each
//! a `.mat` file. All of them are the test. Landmarks that the face hides lie where they would be seen.
//!
//! `yaw` is absolute, as the usual groups up to 30, 60 and 90 degrees want it; `pose` is yaw, pitch and roll in degrees
//! (yaw above 0: towards the image's right, pitch above 0: down). `coefficients` are the file's own.

use std::path::Path;

use super::reader::cut::Cut;
use super::reader::tree::Tree;
use super::reader::{Item, Known, Listing, Loader, fitted_ports};
use crate::components::sample::DataError;
use crate::registry::{Edge, settings};

settings! {
    /// What `aflw2000-3d` is told.
    pub struct Aflw2000 {
        /// Folder of the photos and their `.mat` files.
        root: String = "data/aflw2000-3d";
        /// Side of the images in pixels.
        size: usize = 256_usize, min = 8;
        /// Room on each side of the landmarks, as a share of their extent.
        margin: f64 = 0.25, min = 0.0, max = 2.0;
    }
}

impl Loader for Aflw2000 {
    const NAME: &'static str = "aflw2000-3d";
    const DOC: &'static str = "AFLW2000-3D: 2,000 photos of faces in any pose, with fitted faces: a test of alignment.";
    const PAPER: &'static str = "Zhu et al. 2016";
    const PORTS: &'static [&'static str] = super::w300_lp::W300Lp::PORTS;
    const LAYOUT: &'static str = "image00002.jpg and image00002.mat, and so on";

    fn root(&self) -> &str {
        &self.root
    }

    fn size(&self) -> usize {
        self.size
    }

    fn ports(&self) -> Vec<(String, Edge)> {
        fitted_ports(self.size)
    }

    fn cut(&self) -> Cut {
        Cut::Face(self.margin)
    }

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let found = tree.annotated(Path::new(""), "mat");
        if found.is_empty() {
            return Err(tree.nothing("image00002.jpg"));
        }
        let item = |(image, fit)| Item { known: Known::Fitted(fit), ..Item::photo(image) };
        let items: Vec<Item> = found.into_iter().map(item).collect();
        Ok(Listing { splits: [vec![], vec![], (0..items.len()).collect()], items, ..Listing::default() })
    }
}
