//! Metrics on the validation split over steps, a panel a column.

use super::register;
use crate::registry::{Entry, Kind, settings};

settings! {
    pub struct MetricCurves {
        /// What is drawn.
        columns: Vec<String>, kind = Kind::Columns;
    }
}

pub fn entry() -> Entry {
    register::<MetricCurves>("metric-curves", "Metrics on the validation split over steps, a panel a column.")
}
