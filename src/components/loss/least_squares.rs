//! Mao et al., "Least squares generative adversarial networks", eq. 9, without the factors 1/2 (as pix2pix and CycleGAN
//! have it).

use super::{About, Adversarial, LossEntry, SIDES, two_sided};
use crate::registry::{Declared, settings};
use crate::tensor::ops::arithmetic::{affine, square};
use crate::tensor::{Backend, Context, Error, Var};

settings! {
    pub struct LeastSquares {}
}

const ABOUT: About = About {
    name: "least-squares",
    doc: "Squared distance of the logits from 1 and 0.",
    paper: "Mao et al. 2017",
    inputs: SIDES,
    networks: &["discriminator"],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    two_sided::<D, LeastSquares>(ABOUT, |s| Ok(Box::new(LeastSquares::read(s)?)))
}

impl<D: Backend> Adversarial<D> for LeastSquares {
    fn real(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        square(ctx, &affine(ctx, logits, 1.0, -1.0)?)
    }

    fn fake(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        square(ctx, logits)
    }

    fn generator(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        square(ctx, &affine(ctx, logits, 1.0, -1.0)?)
    }
}
