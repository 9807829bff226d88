//! Mean absolute difference, in the port's own units.

use super::{ANY, Column, Metric, MetricEntry, MetricError, MetricInputs, equal_shapes, on_pairs};

struct L1;

impl Metric for L1 {
    fn samples(&self, inputs: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        Ok(vec![inputs.pairs()?.iter().map(|pair| pair.mean(|p, t| (p - t).abs())).collect()])
    }
}

pub fn entry() -> MetricEntry {
    MetricEntry {
        entry: on_pairs("l1", "Mean absolute difference.", &ANY, "l1: scalar", vec![], equal_shapes),
        columns: vec![Column { name: "l1", label: "L1", unit: "", higher_is_better: false, decimals: 4 }],
        open: |_| Ok(Box::new(L1)),
    }
}
