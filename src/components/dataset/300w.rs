//! 300-W: photos of faces with 68 landmarks.
//!
//! Sagonas et al., "300 Faces in-the-Wild Challenge" (2013), as ibug.doc.ic.ac.uk gives it: the folders of AFW, HELEN,
//! LFPW and IBUG, beside each photo a `.pts` file. The usual parts: AFW and the training photos of HELEN and LFPW (3,148)
//! train; the test photos of HELEN and LFPW (554) are the common test, IBUG (135) is the challenging one.
//!
//! The photo is cut to the square around its landmarks. Landmarks are in pixels of that square, pixel centres at whole
//! numbers; `box` is left, top, right, bottom of them.

use std::path::{Path, PathBuf};

use super::reader::cut::Cut;
use super::reader::tree::{Tree, name};
use super::reader::{Item, Known, Listing, Loader, face_ports, splits};
use crate::components::sample::DataError;
use crate::registry::{Edge, settings};

const TRAINING: [&str; 3] = ["afw", "helen/trainset", "lfpw/trainset"];
const COMMON: [&str; 2] = ["helen/testset", "lfpw/testset"];
const CHALLENGING: [&str; 1] = ["ibug"];

settings! {
    /// What `300w` is told.
    pub struct W300 {
        /// Folder with `afw`, `helen`, `lfpw` and `ibug`.
        root: String = "data/300w";
        /// Side of the images in pixels.
        size: usize = 256_usize, min = 8;
        /// Landmarks of each file.
        points: usize = 68_usize, min = 1;
        /// Which photos are the test.
        subset: String = "all", of = ["all", "common", "challenging"];
        /// Room on each side of the landmarks, as a share of their extent.
        margin: f64 = 0.25, min = 0.0, max = 2.0;
        /// Share of the training photos that validate.
        validation: f64 = 0.1, min = 0.0, max = 1.0;
        /// Which of them.
        seed: usize = 0_usize;
    }
}

impl Loader for W300 {
    const NAME: &'static str = "300w";
    const DOC: &'static str = "300-W: photos of faces with 68 landmarks.";
    const PAPER: &'static str = "Sagonas et al. 2013";
    const PORTS: &'static [&'static str] = &["image: image", "landmarks: landmarks", "box: vector"];
    const LAYOUT: &'static str = "afw/NAME.jpg and NAME.pts
helen/trainset/NAME.jpg and NAME.pts
helen/testset/NAME.jpg and NAME.pts
lfpw/trainset/NAME.png and NAME.pts
lfpw/testset/NAME.png and NAME.pts
ibug/NAME.jpg and NAME.pts";

    fn root(&self) -> &str {
        &self.root
    }

    fn size(&self) -> usize {
        self.size
    }

    fn ports(&self) -> Vec<(String, Edge)> {
        face_ports(self.size, self.points)
    }

    fn cut(&self) -> Cut {
        Cut::Face(self.margin)
    }

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let mut found: Vec<(PathBuf, PathBuf)> = vec![];
        let mut part = |folders: &[&str]| {
            let start = found.len();
            for folder in folders {
                found.extend(tree.annotated(Path::new(folder), "pts"));
            }
            start..found.len()
        };
        let (training, common, challenging) = (part(&TRAINING), part(&COMMON), part(&CHALLENGING));
        let test = match self.subset.as_str() {
            "common" => common.collect(),
            "challenging" => challenging.collect(),
            _ => common.chain(challenging).collect(),
        };
        let keys: Vec<String> = found.iter().map(|(image, _)| name(image)).collect();
        let training: Vec<usize> = training.collect();
        let splits = splits::held_out(&keys, &training, test, self.validation, self.seed);
        let item = |(image, points)| Item { known: Known::File(points, self.points), ..Item::photo(image) };
        Ok(Listing { items: found.into_iter().map(item).collect(), splits, ..Listing::default() })
    }
}
