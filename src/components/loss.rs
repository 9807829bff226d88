//! Losses. Means and units: language.md, 5.1. A plain loss measures elements or samples and the runner reduces; an
//! adversarial loss has two sides, each a function of the discriminator's logits.

use crate::nn::Inputs;
use crate::registry::{Entry, Problem, Settings};
use crate::tensor::{Backend, Context, Error, Var};

/// What a plain loss gives.
pub enum Measure<D: Backend> {
    /// N x C x H x W; the runner takes the mean over a sample's elements (under `in.mask`), then over the batch, or the
    /// mean of the `hardest` share.
    Elements(Var<D>),
    /// N x 1 x 1 x 1; the runner takes the mean over the batch, or over the `hardest` share of the samples.
    Samples(Var<D>),
}

/// A loss with one side.
pub trait Loss<D: Backend> {
    /// `inputs`: the ports of the card; where the loss has a `network`, prediction and target are its outputs.
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error>;
}

/// A loss with two sides. Each gives one value for each logit; the runner takes the mean.
pub trait Adversarial<D: Backend> {
    /// The discriminator's term at real samples.
    fn real(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error>;

    /// The discriminator's term at fakes.
    fn fake(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error>;

    /// The generator's term at fakes.
    fn generator(&self, ctx: &Context<D>, logits: &Var<D>) -> Result<Var<D>, Error>;
}

/// How a loss is built.
pub enum LossBuild<D: Backend> {
    Plain(fn(&Settings) -> Result<Box<dyn Loss<D>>, Problem>),
    TwoSided(fn(&Settings) -> Result<Box<dyn Adversarial<D>>, Problem>),
}

pub struct LossEntry<D: Backend> {
    pub entry: Entry,
    pub build: LossBuild<D>,
}

pub fn entries<D: Backend>() -> Vec<LossEntry<D>> {
    vec![]
}
