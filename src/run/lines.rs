//! The steps between two lines of the record, as their means.

use crate::record::{StepRecord, UpdateRecord};
use std::collections::BTreeMap;

/// Sums since the last line of the record.
#[derive(Default)]
pub struct Lines {
    /// Record and number of steps in which the update acted.
    updates: BTreeMap<String, (UpdateRecord, f64)>,
    waited: f64,
    seconds: f64,
    steps: f64,
}

impl Lines {
    pub fn add(&mut self, updates: BTreeMap<String, UpdateRecord>, waited: f64, seconds: f64) {
        self.waited += waited;
        self.seconds += seconds;
        self.steps += 1.0;
        for (name, record) in updates {
            let (sum, n) = self.updates.entry(name).or_default();
            *n += 1.0;
            sum.learning_rate = record.learning_rate;
            sum.seconds += record.seconds;
            sum.gradient_norm += record.gradient_norm;
            for (loss, term) in record.terms {
                let total = sum.terms.entry(loss).or_default();
                total.raw += term.raw;
                total.weighted += term.weighted;
            }
        }
    }

    /// The line of the steps since the last one.
    pub fn take(&mut self, stage: &str, step: u64, total_step: u64, epoch: f64) -> StepRecord {
        let Lines { updates, waited, seconds, steps } = std::mem::take(self);
        let mean = |(name, (mut record, n)): (String, (UpdateRecord, f64))| {
            record.seconds /= steps;
            record.gradient_norm /= n;
            for term in record.terms.values_mut() {
                term.raw /= n;
                term.weighted /= n;
            }
            (name, record)
        };
        StepRecord {
            stage: stage.into(),
            step,
            total_step,
            epoch,
            updates: updates.into_iter().map(mean).collect(),
            loading_seconds: waited / steps,
            step_seconds: seconds / steps,
        }
    }
}
