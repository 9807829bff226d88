//! Several columns at once, a spoke a column, a closed line a variant.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct Radar {
        /// The spokes, three or more.
        columns: Vec<String>, kind = Kind::Columns;
    }
}

pub fn entry() -> Entry {
    register::<Radar>("radar", "Several columns at once, a spoke a column, a closed line a variant.")
}
