//! Means on the test split as grouped bars, a panel a column, a bar a variant.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct Bars {
        /// A panel each.
        columns: Vec<String>, kind = Kind::Columns;
        /// What bars stand beside each other for: an axis of the study, or `"group"`, the groups of the column's
        /// evaluation; empty: one bar a row.
        across: String = "";
        /// What a whisker shows over several seeds: `"range"`, `"interval"` (95 % of the mean) or `"none"`.
        spread: String = "range", of = ["range", "interval", "none"];
    }
}

pub fn entry() -> Entry {
    register::<Bars>("bars", "Means on the test split as grouped bars, a panel a column, a bar a variant.")
}
