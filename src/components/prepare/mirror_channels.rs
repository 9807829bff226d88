//! The image and, as further channels, its mirror image: a face's other half tells what is missing.
//!
//! After the public inference port of UV-GAN (Deng et al., deng2018), which feeds six channels.

use super::{about, beside};
use crate::components::node::{About, Leaf, NodeEntry, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::shape::{concat_channels, flip_width};
use crate::tensor::{Backend, Error};

settings! {
    pub struct MirrorChannels {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, MirrorChannels>()
}

impl Leaf for MirrorChannels {
    const ABOUT: About = About {
        paper: "Deng et al. 2018",
        ..about("mirror-channels", "The image and, as further channels, its mirror image.")
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        beside(inputs)
    }
}

impl<D: Backend> Module<D> for MirrorChannels {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let image = inputs.one("image")?;
        let mirrored = flip_width(pass.ctx, image)?;
        only(concat_channels(pass.ctx, &[image, &mirrored])?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let image = sheet.one("image")?;
        let mirrored = sheet.graph.flip(&image.name);
        drawn(sheet.graph.concat(&[&image.name, &mirrored], 1))
    }
}
