//! AdamW: Loshchilov and Hutter, "Decoupled weight decay regularization", algorithm 2. Decay shrinks the weights.

use super::{OptimizerEntry, Rule, pair, register};
use crate::registry::{Declared, settings};

settings! {
    pub struct AdamW {
        /// Learning rate.
        lr: f64 = 1e-3, above = 0.0;
        /// Decay of the moments.
        betas: Vec<f64> = vec![0.9, 0.999], length = 2, min = 0.0, below = 1.0;
        /// Added to the root of the second moment.
        epsilon: f64 = 1e-8, above = 0.0;
        /// Times the learning rate, the share of a weight lost in a step.
        weight_decay: f64 = 0.01, min = 0.0;
    }
}

pub fn entry() -> OptimizerEntry {
    register::<AdamW>("adamw", "Adam with decoupled weight decay.", "Loshchilov and Hutter 2019", |s| {
        let AdamW { lr, betas, epsilon, weight_decay } = AdamW::read(s)?;
        Ok(Rule::Adam { lr, betas: pair(&betas), epsilon, weight_decay, decoupled: true })
    })
}
