//! One column against another, a point a variant.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct Scatter {
        /// Column of the horizontal axis.
        x: String, kind = Kind::Column;
        /// Column of the vertical axis.
        y: String, kind = Kind::Column;
    }
}

pub fn entry() -> Entry {
    register::<Scatter>("scatter", "One column against another, a point a variant.")
}
