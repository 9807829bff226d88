//! As `mirror-channels`, with uniform noise from -1 to 1 where the image holds nothing (0 in all channels).
//!
//! After `noise_uvmap` in the code of Yin et al., "Weakly-supervised photo-realistic texture generation".

use super::{about, beside};
use crate::components::node::{About, Leaf, NodeEntry, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::arithmetic::add;
use crate::tensor::ops::shape::{concat_channels, flip_width};
use crate::tensor::{Backend, Error};

settings! {
    pub struct NoiseFill {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, NoiseFill>()
}

impl Leaf for NoiseFill {
    const ABOUT: About = about("noise-fill", "As `mirror-channels`, with uniform noise where the image holds nothing.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        beside(inputs)
    }
}

impl<D: Backend> Module<D> for NoiseFill {
    /// `image`: N x C x H x W. Returns N x 2C x H x W.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let image = inputs.one("image")?;
        let [_, c, h, w] = image.shape();
        let values = image.to_vec();
        let mut stream = pass.stream(image.len());
        let mut noise = vec![0.0; values.len()];
        for (sample, filled) in values.chunks(c * h * w).zip(noise.chunks_mut(c * h * w)) {
            for pixel in 0..h * w {
                let empty = (0..c).all(|k| sample[k * h * w + pixel] == 0.0);
                for k in (0..c).filter(|_| empty) {
                    filled[k * h * w + pixel] = stream.between(-1.0, 1.0) as f32;
                }
            }
        }
        let filled = add(pass.ctx, image, &pass.ctx.constant(noise, image.shape())?)?;
        let mirrored = flip_width(pass.ctx, &filled)?;
        only(concat_channels(pass.ctx, &[&filled, &mirrored])?)
    }

    fn onnx(&self, _: &mut Sheet<'_, D>) -> Drawn {
        Err(Error::Other("it draws random numbers".into()))
    }
}
