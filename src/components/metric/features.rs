//! What metrics of distributions share: the vectors that a named network makes of all predictions and all targets.

use super::protocol::{Finished, Protocol, Shown, Tally};
use super::{Column, MetricEntry, MetricError, equal_shapes};
use crate::registry::{Card, Entry, Make, Setting, ports};

/// Vectors of every sample.
#[derive(Clone, Debug, Default)]
pub struct Features {
    pub prediction: Vec<Vec<f32>>,
    pub target: Vec<Vec<f32>>,
}

impl Features {
    /// Only these samples.
    fn of(&self, samples: &[usize]) -> Features {
        let some = |all: &[Vec<f32>]| samples.iter().filter_map(|i| all.get(*i).cloned()).collect();
        Features { prediction: some(&self.prediction), target: some(&self.target) }
    }
}

/// Gathers the vectors, and measures them in the end.
pub struct Gathering<M> {
    pub features: Features,
    pub measure: M,
}

impl<M: Fn(&Features) -> Tally + Send> Protocol for Gathering<M> {
    fn show(&mut self, batch: &Shown<'_>) -> Result<(), MetricError> {
        let (prediction, target) = (batch.inputs.need("prediction")?, batch.inputs.need("target")?);
        for n in 0..prediction.shape[0] {
            self.features.prediction.push(prediction.sample(n).to_vec());
            self.features.target.push(target.sample(n).to_vec());
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Finished, MetricError> {
        Ok(Finished { columns: vec![(self.measure)(&self.features)], compared: None })
    }

    fn part(&self, samples: &[usize]) -> Vec<Tally> {
        vec![(self.measure)(&self.features.of(samples))]
    }
}

/// An entry of a metric of two sets of pictures.
pub fn entry(
    (name, doc, paper): (&'static str, &'static str, &'static str),
    output: &'static str,
    settings: Vec<Setting>,
    column: Column,
    open: fn(&crate::registry::Settings) -> Result<Box<dyn super::Metric>, MetricError>,
) -> MetricEntry {
    let card = Card {
        family: "metric",
        name,
        doc,
        paper,
        inputs: ports(&["prediction: image", "target: image"]),
        outputs: ports(&[output]),
        networks: vec!["network"],
        settings,
        revision: 1,
    };
    MetricEntry { entry: Entry { card, make: Make::Measure(equal_shapes) }, columns: vec![column], open }
}
