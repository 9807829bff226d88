//! Additive angular margin: Deng et al., "ArcFace", eq. 3. Takes cosines, not logits.

use super::{About, Loss, LossEntry, Measure, classified, margin_loss};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::ops::loss::Curve;
use crate::tensor::{Backend, Context, Error};

settings! {
    pub struct ArcFace {
        /// s: factor on the cosines.
        scale_by: f64 = 64.0, above = 0.0;
        /// m: radians added to the angle of the true class.
        margin: f64 = 0.5, min = 0.0, max = std::f64::consts::PI;
        /// Whether the logit goes on falling beyond an angle of pi - m, as c - m sin m, where it would rise again.
        monotonic: bool = false;
    }
}

const ABOUT: About = About {
    name: "arcface",
    doc: "Cross-entropy of cosines with an angular margin.",
    paper: "Deng et al. 2019",
    inputs: &["logits: vector", "label: label"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    classified::<D, ArcFace>(ABOUT, |s| Ok(Box::new(ArcFace::read(s)?)))
}

impl<D: Backend> Loss<D> for ArcFace {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let curve = Curve::Angle { margin: self.margin as f32, monotonic: self.monotonic };
        margin_loss(ctx, inputs, curve, self.scale_by)
    }
}
