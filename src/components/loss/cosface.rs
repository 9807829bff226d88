//! Additive cosine margin: Wang et al., "CosFace", <https://arxiv.org/abs/1801.09414>, eq. 4. Takes cosines, not logits.

use super::{About, Loss, LossEntry, Measure, classified, margin_loss};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::ops::loss::Curve;
use crate::tensor::{Backend, Context, Error};

settings! {
    pub struct CosFace {
        /// s: factor on the cosines.
        scale_by: f64 = 64.0, above = 0.0;
        /// m: what is taken from the cosine of the true class.
        margin: f64 = 0.4, min = 0.0;
    }
}

const ABOUT: About = About {
    name: "cosface",
    doc: "Cross-entropy of cosines with a margin on the cosine.",
    paper: "Wang et al. 2018",
    inputs: &["logits: vector", "label: label"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    classified::<D, CosFace>(ABOUT, |s| Ok(Box::new(CosFace::read(s)?)))
}

impl<D: Backend> Loss<D> for CosFace {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        margin_loss(ctx, inputs, Curve::Cosine { margin: self.margin as f32 }, self.scale_by)
    }
}
