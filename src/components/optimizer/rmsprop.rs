//! RMSProp: Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning"; PyTorch's form, not centred.

use super::{OptimizerEntry, Rule, register};
use crate::registry::{Declared, settings};

settings! {
    pub struct RmsProp {
        /// Learning rate.
        lr: f64 = 1e-3, above = 0.0;
        /// Decay of the second moment.
        alpha: f64 = 0.99, min = 0.0, below = 1.0;
        /// Added to the root of the second moment.
        epsilon: f64 = 1e-8, above = 0.0;
        /// Added to the gradient, times the weight.
        weight_decay: f64 = 0.0, min = 0.0;
    }
}

pub fn entry() -> OptimizerEntry {
    register::<RmsProp>("rmsprop", "RMSProp.", "Tieleman and Hinton 2012", |s| {
        let RmsProp { lr, alpha, epsilon, weight_decay } = RmsProp::read(s)?;
        Ok(Rule::RmsProp { lr, alpha, epsilon, weight_decay })
    })
}
