//! Adam: Kingma and Ba, "Adam: a method for stochastic optimization", algorithm 1. Weight decay enters the gradient.

use super::{OptimizerEntry, Rule, pair, register};
use crate::registry::{Declared, settings};

settings! {
    pub struct Adam {
        /// Learning rate.
        lr: f64 = 1e-3, above = 0.0;
        /// Decay of the moments.
        betas: Vec<f64> = vec![0.9, 0.999], length = 2, min = 0.0, below = 1.0;
        /// Added to the root of the second moment.
        epsilon: f64 = 1e-8, above = 0.0;
        /// Added to the gradient, times the weight.
        weight_decay: f64 = 0.0, min = 0.0;
    }
}

pub fn entry() -> OptimizerEntry {
    register::<Adam>("adam", "Adam.", "Kingma and Ba 2015", |s| {
        let Adam { lr, betas, epsilon, weight_decay } = Adam::read(s)?;
        Ok(Rule::Adam { lr, betas: pair(&betas), epsilon, weight_decay, decoupled: false })
    })
}
