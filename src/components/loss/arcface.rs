//! Additive angular margin: Deng et al., "ArcFace", eq. 3. Takes cosines, not logits.

use super::{About, Loss, LossEntry, Measure, plain};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::{Backend, Context, Error, ops};

settings! {
    pub struct ArcFace {
        /// s: factor on the cosines.
        scale_by: f64 = 64.0, above = 0.0;
        /// m: radians added to the angle of the true class.
        margin: f64 = 0.5, min = 0.0;
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
    plain::<D, ArcFace>(ABOUT, |s| Ok(Box::new(ArcFace::read(s)?)))
}

impl<D: Backend> Loss<D> for ArcFace {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let (cosines, labels) = (inputs.one("logits")?, inputs.one("label")?);
        let logits = ops::loss::arc_margin(ctx, cosines, labels, self.margin as f32, self.scale_by as f32)?;
        Ok(Measure::Samples(ops::loss::softmax_cross_entropy(ctx, &logits, labels)?))
    }
}
