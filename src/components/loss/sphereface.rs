//! Multiplicative angular margin: Liu et al., "SphereFace", <https://arxiv.org/abs/1704.08063>, eqs. 6 and 7. Takes
//! cosines, not logits.
//!
//! As published a sample's logits are the cosines times the length of its embedding: give that as `embedding`. Without it
//! they are times `scale-by`, as in what came after. The published training lets `keep` fall from 1000 to 5.

use super::{About, Loss, LossEntry, Measure, classified, margin_loss};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::ops::loss::Curve;
use crate::tensor::{Backend, Context, Error, ops};

settings! {
    pub struct SphereFace {
        /// Factor on the cosines, where `embedding` is not given.
        scale_by: f64 = 30.0, above = 0.0;
        /// m: how many times the angle of the true class counts.
        margin: usize = 4_usize, min = 1, max = 8;
        /// lambda: weight of the plain cosine of the true class beside the one with the margin.
        keep: f64 = 5.0, min = 0.0;
    }
}

/// Under the root of an embedding's squares.
const EPSILON: f32 = 1e-12;

const ABOUT: About = About {
    name: "sphereface",
    doc: "Cross-entropy of cosines with a margin that multiplies the angle.",
    paper: "Liu et al. 2017",
    inputs: &["logits: vector", "label: label", "embedding?: vector"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    classified::<D, SphereFace>(ABOUT, |s| Ok(Box::new(SphereFace::read(s)?)))
}

impl<D: Backend> Loss<D> for SphereFace {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let curve = Curve::Multiple { times: self.margin as u32, keep: self.keep as f32 };
        let Some(embedding) = inputs.optional("embedding") else {
            return margin_loss(ctx, inputs, curve, self.scale_by);
        };
        let (cosines, labels) = (inputs.one("logits")?, inputs.one("label")?);
        let squares = ops::reduce::mean_samples(ctx, &ops::arithmetic::square(ctx, embedding)?)?;
        let squares = ops::arithmetic::affine(ctx, &squares, embedding.shape()[1] as f32, 0.0)?;
        let length = ops::arithmetic::sqrt(ctx, &squares, EPSILON)?;
        let moved = ops::loss::class_margin(ctx, cosines, labels, curve, 1.0)?;
        let logits = ops::arithmetic::multiply(ctx, &moved, &length)?;
        Ok(Measure::Samples(ops::loss::softmax_cross_entropy(ctx, &logits, labels)?))
    }
}
