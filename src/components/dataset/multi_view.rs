//! Several texture maps of a person as one sample, side by side and merged.
//!
//! The folder is that of `uv-pairs`, with a folder for each person (`incomplete/ID/NAME.png`). Each map gives a sample; to
//! it, `views` less one others of the same person are drawn. `incomplete` is the mean of what they show, `missing` where
//! none shows anything, `complete` the first one's; `views` are the maps one after the other (3 channels each) and `unseen`
//! their masks, for networks that merge by themselves.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::reader::tree::Tree;
use super::reader::{maps, splits};
use super::split::position;
use super::{Dataset, DatasetEntry, Surroundings};
use crate::components::sample::{Array, DataError, Files, Sample, Split, read};
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, ports, settings};

pub const NAME: &str = "multi-view";

settings! {
    /// What `multi-view` is told.
    pub struct MultiView {
        /// Folder with `incomplete/ID` and `complete/ID`.
        root: String = "data/uv-pairs";
        /// Side of the maps in pixels.
        size: usize = 256_usize, min = 8;
        /// Maps of a sample.
        views: usize = 3_usize, min = 2;
        /// Shares of the people, drawn by name with `seed`.
        split: Settings = splits::shares(0.8, 0.1, 0.1);
    }
}

struct Views {
    root: PathBuf,
    settings: MultiView,
    maps: Vec<maps::Map>,
    /// The maps of each person.
    people: BTreeMap<String, Vec<usize>>,
    splits: [Vec<usize>; 3],
    ports: Vec<(String, Edge)>,
}

pub fn entry() -> DatasetEntry {
    let card = Card {
        family: "dataset",
        name: NAME,
        doc: "Several texture maps of a person as one sample, side by side and merged.",
        paper: "",
        inputs: vec![],
        outputs: ports(&["incomplete: image", "complete: image", "missing: mask", "views: map", "unseen: map"]),
        networks: vec![],
        settings: MultiView::schema(),
        revision: 1,
    };
    DatasetEntry { entry: Entry { card, make: Make::Dataset(edges) }, open, files }
}

fn edges(settings: &Settings) -> Result<Vec<(String, Edge)>, Problem> {
    let settings: MultiView = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    Ok(settings.edges())
}

impl MultiView {
    fn edges(&self) -> Vec<(String, Edge)> {
        let image = Edge::image(3, self.size, self.size);
        vec![
            ("incomplete".into(), image.clone()),
            ("complete".into(), image),
            ("missing".into(), Edge::mask(self.size, self.size)),
            ("views".into(), Edge::map(3 * self.views, self.size, self.size)),
            ("unseen".into(), Edge::map(self.views, self.size, self.size)),
        ]
    }

    fn maps(&self, around: &Surroundings) -> Result<(Tree, Vec<maps::Map>), DataError> {
        let mut tree = Tree::new(NAME, maps::LAYOUT, around.path(&self.root))?;
        let maps = maps::list(&mut tree)?;
        Ok((tree, maps))
    }
}

fn open(settings: &Settings, around: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    let settings: MultiView = read(settings)?;
    let (tree, maps) = settings.maps(around)?;
    let mut people: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, map) in maps.iter().enumerate() {
        people.entry(map.who.clone()).or_default().push(number);
    }
    let few: Vec<(&String, usize)> =
        people.iter().map(|(who, maps)| (who, maps.len())).filter(|(_, count)| *count < settings.views).collect();
    if let Some((who, count)) = few.first() {
        let others = if few.len() > 1 { format!(", and {} others have too few", few.len() - 1) } else { String::new() };
        let why = format!("it is {}, but `{who}` has {count} of them{others}", settings.views);
        return Err(DataError::setting("views", why));
    }
    let who: Vec<String> = maps.iter().map(|map| map.who.clone()).collect();
    let (splits, ports) = (splits::by_shares(&settings.split, &who)?, settings.edges());
    Ok(Arc::new(Views { root: tree.root, settings, maps, people, splits, ports }))
}

fn files(settings: &Settings, around: &Surroundings) -> Result<Files, DataError> {
    let settings: MultiView = read(settings)?;
    let (tree, maps) = settings.maps(around)?;
    Ok(tree.files(maps.iter().flat_map(maps::Map::paths).collect()))
}

impl Views {
    /// A map and those drawn to it.
    fn chosen(&self, first: usize, mut draw: Stream) -> Vec<usize> {
        let others: Vec<usize> = self.people[&self.maps[first].who].iter().copied().filter(|i| *i != first).collect();
        let order = draw.permutation(others.len());
        std::iter::once(first).chain(order.into_iter().map(|i| others[i])).take(self.settings.views).collect()
    }
}

impl Dataset for Views {
    fn len(&self, split: Split) -> usize {
        self.splits[position(split)].len()
    }

    fn sample(&self, split: Split, index: usize, draw: Stream) -> Result<Sample, DataError> {
        let (first, size) = (self.splits[position(split)][index], self.settings.size);
        let read = |number: usize| maps::read(&self.root, &self.maps[number], size);
        let sheets = self.chosen(first, draw.named("views")).into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let stacked = |channels: usize, part: fn(&maps::Sheets) -> &Array| {
            let data = sheets.iter().flat_map(|sheet| part(sheet).data.iter().copied()).collect();
            Array { shape: [channels * sheets.len(), size, size], data }
        };
        let (incomplete, missing) = merged(&sheets, size);
        Ok(Sample::default()
            .with("incomplete", incomplete)
            .with("complete", sheets[0].complete.clone())
            .with("missing", missing)
            .with("views", stacked(3, |sheet| &sheet.incomplete))
            .with("unseen", stacked(1, |sheet| &sheet.missing)))
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn draws(&self) -> bool {
        true
    }
}

/// The mean of what maps show of each texel, and 1 where none shows it.
fn merged(sheets: &[maps::Sheets], size: usize) -> (Array, Array) {
    let texels = size * size;
    let (mut sum, mut seen) = (Array::filled([3, size, size], 0.0), vec![0.0f32; texels]);
    for sheet in sheets {
        // What is missing is 0 in the incomplete map already.
        sum.data.iter_mut().zip(&sheet.incomplete.data).for_each(|(sum, value)| *sum += value);
        seen.iter_mut().zip(&sheet.missing.data).for_each(|(seen, missing)| *seen += 1.0 - missing);
    }
    for plane in sum.data.chunks_exact_mut(texels) {
        plane.iter_mut().zip(&seen).filter(|(_, seen)| **seen > 0.0).for_each(|(sum, seen)| *sum /= seen);
    }
    let missing = seen.iter().map(|seen| if *seen > 0.0 { 0.0 } else { 1.0 }).collect();
    (sum, Array { shape: [1, size, size], data: missing })
}
