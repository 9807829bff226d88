//! Samples as pictures: a row a sample, a column a wire.

use super::register;
use crate::registry::{Entry, Kind, settings};
use serde_json::Value;

settings! {
    pub struct SampleGrid {
        /// What is shown, from left to right.
        show: Vec<String>, kind = Kind::Wires;
        /// Which samples: `"random"`, numbers, the best, median or worst by a column, or those near a value.
        pick: Value = "random";
        /// How many samples.
        count: usize = 8_usize, min = 1;
        /// Sets beside each picture a map of its absolute difference from the last of its row.
        error: bool = false;
        /// Said before what the caption says by itself.
        caption: String = "";
    }
}

pub fn entry() -> Entry {
    register::<SampleGrid>("sample-grid", "Samples as pictures: a row a sample, a column a wire.")
}
