//! IJB-B and IJB-C, 1:1: pictures of templates, and the pairs of templates that are compared.
//!
//! Maze et al., "IARPA Janus Benchmark - C" (2018), as insightface gives it out: `meta/NAME_face_tid_mid.txt` says of each
//! picture its template and its medium (`1.jpg 1 69544`), `meta/NAME_template_pair_label.txt` of each pair of templates
//! whether both are of one person (`1 11065 1`), `loose_crop` holds the pictures. All of it is test. Labels are numbered as
//! in the files.

use std::path::{Path, PathBuf};

use super::reader::cut::Cut;
use super::reader::tree::Tree;
use super::reader::{Item, Listing, Loader};
use crate::components::sample::DataError;
use crate::registry::{Edge, settings};

/// Numbers of templates and media that a label can say exactly.
const MOST: usize = 1 << 24;

settings! {
    /// What `ijb` is told.
    pub struct Ijb {
        /// Folder with `meta` and `loose_crop`.
        root: String = "data/ijbc";
        /// Which of the benchmarks, as its files are called.
        name: String = "ijbc", of = ["ijbb", "ijbc"];
        /// Side of the images in pixels.
        size: usize = 112_usize, min = 8;
        /// The square in the middle of a photo, as a share of its shorter side.
        keep: f64 = 1.0, above = 0.0, max = 1.0;
    }
}

impl Loader for Ijb {
    const NAME: &'static str = "ijb";
    const DOC: &'static str =
        "IJB-B and IJB-C, 1:1: pictures of templates, and the pairs of templates that are compared.";
    const PAPER: &'static str = "Maze et al. 2018";
    const PORTS: &'static [&'static str] = &["image: image", "template: label", "medium: label"];
    const LAYOUT: &'static str = "meta/ijbc_face_tid_mid.txt
meta/ijbc_template_pair_label.txt
loose_crop/1.jpg";

    fn root(&self) -> &str {
        &self.root
    }

    fn size(&self) -> usize {
        self.size
    }

    fn ports(&self) -> Vec<(String, Edge)> {
        vec![
            ("image".into(), Edge::image(3, self.size, self.size)),
            ("template".into(), Edge::label(MOST)),
            ("medium".into(), Edge::label(MOST)),
        ]
    }

    fn cut(&self) -> Cut {
        Cut::Middle(self.keep)
    }

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let meta = |end: &str| PathBuf::from(format!("meta/{}_{end}.txt", self.name));
        let (faces, compared) = (tree.list(meta("face_tid_mid"))?, tree.list(meta("template_pair_label"))?);
        let mut items = vec![];
        for line in faces.lines() {
            const EXPECTED: &str = "a picture, its template and its medium";
            let [photo, template, medium] = line.exactly(EXPECTED)?;
            let number = |word| line.number(word, 0..=MOST - 1, EXPECTED).map(|n| vec![n as f32]);
            let values = vec![number(template)?, number(medium)?];
            let path = tree.need(Path::new("loose_crop").join(line.path(photo)?));
            items.push(Item { values, ..Item::photo(path) });
        }
        let mut pairings = vec![];
        for line in compared.lines() {
            const EXPECTED: &str = "two templates and 1 (one person) or 0";
            let [first, second, same] = line.exactly(EXPECTED)?;
            let number = |word, most| line.number(word, 0..=most, EXPECTED);
            pairings.push((number(first, MOST - 1)?, number(second, MOST - 1)?, number(same, 1)? == 1));
        }
        let splits = [vec![], vec![], (0..items.len()).collect()];
        Ok(Listing { items, splits, pairings, ..Listing::default() })
    }
}
