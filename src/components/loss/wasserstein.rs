//! Arjovsky et al., "Wasserstein GAN", eq. 2; wants a clamp or a gradient penalty beside it.

use super::{About, Adversarial, LossEntry, SIDES, two_sided};
use crate::registry::{Declared, settings};
use crate::tensor::ops::arithmetic::affine;
use crate::tensor::{Backend, Context, Error, Var};

settings! {
    pub struct Wasserstein {}
}

const ABOUT: About = About {
    name: "wasserstein",
    doc: "Difference of the mean logits.",
    paper: "Arjovsky et al. 2017",
    inputs: SIDES,
    networks: &["discriminator"],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    two_sided::<D, Wasserstein>(ABOUT, |s| Ok(Box::new(Wasserstein::read(s)?)))
}

impl<D: Backend> Adversarial<D> for Wasserstein {
    fn real(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        affine(ctx, logits, -1.0, 0.0)
    }

    fn fake(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        affine(ctx, logits, 1.0, 0.0)
    }

    fn generator(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        affine(ctx, logits, -1.0, 0.0)
    }
}
