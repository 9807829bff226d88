//! Fréchet distance of the vectors that a named network makes of all predictions and of all targets.
//!
//! Heusel et al. 2017, where the network is Inception's third pooling; with another network numbers can only be compared
//! with those of the same one, which is why the column says its name.

use super::features::{Features, Gathering, entry as on_features};
use super::protocol::{Protocol, Tally};
use super::{Column, Metric, MetricEntry, MetricError, MetricInputs};
use crate::statistics::distributions::{Normal, frechet};

struct Fid;

impl Metric for Fid {
    fn samples(&self, _: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        Ok(vec![])
    }

    fn protocol(&self) -> Option<Box<dyn Protocol>> {
        Some(Box::new(Gathering { features: Features::default(), measure }))
    }
}

fn measure(features: &Features) -> Tally {
    let (a, b) = (Normal::of(&features.prediction), Normal::of(&features.target));
    let distance = a.zip(b).and_then(|(a, b)| frechet(&a, &b));
    Tally::whole(distance, features.prediction.len())
}

pub fn entry() -> MetricEntry {
    let doc = "Fréchet distance of the vectors that a named network makes of all predictions and of all targets.";
    let column = Column { name: "fid", label: "FID", unit: "", higher_is_better: false, decimals: 2 };
    on_features(("fid", doc, "Heusel et al. 2017"), "fid: scalar", vec![], column, |_| Ok(Box::new(Fid)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::metric::{Shown, View, open};
    use crate::registry::Settings;

    #[test]
    fn two_sets_are_compared_whatever_their_batches() {
        let value = |i: usize, s: f64| (i as f64 * 1.7 + s).sin() as f32;
        let of = |s: f64| (0..40).map(|i| value(i, s)).collect::<Vec<f32>>();
        let (a, b) = (of(0.0), of(0.5));
        let distance = |batch: usize| {
            let mut protocol = open("fid", &Settings::new()).unwrap().protocol().unwrap();
            for (a, b) in a.chunks(2 * batch).zip(b.chunks(2 * batch)) {
                let view = |data| View { shape: [batch, 2, 1, 1], data };
                let inputs = MetricInputs::pair(view(a), view(b), None);
                protocol.show(&Shown { inputs, pictures: vec![] }).unwrap();
            }
            let finished = protocol.finish().unwrap();
            assert_eq!(finished.columns[0].n, 20);
            finished.columns[0].mean
        };
        let vectors = |all: &[f32]| all.chunks(2).map(<[f32]>::to_vec).collect::<Vec<_>>();
        let wanted = frechet(&Normal::of(&vectors(&a)).unwrap(), &Normal::of(&vectors(&b)).unwrap()).unwrap();
        assert_eq!((distance(4), distance(10)), (wanted, wanted));
        let kid = open("kid", &Settings::new()).unwrap();
        assert!(kid.samples(&MetricInputs::default()).unwrap().is_empty() && kid.protocol().is_some());
    }
}
