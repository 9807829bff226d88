//! Goodfellow et al., "Generative adversarial nets", eq. 1, on logits: -log(1 - sigmoid(x)) is softplus(x).

use super::{About, Adversarial, LossEntry, SIDES, two_sided};
use crate::registry::{Declared, settings};
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::ops::arithmetic::affine;
use crate::tensor::{Backend, Context, Error, Var};

settings! {
    pub struct Minimax {}
}

const ABOUT: About = About {
    name: "minimax",
    doc: "Cross-entropy; the generator minimises log(1 - D(G(z))).",
    paper: "Goodfellow et al. 2014",
    inputs: SIDES,
    networks: &["discriminator"],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    two_sided::<D, Minimax>(ABOUT, |s| Ok(Box::new(Minimax::read(s)?)))
}

impl<D: Backend> Adversarial<D> for Minimax {
    fn real(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        activate(ctx, &affine(ctx, logits, -1.0, 0.0)?, Activation::Softplus)
    }

    fn fake(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        activate(ctx, logits, Activation::Softplus)
    }

    fn generator(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        affine(ctx, &activate(ctx, logits, Activation::Softplus)?, -1.0, 0.0)
    }
}
