//! 300W-LP: the photos of 300-W turned to large poses, with fitted faces.
//!
//! Zhu et al., "Face Alignment Across Large Poses: A 3D Solution" (2016): 61,225 renderings of AFW, HELEN, IBUG and LFPW and
//! as many mirrored ones, beside each a `.mat` file. All of them train, but for the share that validates: the renderings of
//! one photo are never parted.
//!
//! `yaw` is absolute; `pose` is yaw, pitch and roll in degrees (yaw above 0: towards the image's right, pitch above 0:
//! down). `coefficients` are the file's own, of the Basel Face Model's shape and 3DDFA's expressions.

use std::path::{Path, PathBuf};

use super::reader::cut::Cut;
use super::reader::tree::Tree;
use super::reader::{Item, Known, Listing, Loader, fitted_ports, splits};
use crate::components::sample::DataError;
use crate::registry::{Edge, settings};

const SETS: [&str; 4] = ["AFW", "HELEN", "IBUG", "LFPW"];

settings! {
    /// What `300w-lp` is told.
    pub struct W300Lp {
        /// Folder with `AFW`, `AFW_Flip` and the other six.
        root: String = "data/300w-lp";
        /// Side of the images in pixels.
        size: usize = 256_usize, min = 8;
        /// Read the mirrored photos too.
        mirrored: bool = true;
        /// Room on each side of the landmarks, as a share of their extent.
        margin: f64 = 0.25, min = 0.0, max = 2.0;
        /// Share of the photos that validate.
        validation: f64 = 0.05, min = 0.0, max = 1.0;
        /// Which of them.
        seed: usize = 0_usize;
    }
}

/// The photo behind a rendering: `AFW_134212_1_0` and its mirror image `AFW_Flip/AFW_134212_1_0` are of `AFW_134212_1`.
fn original(image: &Path) -> String {
    let stem = image.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    match stem.rsplit_once('_') {
        Some((photo, number)) if number.bytes().all(|b| b.is_ascii_digit()) => photo.into(),
        _ => stem,
    }
}

impl Loader for W300Lp {
    const NAME: &'static str = "300w-lp";
    const DOC: &'static str = "300W-LP: the photos of 300-W turned to large poses, with fitted faces.";
    const PAPER: &'static str = "Zhu et al. 2016";
    const PORTS: &'static [&'static str] = &[
        "image: image",
        "landmarks: landmarks",
        "box: vector",
        "yaw: scalar",
        "pose: vector",
        "coefficients: coefficients",
    ];
    const LAYOUT: &'static str = "AFW/NAME.jpg and NAME.mat, AFW_Flip/..
HELEN/NAME.jpg and NAME.mat, HELEN_Flip/..
IBUG/NAME.jpg and NAME.mat, IBUG_Flip/..
LFPW/NAME.jpg and NAME.mat, LFPW_Flip/..";

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
        let mut found: Vec<(PathBuf, PathBuf)> = vec![];
        for set in SETS {
            found.extend(tree.annotated(Path::new(set), "mat"));
            if self.mirrored {
                found.extend(tree.annotated(Path::new(&format!("{set}_Flip")), "mat"));
            }
        }
        let keys: Vec<String> = found.iter().map(|(image, _)| original(image)).collect();
        let all: Vec<usize> = (0..found.len()).collect();
        let splits = splits::held_out(&keys, &all, vec![], self.validation, self.seed);
        let item = |(image, fit)| Item { known: Known::Fitted(fit), ..Item::photo(image) };
        Ok(Listing { items: found.into_iter().map(item).collect(), splits, ..Listing::default() })
    }
}
