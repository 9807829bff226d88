//! Metrics on the validation split over steps, a panel a column.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct MetricCurves {
        /// What is drawn.
        columns: Vec<String>, kind = Kind::Columns;
        /// What a band shows over several seeds: `"range"`, `"interval"` (95 % of the mean) or `"none"`.
        spread: String = "range", of = ["range", "interval", "none"];
    }
}

pub fn entry() -> Entry {
    register::<MetricCurves>("metric-curves", "Metrics on the validation split over steps, a panel a column.")
}
