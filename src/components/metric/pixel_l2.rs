//! Mean over the pixels of the Euclidean distance between their colours, images -1 to 1.

use super::{Column, IMAGES, Metric, MetricEntry, MetricError, MetricInputs, Pair, equal_shapes, on_pairs};

struct PixelL2;

impl Metric for PixelL2 {
    fn samples(&self, inputs: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        Ok(vec![inputs.pairs()?.iter().map(mean_distance).collect()])
    }
}

fn mean_distance(pair: &Pair<'_>) -> Option<f64> {
    let [channels, height, width] = pair.shape;
    let size = height * width;
    let (mut sum, mut total) = (0.0, 0.0);
    for i in (0..size).filter(|&i| pair.weight(i) > 0.0) {
        let squared: f64 = (0..channels)
            .map(|c| (f64::from(pair.prediction[c * size + i]) - f64::from(pair.target[c * size + i])).powi(2))
            .sum();
        sum += pair.weight(i) * squared.sqrt();
        total += pair.weight(i);
    }
    (total > 0.0).then(|| sum / total)
}

pub fn entry() -> MetricEntry {
    let doc = "Mean Euclidean distance between the colours of pixels.";
    MetricEntry {
        entry: on_pairs("pixel-l2", doc, &IMAGES, "pixel-l2: scalar", vec![], equal_shapes),
        columns: vec![Column { name: "pixel-l2", label: "Pixel L2", unit: "", higher_is_better: false, decimals: 4 }],
        open: |_| Ok(Box::new(PixelL2)),
    }
}
