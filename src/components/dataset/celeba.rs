//! CelebA: 202,599 aligned photos of 10,177 people with 40 attributes and 5 landmarks.
//!
//! Liu et al., "Deep Learning Face Attributes in the Wild" (2015): `img_align_celeba` (178x218) and four lists, all in one
//! folder or, as they are given out, in `Img`, `Anno` and `Eval`. The official partition makes the splits, which share no
//! person; `identity` is the list's number less 1, over all splits.
//!
//! The photo is cut to the square in its middle; landmarks (eyes, nose, corners of the mouth) are in pixels of it,
//! `attributes` are 1 or 0 in the order of the list's header.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::reader::lists::List;
use super::reader::tree::Tree;
use super::reader::{Item, Known, Listing, Loader};
use crate::components::sample::DataError;
use crate::registry::{Edge, Type, settings};

const ATTRIBUTES: usize = 40;
const POINTS: usize = 5;

settings! {
    /// What `celeba` is told.
    pub struct Celeba {
        /// Folder with `img_align_celeba` and the lists.
        root: String = "data/celeba";
        /// Side of the images in pixels.
        size: usize = 128_usize, min = 8;
        /// People.
        classes: usize = 10177_usize, min = 2;
    }
}

impl Loader for Celeba {
    const NAME: &'static str = "celeba";
    const DOC: &'static str = "CelebA: 202,599 aligned photos of 10,177 people with 40 attributes and 5 landmarks.";
    const PAPER: &'static str = "Liu et al. 2015";
    const PORTS: &'static [&'static str] =
        &["image: image", "identity: label", "attributes: vector", "landmarks: landmarks"];
    const LAYOUT: &'static str = "img_align_celeba/000001.jpg        (or under Img)
identity_CelebA.txt                (or under Anno)
list_attr_celeba.txt               (or under Anno)
list_landmarks_align_celeba.txt    (or under Anno)
list_eval_partition.txt            (or under Eval)";

    fn root(&self) -> &str {
        &self.root
    }

    fn size(&self) -> usize {
        self.size
    }

    fn ports(&self) -> Vec<(String, Edge)> {
        vec![
            ("image".into(), Edge::image(3, self.size, self.size)),
            ("identity".into(), Edge::label(self.classes)),
            ("attributes".into(), Edge::vector(ATTRIBUTES)),
            ("landmarks".into(), Edge::new(Type::Landmarks, [POINTS, 2, 1])),
        ]
    }

    fn list(&self, tree: &mut Tree) -> Result<Listing, DataError> {
        let images = tree.first_of(&["Img/img_align_celeba", "img_align_celeba"]);
        let partition = list(tree, "Eval", "list_eval_partition.txt")?;
        let identities = list(tree, "Anno", "identity_CelebA.txt")?;
        let attributes = list(tree, "Anno", "list_attr_celeba.txt")?;
        let landmarks = list(tree, "Anno", "list_landmarks_align_celeba.txt")?;
        let (who, marks) = (people(&identities, self.classes)?, table::<ATTRIBUTES>(&attributes)?);
        let places = table::<{ 2 * POINTS }>(&landmarks)?;
        let mut found = Listing::default();
        for line in partition.lines() {
            const EXPECTED: &str = "a photo and 0, 1 or 2";
            let [photo, part] = line.exactly(EXPECTED)?;
            let part = line.number(part, 0..=2, EXPECTED)?;
            let lacks = |list: &List| list.wrong(format!("it lacks `{photo}`, which the partition has"));
            let number = *who.get(photo).ok_or_else(|| lacks(&identities))?;
            let marks = marks.get(photo).ok_or_else(|| lacks(&attributes))?;
            let places = places.get(photo).ok_or_else(|| lacks(&landmarks))?;
            let values = vec![vec![number as f32], marks.iter().map(|mark| f32::from(u8::from(*mark > 0.0))).collect()];
            // The first pixel's centre is (0, 0).
            let points = places.chunks_exact(2).map(|point| [point[0] + 0.5, point[1] + 0.5]).collect();
            let image = tree.need(images.join(line.path(photo)?));
            found.splits[part].push(found.items.len());
            found.items.push(Item { images: vec![image], known: Known::Points(points), values });
        }
        Ok(found)
    }
}

fn list(tree: &mut Tree, folder: &str, file: &str) -> Result<List, DataError> {
    let path: PathBuf = tree.first_of(&[&format!("{folder}/{file}"), file]);
    tree.list(Path::new(&path).into())
}

/// Number of the person on each photo, from 0.
fn people(list: &List, classes: usize) -> Result<HashMap<&str, usize>, DataError> {
    let mut found = HashMap::new();
    for line in list.lines() {
        let expected = format!("a photo and a number of 1 to {classes} (`classes`)");
        let [photo, number] = line.exactly(&expected)?;
        found.insert(photo, line.number(number, 1..=classes, &expected)? - 1);
    }
    Ok(found)
}

/// A list with its number of photos, the names of its columns, and a line of so many numbers a photo.
fn table<const N: usize>(list: &List) -> Result<HashMap<&str, Vec<f32>>, DataError> {
    let expected = format!("a photo and {N} numbers");
    let mut lines = list.lines();
    let count = lines.next().and_then(|line| line.words[0].parse::<usize>().ok());
    let names = lines.next().map(|line| line.words.len());
    if names != Some(N) {
        let found = names.unwrap_or(0);
        return Err(list.wrong(format!("line 2: found {found} names of columns, expected {N}")));
    }
    let mut rows = HashMap::new();
    for line in lines {
        match &line.words[..] {
            [photo, numbers @ ..] if numbers.len() == N => rows.insert(*photo, line.numbers(numbers, &expected)?),
            _ => return Err(line.wrong(&expected)),
        };
    }
    match count {
        Some(count) if count == rows.len() => Ok(rows),
        Some(count) => Err(list.wrong(format!("it says {count} photos and holds {}", rows.len()))),
        None => Err(list.wrong("line 1: expected the number of photos")),
    }
}
