//! Figures of a report: their settings. What they look like is the report's own business, which draws them from the
//! record by the same names.

pub mod attention_overlay;
pub mod bars;
pub mod ced;
pub mod confusion_by_yaw;
pub mod det;
pub mod embedding_map;
pub mod graph;
pub mod hardest_pairs;
pub mod lines_by_group;
pub mod loss_curves;
pub mod metric_curves;
pub mod radar;
pub mod roc;
pub mod sample_grid;
pub mod scatter;
pub mod score_histogram;

use crate::registry::{Declared, Entry};

pub fn entries() -> Vec<Entry> {
    vec![
        attention_overlay::entry(),
        bars::entry(),
        ced::entry(),
        confusion_by_yaw::entry(),
        det::entry(),
        embedding_map::entry(),
        graph::entry(),
        hardest_pairs::entry(),
        lines_by_group::entry(),
        loss_curves::entry(),
        metric_curves::entry(),
        radar::entry(),
        roc::entry(),
        sample_grid::entry(),
        scatter::entry(),
        score_histogram::entry(),
    ]
}

fn register<S: Declared>(name: &'static str, doc: &'static str) -> Entry {
    Entry::plain("figure", name, doc, "", S::schema())
}
