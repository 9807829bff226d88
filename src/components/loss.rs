//! Losses. Means and units: language.md, 5.1. A plain loss measures elements or samples and the runner reduces; an
//! adversarial loss has two sides, each a function of the discriminator's logits.

mod arcface;
mod bce;
mod centre;
mod cosface;
mod cross_entropy;
mod feature_distance;
mod hinge;
mod l1;
mod l2;
mod least_squares;
mod minimax;
mod non_saturating;
mod pixel_distance;
mod sphereface;
mod ssim;
mod total_variation;
mod wasserstein;
mod weighted_parameter_distance;

use crate::nn::Inputs;
use crate::registry::{Card, Declared, Edge, Entry, InputEdges, Make, Problem, Settings, ports};
use crate::tensor::ops::loss::Curve;
use crate::tensor::{Backend, Context, Error, Var, ops};

/// What a plain loss gives.
pub enum Measure<D: Backend> {
    /// N x C x H x W; the runner takes the mean over a sample's elements (under `in.mask`), then over the batch, or the
    /// mean of the `hardest` share.
    Elements(Var<D>),
    /// The same with a mask of the elements' own size, where the loss has made one from `in.mask`.
    Masked(Var<D>, Var<D>),
    /// N x 1 x 1 x 1; the runner takes the mean over the batch, or over the `hardest` share of the samples.
    Samples(Var<D>),
}

/// A loss with one side.
pub trait Loss<D: Backend> {
    /// `inputs`: the ports of the card; where the loss has a `network`, prediction and target are its outputs.
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error>;

    /// Whether `in.mask` is one of `measure`'s inputs; otherwise the runner weighs the elements with it.
    fn takes_mask(&self) -> bool {
        false
    }
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
    vec![
        arcface::entry(),
        bce::entry(),
        centre::entry(),
        cosface::entry(),
        cross_entropy::entry(),
        feature_distance::entry(),
        hinge::entry(),
        l1::entry(),
        l2::entry(),
        least_squares::entry(),
        minimax::entry(),
        non_saturating::entry(),
        pixel_distance::entry(),
        sphereface::entry(),
        ssim::entry(),
        total_variation::entry(),
        wasserstein::entry(),
        weighted_parameter_distance::entry(),
    ]
}

/// Ports of a loss with two sides.
const SIDES: &[&str] = &["real: bundle", "fake: bundle"];

/// What a loss's card says besides its settings.
struct About {
    name: &'static str,
    doc: &'static str,
    paper: &'static str,
    inputs: &'static [&'static str],
    networks: &'static [&'static str],
}

impl About {
    fn entry<S: Declared>(self, check: fn(&Settings, &InputEdges) -> Result<(), Problem>) -> Entry {
        let card = Card {
            family: "loss",
            name: self.name,
            doc: self.doc,
            paper: self.paper,
            inputs: ports(self.inputs),
            outputs: vec![],
            networks: self.networks.to_vec(),
            settings: S::schema(),
            revision: 1,
        };
        Entry { card, make: Make::Measure(check) }
    }
}

fn plain<D: Backend, S: Declared>(
    about: About,
    build: fn(&Settings) -> Result<Box<dyn Loss<D>>, Problem>,
) -> LossEntry<D> {
    LossEntry { entry: about.entry::<S>(alike), build: LossBuild::Plain(build) }
}

/// A loss of logits and labels.
fn classified<D: Backend, S: Declared>(
    about: About,
    build: fn(&Settings) -> Result<Box<dyn Loss<D>>, Problem>,
) -> LossEntry<D> {
    LossEntry { entry: about.entry::<S>(enough_logits), build: LossBuild::Plain(build) }
}

/// Cross-entropy of cosines, at the label changed by `curve`, times `scale`.
fn margin_loss<D: Backend>(
    ctx: &Context<D>,
    inputs: &Inputs<D>,
    curve: Curve,
    scale: f64,
) -> Result<Measure<D>, Error> {
    let (cosines, labels) = (inputs.one("logits")?, inputs.one("label")?);
    let logits = ops::loss::class_margin(ctx, cosines, labels, curve, scale as f32)?;
    Ok(Measure::Samples(ops::loss::softmax_cross_entropy(ctx, &logits, labels)?))
}

fn two_sided<D: Backend, S: Declared>(
    about: About,
    build: fn(&Settings) -> Result<Box<dyn Adversarial<D>>, Problem>,
) -> LossEntry<D> {
    LossEntry { entry: about.entry::<S>(|_, _| Ok(())), build: LossBuild::TwoSided(build) }
}

/// There is a logit for each class of the label.
fn enough_logits(_: &Settings, inputs: &InputEdges) -> Result<(), Problem> {
    let first = |port: &str| inputs.list(port).first().cloned();
    if let (Some(logits), Some(label)) = (first("logits"), first("label"))
        && label.classes > logits.channels()
    {
        let problem = Problem::new(format!("{} classes have {} logits", label.classes, logits.channels()));
        return Err(problem.at_port("logits", 0, logits.to_string()).at_port("label", 0, label.to_string()));
    }
    Ok(())
}

/// Prediction and target are of one shape, a mask of their height and width.
fn alike(_: &Settings, inputs: &InputEdges) -> Result<(), Problem> {
    let first = |port: &str| inputs.list(port).first().cloned();
    let shape = |e: &Edge| e.to_string();
    if let (Some(a), Some(b)) = (first("prediction"), first("target"))
        && a.dims != b.dims
    {
        let problem = Problem::new(format!("cannot compare {a} and {b}"));
        return Err(problem.at_port("prediction", 0, shape(&a)).at_port("target", 0, shape(&b)));
    }
    let of = first("prediction").or_else(|| first("map"));
    if let (Some(a), Some(mask)) = (of, first("mask"))
        && a.dims[1..] != mask.dims[1..]
    {
        let problem = Problem::new(format!("cannot mask {a} with {mask}"));
        return Err(problem.at_port("mask", 0, shape(&mask)));
    }
    Ok(())
}

#[cfg(test)]
mod recognition_tests;
