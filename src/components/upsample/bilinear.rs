//! Straight lines between the pixels.

use super::{about, doubled};
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::resize::resize_bilinear;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Bilinear {
        /// Corner pixels stay where they are; otherwise the map's borders do. As in PyTorch.
        align_corners: bool = false;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Bilinear>()
}

impl Leaf for Bilinear {
    const ABOUT: About = about("bilinear", "Straight lines between the pixels.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(doubled(inputs.one("map")?))
    }
}

impl<D: Backend> Module<D> for Bilinear {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let x = inputs.one("map")?;
        let [_, _, h, w] = x.shape();
        only(resize_bilinear(pass.ctx, x, (2 * h, 2 * w), self.align_corners)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let positions = if self.align_corners { "align_corners" } else { "half_pixel" };
        drawn(sheet.graph.double(&x.name, "linear", positions))
    }
}
