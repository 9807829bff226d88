//! Verification: pairs of photos in folds, or the photos one by one with who they show.
//!
//! `same` is 1 where both photos show one person; `fold` counts from 0. All pairs are in the test split, since a
//! protocol of folds chooses its thresholds within itself.

use std::path::PathBuf;

use super::{Item, Known, Listing, People, labels, splits};
use crate::components::sample::DataError;
use crate::registry::{Edge, Settings};

/// The setting `read`: what a sample is.
pub const READ: [&str; 2] = ["pairs", "images"];

/// Ports of pairs, in the card's notation; those of single photos follow.
pub const PORTS: [&str; 6] =
    ["first?: image", "second?: image", "same?: label", "fold?: label", "image?: image", "identity?: label"];

/// Folds of the protocols of LFW and of what is laid out after it, CPLFW and CFP.
pub const FOLDS: usize = 10;

pub struct Pair {
    pub first: PathBuf,
    pub second: PathBuf,
    pub same: bool,
    pub fold: usize,
    /// Who the two show.
    pub people: [String; 2],
}

/// `first`, `second`, `same`, `fold`.
pub fn ports(size: usize, folds: usize) -> Vec<(String, Edge)> {
    let image = Edge::image(3, size, size);
    vec![
        ("first".into(), image.clone()),
        ("second".into(), image),
        ("same".into(), Edge::label(2)),
        ("fold".into(), Edge::label(folds)),
    ]
}

/// `image` and `identity`.
pub fn single_ports(size: usize, classes: usize) -> Vec<(String, Edge)> {
    vec![("image".into(), Edge::image(3, size, size)), ("identity".into(), Edge::label(classes))]
}

/// All pairs, for the test.
pub fn listing(pairs: Vec<Pair>) -> Listing {
    let people = People::new(pairs.iter().map(|pair| pair.people.clone()));
    let item = |pair: Pair| Item {
        images: vec![pair.first, pair.second],
        known: Known::Nothing,
        values: vec![vec![f32::from(u8::from(pair.same))], vec![pair.fold as f32]],
    };
    let items: Vec<Item> = pairs.into_iter().map(item).collect();
    Listing { splits: [vec![], vec![], (0..items.len()).collect()], items, people: Some(people), ..Listing::default() }
}

/// Photos with who they show and further values; people are parted by `split`.
pub fn people(
    photos: Vec<(PathBuf, String, Vec<Vec<f32>>)>,
    classes: usize,
    split: &Settings,
) -> Result<Listing, DataError> {
    let names: Vec<String> = photos.iter().map(|(_, name, _)| name.clone()).collect();
    let (numbers, known) = labels::number("classes", &names, classes)?;
    let item = |((path, _, more), number): ((PathBuf, String, Vec<Vec<f32>>), usize)| {
        let values = std::iter::once(vec![number as f32]).chain(more).collect();
        Item { values, ..Item::photo(path) }
    };
    let items = photos.into_iter().zip(numbers).map(item).collect();
    let people = Some(People::new(names.iter().map(|name| [name.clone(), name.clone()])));
    Ok(Listing {
        items,
        splits: splits::by_shares(split, &names)?,
        classes: vec![("identity", known)],
        people,
        ..Listing::default()
    })
}
