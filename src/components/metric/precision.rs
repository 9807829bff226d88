//! Share of the predicted mask that is right, masks cut at `threshold`; no number where nothing is predicted.

use super::{Column, MASKS, Metric, MetricEntry, MetricError, MetricInputs, equal_shapes, on_pairs};
use crate::components::sample::read;
use crate::registry::{Declared, settings};

settings! {
    /// What `precision` is told.
    pub struct Precision {
        /// From where on a value counts as inside.
        threshold: f64 = 0.5, above = 0.0, below = 1.0;
    }
}

impl Metric for Precision {
    fn samples(&self, inputs: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        let inside = |v: f64| v >= self.threshold;
        let of_pair = |pair: &super::Pair<'_>| {
            let right = pair.mean(|p, t| f64::from(inside(p) && inside(t)))?;
            let predicted = pair.mean(|p, _| f64::from(inside(p)))?;
            (predicted > 0.0).then(|| right / predicted)
        };
        Ok(vec![inputs.pairs()?.iter().map(of_pair).collect()])
    }
}

pub fn entry() -> MetricEntry {
    let doc = "Share of the predicted mask that is right.";
    MetricEntry {
        entry: on_pairs("precision", doc, &MASKS, "precision: scalar", Precision::schema(), equal_shapes),
        columns: vec![Column { name: "precision", label: "Precision", unit: "", higher_is_better: true, decimals: 3 }],
        open: |settings| Ok(Box::new(read::<Precision>(settings)?)),
    }
}
