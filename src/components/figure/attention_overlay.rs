//! An attention map as heat over its picture.

use super::register;
use crate::registry::{Entry, Kind, settings};
use serde_json::Value;

settings! {
    pub struct AttentionOverlay {
        /// The picture.
        image: String, kind = Kind::Wire;
        /// The map; enlarged to the size of the picture.
        map: String, kind = Kind::Wire;
        /// Which samples: `"random"`, numbers, the best, median or worst by a column, or those near a value.
        pick: Value = "random";
        /// How many samples.
        count: usize = 8_usize, min = 1;
    }
}

pub fn entry() -> Entry {
    register::<AttentionOverlay>("attention-overlay", "An attention map as heat over its picture.")
}
