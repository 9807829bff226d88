//! Distance of a network's features of prediction and target: the identity loss of na2020, eq. 10 (`squared-l2`).

use super::{About, Loss, LossEntry, Measure, plain};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::{Backend, Context, Error, Var, ops};

/// Keeps the norm of a zero vector from dividing.
const EPSILON: f32 = 1e-12;

settings! {
    pub struct FeatureDistance {
        /// Sum of squared differences, or one minus the cosine.
        distance: String = "squared-l2", of = ["squared-l2", "cosine"];
    }
}

const ABOUT: About = About {
    name: "feature-distance",
    doc: "Distance of a network's features of prediction and target.",
    paper: "na2020",
    inputs: &["prediction: image", "target: image"],
    networks: &["network"],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    plain::<D, FeatureDistance>(ABOUT, |s| Ok(Box::new(FeatureDistance::read(s)?)))
}

impl<D: Backend> Loss<D> for FeatureDistance {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let (prediction, target) = (inputs.one("prediction")?, inputs.one("target")?);
        let length: usize = prediction.shape()[1..].iter().product();
        let summed = |x: &Var<D>| {
            let mean = ops::reduce::mean_samples(ctx, x)?;
            ops::arithmetic::affine(ctx, &mean, length as f32, 0.0)
        };
        let samples = if self.distance == "squared-l2" {
            summed(&ops::arithmetic::squared_difference(ctx, prediction, target)?)?
        } else {
            let a = ops::l2_normalise::l2_normalise(ctx, prediction, EPSILON)?;
            let b = ops::l2_normalise::l2_normalise(ctx, target, EPSILON)?;
            let cosine = summed(&ops::arithmetic::multiply(ctx, &a, &b)?)?;
            ops::arithmetic::affine(ctx, &cosine, -1.0, 1.0)?
        };
        Ok(Measure::Samples(samples))
    }
}
