//! Kernel distance of the vectors that a named network makes of all predictions and of all targets: unbiased, so that it
//! may fall below 0, and fit for few pictures.
//!
//! Bińkowski et al. 2018, with the polynomial kernel of degree 3; mean and deviation are over subsets, as there.

use super::features::{Features, Gathering, entry as on_features};
use super::protocol::{Protocol, Tally};
use super::{Column, Metric, MetricEntry, MetricError, MetricInputs};
use crate::components::sample::read;
use crate::registry::{Declared, settings};
use crate::statistics::distributions::kernel;

settings! {
    /// What `kid` is told.
    pub struct Kid {
        /// Pictures of a subset; of no more pictures all are taken once.
        size: usize = 1000_usize, min = 2;
        /// Subsets that are drawn.
        subsets: usize = 100_usize, min = 1;
    }
}

impl Metric for Kid {
    fn samples(&self, _: &MetricInputs<'_>) -> Result<Vec<Vec<Option<f64>>>, MetricError> {
        Ok(vec![])
    }

    fn protocol(&self) -> Option<Box<dyn Protocol>> {
        let (size, subsets) = (self.size, self.subsets);
        let measure = move |features: &Features| match kernel(&features.prediction, &features.target, size, subsets) {
            Some(m) if m.n > 1 => Tally { mean: m.mean, std: m.std, n: m.n as u64, values: vec![] },
            one => Tally::whole(one.map(|m| m.mean), features.prediction.len()),
        };
        Some(Box::new(Gathering { features: Features::default(), measure }))
    }
}

pub fn entry() -> MetricEntry {
    let doc = "Kernel distance of the vectors that a named network makes of all predictions and of all targets.";
    let column = Column { name: "kid", label: "KID", unit: "", higher_is_better: false, decimals: 4 };
    let open = |settings: &_| Ok(Box::new(read::<Kid>(settings)?) as Box<dyn Metric>);
    on_features(("kid", doc, "Bińkowski et al. 2018"), "kid: scalar", Kid::schema(), column, open)
}
