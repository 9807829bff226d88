//! stub
use super::{Dataset, DatasetEntry, Surroundings};
use crate::components::sample::{DataError, read};
use crate::registry::{Card, Declared, Edge, Entry, Make, Problem, Settings, ports, settings};
use std::sync::Arc;

settings! {
    /// What `synthetic-uv` is told.
    pub struct SyntheticUv {
        /// Side of a map in pixels.
        size: usize = 256_usize, min = 8;
        /// People, over all splits.
        identities: usize = 1000_usize, min = 3;
    }
}

pub fn entry() -> DatasetEntry {
    let card = Card {
        family: "dataset",
        name: "synthetic-uv",
        doc: "Procedural faces as UV maps, whole and with what a turned head hides.",
        paper: "",
        inputs: vec![],
        outputs: ports(&["incomplete: image", "complete: image", "missing: mask", "identity: label", "yaw: scalar"]),
        networks: vec![],
        settings: SyntheticUv::schema(),
    };
    DatasetEntry { entry: Entry { card, make: Make::Dataset(edges) }, open }
}

fn edges(settings: &Settings) -> Result<Vec<(String, Edge)>, Problem> {
    let s: SyntheticUv = read(settings).map_err(|e| Problem::new(e.to_string()))?;
    let image = Edge::image(3, s.size, s.size);
    Ok(vec![("incomplete".into(), image)])
}

fn open(_: &Settings, _: &Surroundings) -> Result<Arc<dyn Dataset>, DataError> {
    Err(DataError::NoDataset("synthetic-uv".into()))
}
