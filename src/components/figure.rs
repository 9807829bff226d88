//! Figures of a report: their settings. What they look like is the report's own business, which draws them from the
//! record by the same names.

pub mod attention_overlay;
pub mod bars;
pub mod ced;
pub mod graph;
pub mod lines_by_group;
pub mod loss_curves;
pub mod metric_curves;
pub mod radar;
pub mod sample_grid;
pub mod scatter;

use crate::registry::{Declared, Entry};

pub fn entries() -> Vec<Entry> {
    vec![
        attention_overlay::entry(),
        bars::entry(),
        ced::entry(),
        graph::entry(),
        lines_by_group::entry(),
        loss_curves::entry(),
        metric_curves::entry(),
        radar::entry(),
        sample_grid::entry(),
        scatter::entry(),
    ]
}

fn register<S: Declared>(name: &'static str, doc: &'static str) -> Entry {
    Entry::plain("figure", name, doc, "", S::schema())
}
