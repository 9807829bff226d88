//! Lim and Ye, "Geometric GAN", section 3; Miyato et al., "Spectral normalization", eqs. 16 and 17.

use super::{About, Adversarial, LossEntry, SIDES, two_sided};
use crate::registry::{Declared, settings};
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::ops::arithmetic::affine;
use crate::tensor::{Backend, Context, Error, Var};

settings! {
    pub struct Hinge {}
}

const ABOUT: About = About {
    name: "hinge",
    doc: "Hinges at 1 and -1; the generator raises the logits.",
    paper: "Lim and Ye 2017",
    inputs: SIDES,
    networks: &["discriminator"],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    two_sided::<D, Hinge>(ABOUT, |s| Ok(Box::new(Hinge::read(s)?)))
}

impl<D: Backend> Adversarial<D> for Hinge {
    fn real(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        activate(ctx, &affine(ctx, logits, -1.0, 1.0)?, Activation::Relu)
    }

    fn fake(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        activate(ctx, &affine(ctx, logits, 1.0, 1.0)?, Activation::Relu)
    }

    fn generator(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        affine(ctx, logits, -1.0, 0.0)
    }
}
