//! Goodfellow et al., "Generative adversarial nets", section 3: cross-entropy on logits, with the generator's own form
//! that does not saturate. softplus(-x) is -log sigmoid(x).

use super::{About, Adversarial, LossEntry, SIDES, two_sided};
use crate::registry::{Declared, settings};
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::ops::arithmetic::affine;
use crate::tensor::{Backend, Context, Error, Var};

settings! {
    pub struct NonSaturating {}
}

const ABOUT: About = About {
    name: "non-saturating",
    doc: "Cross-entropy; the generator maximises log D(G(z)).",
    paper: "Goodfellow et al. 2014",
    inputs: SIDES,
    networks: &["discriminator"],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    two_sided::<D, NonSaturating>(ABOUT, |s| Ok(Box::new(NonSaturating::read(s)?)))
}

impl<D: Backend> Adversarial<D> for NonSaturating {
    fn real(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        activate(ctx, &affine(ctx, logits, -1.0, 0.0)?, Activation::Softplus)
    }

    fn fake(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        activate(ctx, logits, Activation::Softplus)
    }

    fn generator(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error> {
        activate(ctx, &affine(ctx, logits, -1.0, 0.0)?, Activation::Softplus)
    }
}
