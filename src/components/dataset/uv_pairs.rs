//! Texture maps read off photos: what was seen, the complete map, and where the seen one is missing.
//!
//! The folder is as `ablate data unwrap` writes it: `incomplete/NAME.png`, transparent where nothing was seen,
//! `complete/NAME.png`, and perhaps `missing/NAME.png`, white where the map is missing. With folders of people
//! (`incomplete/ID/NAME.png`) a person is never parted between splits. Off the face, where the complete map is
//! transparent, both are black and nothing is missing.

use std::path::PathBuf;
use std::sync::Arc;

use super::reader::tree::Tree;
use super::reader::{labels, maps, splits};
use super::split::position;
use super::{Dataset, DatasetEntry, Surroundings};
use crate::components::sample::{Array, DataError, Files, Sample, Split, read};
use crate::random::Stream;
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, ports, settings};

const NAME: &str = "uv-pairs";

settings! {
    /// What `uv-pairs` is told.
    pub struct UvPairs {
        /// Folder with `incomplete` and `complete`.
        root: String = "data/uv-pairs";
        /// Side of the maps in pixels.
        size: usize = 256_usize, min = 8;
        /// People, for the port `identity`; 0: without it.
        identities: usize = 0_usize;
        /// Shares of the people, drawn by name with `seed`.
        split: Settings = splits::shares(0.8, 0.1, 0.1);
    }
}

struct Pairs {
    root: PathBuf,
    size: usize,
    maps: Vec<maps::Map>,
    /// Number of the person of each map.
    people: Option<Vec<usize>>,
    names: Vec<String>,
    splits: [Vec<usize>; 3],
    ports: Vec<(String, Edge)>,
}

pub fn entry() -> DatasetEntry {
    let card = Card {
        family: "dataset",
        name: NAME,
        doc: "Texture maps read off photos: what was seen, the complete map, and where the seen one is missing.",
        paper: "",
        inputs: vec![],
        outputs: ports(&["incomplete: image", "complete: image", "missing: mask", "identity?: label"]),
        networks: vec![],
        settings: UvPairs::schema(),
        revision: 1,
    };
    DatasetEntry { entry: Entry { card, make: Make::Dataset(edges) }, open, files }
}

fn edges(settings: &Settings) -> Result<Vec<(String, Edge)>, Problem> {
    let settings: UvPairs = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    Ok(settings.edges())
}

impl UvPairs {
    fn edges(&self) -> Vec<(String, Edge)> {
        let image = Edge::image(3, self.size, self.size);
        let mut all = vec![
            ("incomplete".into(), image.clone()),
            ("complete".into(), image),
            ("missing".into(), Edge::mask(self.size, self.size)),
        ];
        all.extend((self.identities > 0).then(|| ("identity".into(), Edge::label(self.identities))));
        all
    }

    fn maps(&self, around: &Surroundings) -> Result<(Tree, Vec<maps::Map>), DataError> {
        let mut tree = Tree::new(NAME, maps::LAYOUT, around.path(&self.root))?;
        let maps = maps::list(&mut tree)?;
        Ok((tree, maps))
    }
}

fn open(settings: &Settings, around: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    let settings: UvPairs = read(settings)?;
    let (tree, maps) = settings.maps(around)?;
    let who: Vec<String> = maps.iter().map(|map| map.who.clone()).collect();
    let splits = splits::by_shares(&settings.split, &who)?;
    let (people, names) = match settings.identities {
        0 => (None, vec![]),
        classes => {
            let (numbers, names) = labels::number("identities", &who, classes)?;
            (Some(numbers), names)
        }
    };
    let (size, ports) = (settings.size, settings.edges());
    Ok(Arc::new(Pairs { root: tree.root, size, maps, people, names, splits, ports }))
}

fn files(settings: &Settings, around: &Surroundings) -> Result<Files, DataError> {
    let settings: UvPairs = read(settings)?;
    let (tree, maps) = settings.maps(around)?;
    Ok(tree.files(maps.iter().flat_map(maps::Map::paths).collect()))
}

impl Dataset for Pairs {
    fn len(&self, split: Split) -> usize {
        self.splits[position(split)].len()
    }

    fn sample(&self, split: Split, index: usize, _draw: Stream) -> Result<Sample, DataError> {
        let number = self.splits[position(split)][index];
        let sheets = maps::read(&self.root, &self.maps[number], self.size)?;
        let sample = Sample::default()
            .with("incomplete", sheets.incomplete)
            .with("complete", sheets.complete)
            .with("missing", sheets.missing);
        Ok(match &self.people {
            Some(people) => sample.with("identity", Array::scalar(people[number] as f32)),
            None => sample,
        })
    }

    fn ports(&self) -> &[(String, Edge)] {
        &self.ports
    }

    fn classes(&self, port: &str) -> Option<Vec<String>> {
        (port == "identity" && self.people.is_some()).then(|| self.names.clone())
    }

    fn draws(&self) -> bool {
        false
    }
}
