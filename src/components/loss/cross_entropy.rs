//! Softmax cross-entropy of logits: minus the logarithm of the share that the true class has.

use super::{About, Loss, LossEntry, Measure, classified};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::{Backend, Context, Error, ops};

settings! {
    pub struct CrossEntropy {
        /// Factor on the logits; cosines, from -1 to 1, want one of 10 to 64.
        scale_by: f64 = 1.0, above = 0.0;
    }
}

const ABOUT: About = About {
    name: "cross-entropy",
    doc: "Softmax cross-entropy of logits.",
    paper: "",
    inputs: &["logits: vector", "label: label"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    classified::<D, CrossEntropy>(ABOUT, |s| Ok(Box::new(CrossEntropy::read(s)?)))
}

impl<D: Backend> Loss<D> for CrossEntropy {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let (logits, labels) = (inputs.one("logits")?, inputs.one("label")?);
        let scaled;
        let logits = if self.scale_by == 1.0 {
            logits
        } else {
            scaled = ops::arithmetic::affine(ctx, logits, self.scale_by as f32, 0.0)?;
            &scaled
        };
        Ok(Measure::Samples(ops::loss::softmax_cross_entropy(ctx, logits, labels)?))
    }
}
