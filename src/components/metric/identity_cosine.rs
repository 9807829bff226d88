//! Cosine between a network's vectors of prediction and target: how far a picture keeps the person, as the named network
//! sees it. 1 where both vectors have one direction.

use super::{Column, Metric, MetricEntry, MetricError, MetricInputs, equal_shapes};
use crate::registry::{Card, Entry, Make, ports};

struct IdentityCosine;

impl Metric for IdentityCosine {
    /// Prediction and target are the network's vectors, N x E x 1 x 1.
    fn samples(&self, inputs: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        let (prediction, target) = inputs.two("prediction", "target")?;
        let of = |n| cosine(prediction.sample(n), target.sample(n));
        Ok(vec![(0..prediction.shape[0]).map(of).collect()])
    }
}

/// `None` where a vector has no length.
fn cosine(a: &[f32], b: &[f32]) -> Option<f64> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    (lengths > 0.0).then(|| dot(a, b) / lengths).filter(|c| c.is_finite())
}

pub fn entry() -> MetricEntry {
    let card = Card {
        family: "metric",
        name: "identity-cosine",
        doc: "Cosine between a network's vectors of prediction and target.",
        paper: "",
        inputs: ports(&["prediction: image", "target: image"]),
        outputs: ports(&["identity-cosine: scalar"]),
        networks: vec!["network"],
        settings: vec![],
        revision: 1,
    };
    let column =
        Column { name: "identity-cosine", label: "Identity cosine", unit: "", higher_is_better: true, decimals: 3 };
    MetricEntry {
        entry: Entry { card, make: Make::Measure(equal_shapes) },
        columns: vec![column],
        open: |_| Ok(Box::new(IdentityCosine)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::metric::{View, open};
    use crate::registry::Settings;

    #[test]
    fn lengths_do_not_matter() {
        let (a, b) = ([3.0, 0.0, 1.0, 1.0, 0.0, 0.0], [0.5, 0.0, 0.0, 2.0, 1.0, 0.0]);
        let view = |data| View { shape: [3, 2, 1, 1], data };
        let metric = open("identity-cosine", &Settings::new()).unwrap();
        let found = metric.samples(&MetricInputs::pair(view(&a), view(&b), None)).unwrap().remove(0);
        assert!((found[0].unwrap() - 1.0).abs() < 1e-12 && (found[1].unwrap() - 0.5f64.sqrt()).abs() < 1e-12);
        assert_eq!(found[2], None, "a vector of zeros has no direction");
    }
}
