//! Distance of prediction and target in the maps of a named network, all its outputs together.
//!
//! Zhang et al. 2018, eq. 1, with all weights 1: at each place of a map both vectors over the channels are divided by their
//! lengths; squared differences are summed over channels, averaged over places, summed over maps. LPIPS itself has
//! AlexNet or VGG and learnt weights: numbers can only be compared with those of the same network, which the column names.

use super::{Column, Metric, MetricEntry, MetricError, MetricInputs, View, equal_shapes};
use crate::registry::{Card, Entry, Make, ports};

struct Perceptual;

impl Metric for Perceptual {
    /// The network's outputs stand as `prediction`, `prediction-1`, .., each N x C x H x W.
    fn samples(&self, inputs: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        let first = inputs.need("prediction")?;
        let mut total = vec![0.0; first.shape[0]];
        for layer in 0.. {
            let name = |side: &str| if layer == 0 { side.to_string() } else { format!("{side}-{layer}") };
            let (Some(a), Some(b)) = (inputs.get(&name("prediction")), inputs.get(&name("target"))) else { break };
            if a.shape != b.shape {
                let why = format!("output {layer} is {:?} of prediction, {:?} of target", a.shape, b.shape);
                return Err(MetricError::Shapes(why));
            }
            total.iter_mut().enumerate().for_each(|(n, t)| *t += apart(&a, &b, n));
        }
        Ok(vec![total.into_iter().map(|t| Some(t).filter(|t| t.is_finite())).collect()])
    }

    fn every_output(&self) -> bool {
        true
    }
}

/// Of one sample of one map.
fn apart(a: &View<'_>, b: &View<'_>, n: usize) -> f64 {
    let places = (a.shape[2] * a.shape[3]).max(1);
    let (a, b) = (a.sample(n), b.sample(n));
    let over =
        |v: &[f32], place: usize| v.iter().skip(place).step_by(places).map(|x| f64::from(*x)).collect::<Vec<_>>();
    let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt() + 1e-10;
    let at = |place: usize| {
        let (x, y) = (over(a, place), over(b, place));
        let (lx, ly) = (length(&x), length(&y));
        x.iter().zip(&y).map(|(x, y)| (x / lx - y / ly).powi(2)).sum::<f64>()
    };
    (0..places).map(at).sum::<f64>() / places as f64
}

pub fn entry() -> MetricEntry {
    let card = Card {
        family: "metric",
        name: "perceptual",
        doc: "Distance of prediction and target in the maps of a named network, all its outputs together.",
        paper: "Zhang et al. 2018",
        inputs: ports(&["prediction: image", "target: image"]),
        outputs: ports(&["perceptual: scalar"]),
        networks: vec!["network"],
        settings: vec![],
        revision: 1,
    };
    let column =
        Column { name: "perceptual", label: "Perceptual distance", unit: "", higher_is_better: false, decimals: 4 };
    MetricEntry {
        entry: Entry { card, make: Make::Measure(equal_shapes) },
        columns: vec![column],
        open: |_| Ok(Box::new(Perceptual)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::metric::open;
    use crate::registry::Settings;

    #[test]
    fn directions_count_and_layers_add_up() {
        // Two channels, one row of two places: directions turned by 90 degrees at the first, alike at the second.
        let (a, b) = ([2.0, 1.0, 0.0, 1.0], [0.0, 3.0, 5.0, 3.0]);
        let view = |data| View { shape: [1, 2, 1, 2], data };
        let metric = open("perceptual", &Settings::new()).unwrap();
        let mut inputs = MetricInputs::pair(view(&a), view(&b), None);
        // By hand: |(1, 0) - (0, 1)|^2 = 2, and 0; their mean.
        assert!((metric.samples(&inputs).unwrap()[0][0].unwrap() - 1.0).abs() < 1e-8);
        inputs.ports.extend([("prediction-1", view(&a)), ("target-1", view(&b))]);
        assert!((metric.samples(&inputs).unwrap()[0][0].unwrap() - 2.0).abs() < 1e-8);
        assert!(metric.every_output());
    }
}
