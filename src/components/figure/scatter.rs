//! One column against another, a point a variant.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct Scatter {
        /// Column of the horizontal axis.
        x: String, kind = Kind::Column;
        /// Column of the vertical axis.
        y: String, kind = Kind::Column;
        /// What a whisker shows over several seeds: `"range"`, `"interval"` (95 % of the mean) or `"none"`.
        spread: String = "range", of = ["range", "interval", "none"];
    }
}

pub fn entry() -> Entry {
    register::<Scatter>("scatter", "One column against another, a point a variant.")
}
