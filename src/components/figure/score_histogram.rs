//! Scores of genuine and of impostor pairs of a verification, a panel a variant.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct ScoreHistogram {
        /// A verification, whose pairs are counted.
        evaluation: String, kind = Kind::Evaluation;
        /// Bars from the least to the greatest score.
        bins: usize = 40_usize, min = 5, max = 400;
    }
}

pub fn entry() -> Entry {
    register::<ScoreHistogram>(
        "score-histogram",
        "Scores of genuine and of impostor pairs of a verification, a panel a variant.",
    )
}
