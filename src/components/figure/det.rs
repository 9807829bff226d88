//! Detection error trade-offs of a verification, a line a variant.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct Det {
        /// A verification, whose pairs are drawn: a panel for each dataset that it reads.
        evaluation: String, kind = Kind::Evaluation;
        /// What a band shows over several seeds: `"range"`, `"interval"` (95 % of the mean) or `"none"`; of one seed over
        /// folds.
        spread: String = "range", of = ["range", "interval", "none"];
    }
}

pub fn entry() -> Entry {
    register::<Det>("det", "Detection error trade-offs of a verification, a line a variant.")
}
