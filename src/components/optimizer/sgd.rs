//! Stochastic gradient descent with momentum as PyTorch defines it (the velocity is not damped, the rate outside).

use super::{OptimizerEntry, Rule, register};
use crate::registry::{Declared, settings};

settings! {
    pub struct Sgd {
        /// Learning rate.
        lr: f64 = 1e-3, above = 0.0;
        /// Share of the last velocity that is kept.
        momentum: f64 = 0.0, min = 0.0, below = 1.0;
        /// Nesterov's form of momentum.
        nesterov: bool = false;
        /// Added to the gradient, times the weight.
        weight_decay: f64 = 0.0, min = 0.0;
    }
}

pub fn entry() -> OptimizerEntry {
    register::<Sgd>("sgd", "Stochastic gradient descent.", "", |s| {
        let Sgd { lr, momentum, nesterov, weight_decay } = Sgd::read(s)?;
        Ok(Rule::Sgd { lr, momentum, nesterov, weight_decay })
    })
}
