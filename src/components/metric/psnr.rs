//! Peak signal-to-noise ratio of a sample in dB: images mapped to 0 to 1, peak 1, 100 dB at most.

use super::{Column, IMAGES, Metric, MetricEntry, MetricError, MetricInputs, equal_shapes, on_pairs};

struct Psnr;

/// What equal images have.
const MOST: f64 = 100.0;

impl Metric for Psnr {
    fn samples(&self, inputs: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        let psnr = |mse: f64| (-10.0 * mse.log10()).min(MOST);
        let pairs = inputs.pairs()?;
        Ok(vec![pairs.iter().map(|pair| pair.mean(|p, t| ((p - t) / 2.0).powi(2)).map(psnr)).collect()])
    }
}

pub fn entry() -> MetricEntry {
    MetricEntry {
        entry: on_pairs("psnr", "Peak signal-to-noise ratio in dB.", &IMAGES, "psnr: scalar", vec![], equal_shapes),
        columns: vec![Column { name: "psnr", label: "PSNR", unit: "dB", higher_is_better: true, decimals: 2 }],
        open: |_| Ok(Box::new(Psnr)),
    }
}
