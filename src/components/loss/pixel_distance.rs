//! Euclidean distance over a pixel's channels.

use super::{About, Loss, LossEntry, Measure, plain};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::{Backend, Context, Error, ops};

/// Keeps the root's slope finite where prediction and target agree.
const EPSILON: f32 = 1e-12;

settings! {
    pub struct PixelDistance {}
}

const ABOUT: About = About {
    name: "pixel-distance",
    doc: "Euclidean distance over a pixel's channels.",
    paper: "",
    inputs: &["prediction: image", "target: image", "mask?: mask"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    plain::<D, PixelDistance>(ABOUT, |s| Ok(Box::new(PixelDistance::read(s)?)))
}

impl<D: Backend> Loss<D> for PixelDistance {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let (prediction, target) = (inputs.one("prediction")?, inputs.one("target")?);
        let channels = prediction.shape()[1] as f32;
        let squares = ops::arithmetic::squared_difference(ctx, prediction, target)?;
        let total = ops::arithmetic::affine(ctx, &ops::reduce::mean_channels(ctx, &squares)?, channels, 0.0)?;
        Ok(Measure::Elements(ops::arithmetic::sqrt(ctx, &total, EPSILON)?))
    }
}
