//! Intersection over union of two masks cut at `threshold`; 1 where both are empty.

use super::{Column, MASKS, Metric, MetricEntry, MetricError, MetricInputs, equal_shapes, on_pairs};
use crate::components::sample::read;
use crate::registry::{Declared, settings};

settings! {
    /// What `iou` is told.
    pub struct Iou {
        /// From where on a value counts as inside.
        threshold: f64 = 0.5, above = 0.0, below = 1.0;
    }
}

impl Metric for Iou {
    fn samples(&self, inputs: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        let inside = |v: f64| v >= self.threshold;
        let share = |value: fn(bool, bool) -> bool| move |p: f64, t: f64| f64::from(value(inside(p), inside(t)));
        let of_pair = |pair: &super::Pair<'_>| {
            let (both, either) = (pair.mean(share(|p, t| p && t))?, pair.mean(share(|p, t| p || t))?);
            Some(if either > 0.0 { both / either } else { 1.0 })
        };
        Ok(vec![inputs.pairs()?.iter().map(of_pair).collect()])
    }
}

pub fn entry() -> MetricEntry {
    let doc = "Intersection over union of two masks.";
    MetricEntry {
        entry: on_pairs("iou", doc, &MASKS, "iou: scalar", Iou::schema(), equal_shapes),
        columns: vec![Column { name: "iou", label: "IoU", unit: "", higher_is_better: true, decimals: 3 }],
        open: |settings| Ok(Box::new(read::<Iou>(settings)?)),
    }
}
