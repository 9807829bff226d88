//! Smoothness: mean of squared differences of neighbours along x, plus the same along y (both in the mask).

use super::{About, Loss, LossEntry, Measure, plain};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::{Backend, Context, Error, ops};

settings! {
    pub struct TotalVariation {}
}

const ABOUT: About = About {
    name: "total-variation",
    doc: "Squared differences of neighbours.",
    paper: "",
    inputs: &["map: map", "mask?: mask"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    plain::<D, TotalVariation>(ABOUT, |s| Ok(Box::new(TotalVariation::read(s)?)))
}

impl<D: Backend> Loss<D> for TotalVariation {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let (map, mask) = (inputs.one("map")?, inputs.optional("mask"));
        Ok(Measure::Samples(ops::total_variation::total_variation(ctx, map, mask)?))
    }

    fn takes_mask(&self) -> bool {
        true
    }
}
