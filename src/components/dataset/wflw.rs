//! WFLW: photos of faces with 98 landmarks and six difficulties.
//!
//! Wu et al., "Look at Boundary: A Boundary-Aware Face Alignment Algorithm" (2018): `WFLW_images` and the lists of
//! `WFLW_annotations`, 7,500 faces to train and 2,500 to test. A line holds 98 points (the first pixel's centre is
//! (0, 0)), a rectangle, six marks (pose, expression, illumination, make-up, occlusion, blur) and the photo.
//!
//! The photo is cut to the square around the landmarks; `attributes` are the marks, 0 or 1.

use std::path::Path;

use super::reader::cut::Cut;
use super::reader::lists::List;
use super::reader::tree::Tree;
use super::reader::{Item, Known, Listing, Loader, face_ports, splits};
use crate::components::sample::DataError;
use crate::registry::{Edge, settings};

const POINTS: usize = 98;
const MARKS: [&str; 6] = ["pose", "expression", "illumination", "make-up", "occlusion", "blur"];
/// 98 points, a rectangle, the marks and the photo.
const WORDS: usize = 2 * POINTS + 4 + MARKS.len() + 1;
const EXPECTED: &str = "98 points, a rectangle, 6 marks and the path of a photo";

settings! {
    /// What `wflw` is told.
    pub struct Wflw {
        /// Folder with `WFLW_images` and `WFLW_annotations`.
        root: String = "data/wflw";
        /// Side of the images in pixels.
        size: usize = 256_usize, min = 8;
        /// The test photos: all, or those of one mark.
        subset: String = "all", of = ["all", "pose", "expression", "illumination", "make-up", "occlusion", "blur"];
        /// Room on each side of the landmarks, as a share of their extent.
        margin: f64 = 0.25, min = 0.0, max = 2.0;
        /// Share of the training photos that validate.
        validation: f64 = 0.1, min = 0.0, max = 1.0;
        /// Which of them.
        seed: usize = 0_usize;
    }
}

impl Loader for Wflw {
    const NAME: &'static str = "wflw";
    const DOC: &'static str = "WFLW: photos of faces with 98 landmarks and six difficulties.";
    const PAPER: &'static str = "Wu et al. 2018";
    const PORTS: &'static [&'static str] =
        &["image: image", "landmarks: landmarks", "box: vector", "attributes: vector"];
    const LAYOUT: &'static str = "WFLW_images/0--Parade/NAME.jpg
WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_train.txt
WFLW_annotations/list_98pt_rect_attr_train_test/list_98pt_rect_attr_test.txt";

    fn root(&self) -> &str {
        &self.root
    }

    fn size(&self) -> usize {
        self.size
    }

    fn ports(&self) -> Vec<(String, Edge)> {
        let mut ports = face_ports(self.size, POINTS);
        ports.push(("attributes".into(), Edge::vector(MARKS.len())));
        ports
    }

    fn cut(&self) -> Cut {
        Cut::Face(self.margin)
    }

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let folder = Path::new("WFLW_annotations/list_98pt_rect_attr_train_test");
        let train = tree.list(folder.join("list_98pt_rect_attr_train.txt"))?;
        let test = tree.list(folder.join("list_98pt_rect_attr_test.txt"))?;
        let mut items = faces(&train, tree)?;
        let training: Vec<usize> = (0..items.len()).collect();
        items.extend(faces(&test, tree)?);
        let mark = MARKS.iter().position(|mark| *mark == self.subset);
        let chosen = |i: &usize| mark.is_none_or(|mark| items[*i].values[0][mark] > 0.5);
        let test = (training.len()..items.len()).filter(chosen).collect();
        // A photo may show several faces: all of them train or validate.
        let keys: Vec<String> = items.iter().map(|item| super::reader::tree::name(&item.images[0])).collect();
        let splits = splits::held_out(&keys, &training, test, self.validation, self.seed);
        Ok(Listing { items, splits, ..Listing::default() })
    }
}

fn faces(list: &List, tree: &mut Tree) -> Result<Vec<Item>, DataError> {
    let mut found = vec![];
    for line in list.lines() {
        let [all @ .., photo] = &line.words[..] else { return Err(line.wrong(EXPECTED)) };
        if line.words.len() != WORDS {
            return Err(line.wrong(EXPECTED));
        }
        let numbers = line.numbers(all, EXPECTED)?;
        let (points, rest) = numbers.split_at(2 * POINTS);
        let points = points.chunks_exact(2).map(|point| [point[0] + 0.5, point[1] + 0.5]).collect();
        let image = tree.need(Path::new("WFLW_images").join(line.path(photo)?));
        found.push(Item { known: Known::Points(points), values: vec![rest[4..].to_vec()], ..Item::photo(image) });
    }
    Ok(found)
}
