//! A metric by the groups of its evaluation, a line a variant.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct LinesByGroup {
        /// A column whose evaluation has `group-by`.
        metric: String, kind = Kind::Column;
        /// What a band shows over several seeds: `"range"`, `"interval"` (95 % of the mean) or `"none"`.
        spread: String = "range", of = ["range", "interval", "none"];
    }
}

pub fn entry() -> Entry {
    register::<LinesByGroup>("lines-by-group", "A metric by the groups of its evaluation, a line a variant.")
}
