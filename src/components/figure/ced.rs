//! Cumulative distributions of the errors of an evaluation, a line a variant.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct Ced {
        /// Whose columns are drawn, those where lower is better.
        evaluation: String, kind = Kind::Evaluation;
    }
}

pub fn entry() -> Entry {
    register::<Ced>("ced", "Cumulative distributions of the errors of an evaluation, a line a variant.")
}
