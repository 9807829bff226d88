//! A metric by the groups of its evaluation, a line a variant.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct LinesByGroup {
        /// A column whose evaluation has `group-by`.
        metric: String, kind = Kind::Column;
    }
}

pub fn entry() -> Entry {
    register::<LinesByGroup>("lines-by-group", "A metric by the groups of its evaluation, a line a variant.")
}
