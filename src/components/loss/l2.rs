//! Squared differences, in the port's own units.

use super::{About, Loss, LossEntry, Measure, plain};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::{Backend, Context, Error, ops};

settings! {
    pub struct L2 {}
}

const ABOUT: About = About {
    name: "l2",
    doc: "Squared differences, in the port's own units.",
    paper: "",
    inputs: &["prediction: any", "target: any", "mask?: mask"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    plain::<D, L2>(ABOUT, |s| Ok(Box::new(L2::read(s)?)))
}

impl<D: Backend> Loss<D> for L2 {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let (prediction, target) = (inputs.one("prediction")?, inputs.one("target")?);
        Ok(Measure::Elements(ops::arithmetic::squared_difference(ctx, prediction, target)?))
    }
}
