//! Binary cross-entropy of probabilities, logarithms bounded at -100 as PyTorch bounds them.

use super::{About, Loss, LossEntry, Measure, plain};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::{Backend, Context, Error, ops};

settings! {
    pub struct Bce {}
}

const ABOUT: About = About {
    name: "bce",
    doc: "Binary cross-entropy of probabilities.",
    paper: "",
    inputs: &["prediction: mask", "target: mask", "mask?: mask"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    plain::<D, Bce>(ABOUT, |s| Ok(Box::new(Bce::read(s)?)))
}

impl<D: Backend> Loss<D> for Bce {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let (prediction, target) = (inputs.one("prediction")?, inputs.one("target")?);
        Ok(Measure::Elements(ops::loss::bce(ctx, prediction, target)?))
    }
}
