//! Absolute differences, in the port's own units.

use super::{About, Loss, LossEntry, Measure, plain};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::{Backend, Context, Error, ops};

settings! {
    pub struct L1 {}
}

const ABOUT: About = About {
    name: "l1",
    doc: "Absolute differences, in the port's own units.",
    paper: "",
    inputs: &["prediction: any", "target: any", "mask?: mask"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    plain::<D, L1>(ABOUT, |s| Ok(Box::new(L1::read(s)?)))
}

impl<D: Backend> Loss<D> for L1 {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let (prediction, target) = (inputs.one("prediction")?, inputs.one("target")?);
        Ok(Measure::Elements(ops::arithmetic::absolute_difference(ctx, prediction, target)?))
    }
}
