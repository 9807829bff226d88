//! Centre loss: Wen et al., "A Discriminative Feature Learning Approach for Deep Face Recognition" (2016), eq. 2: half the
//! squared distance of an embedding to the centre of its class, which `head/class-centres` learns.

use super::{About, Loss, LossEntry, Measure, plain};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::{Backend, Context, Error, ops};

settings! {
    pub struct Centre {}
}

const ABOUT: About = About {
    name: "centre",
    doc: "Half the squared distance of an embedding to the centre of its class.",
    paper: "Wen et al. 2016",
    inputs: &["prediction: vector", "target: vector"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    plain::<D, Centre>(ABOUT, |s| Ok(Box::new(Centre::read(s)?)))
}

impl<D: Backend> Loss<D> for Centre {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let (embedding, centre) = (inputs.one("prediction")?, inputs.one("target")?);
        let squares = ops::arithmetic::squared_difference(ctx, embedding, centre)?;
        let mean = ops::reduce::mean_samples(ctx, &squares)?;
        Ok(Measure::Samples(ops::arithmetic::affine(ctx, &mean, embedding.shape()[1] as f32 / 2.0, 0.0)?))
    }
}
