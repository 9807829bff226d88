//! The pairs that a verification judges most wrongly, as pictures with their scores.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct HardestPairs {
        /// A verification, whose pairs are shown.
        evaluation: String, kind = Kind::Evaluation;
        /// How many of a kind: false accepts, false rejects.
        count: usize = 6_usize, min = 1, max = 50;
    }
}

pub fn entry() -> Entry {
    register::<HardestPairs>(
        "hardest-pairs",
        "The pairs that a verification judges most wrongly, as pictures with their scores.",
    )
}
