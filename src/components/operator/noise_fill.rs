//! Gaussian noise where the mask says, the image elsewhere; limited to -1 to 1.
//!
//! The input I_n of the de-occluder in Yin's thesis, chapter 5: the noise's deviation is not stated there.

use super::{about, filled};
use crate::components::node::{About, Leaf, NodeEntry, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::arithmetic::{add, affine, multiply};
use crate::tensor::{Backend, Error};

settings! {
    pub struct NoiseFill {
        /// Standard deviation of the noise.
        std: f64 = 1.0, min = 0.0;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, NoiseFill>()
}

impl Leaf for NoiseFill {
    const ABOUT: About = about(
        "noise-fill",
        "Gaussian noise where the mask says, the image elsewhere.",
        &["image: image", "mask: mask"],
        &["image: image"],
    );

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        filled(inputs, "mask")
    }
}

impl<D: Backend> Module<D> for NoiseFill {
    /// `image`: N x C x H x W, `mask`: N x 1 x H x W.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let (ctx, image, mask) = (pass.ctx, inputs.one("image")?, inputs.one("mask")?);
        // A normal number takes two.
        let mut stream = pass.stream(2 * image.len());
        let noise = (0..image.len()).map(|_| (self.std * stream.normal()).clamp(-1.0, 1.0) as f32).collect();
        let noise = multiply(ctx, &ctx.constant(noise, image.shape())?, mask)?;
        let kept = multiply(ctx, image, &affine(ctx, mask, -1.0, 1.0)?)?;
        only(add(ctx, &kept, &noise)?)
    }

    fn onnx(&self, _: &mut Sheet<'_, D>) -> Drawn {
        Err(Error::Other("it draws random numbers".into()))
    }
}
