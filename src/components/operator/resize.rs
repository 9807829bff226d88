//! Another size, by straight lines between the pixels; borders meet borders, as PyTorch's `interpolate` has it.
//!
//! There is no antialiasing: a map made less than half as large skips pixels.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::resize::resize_bilinear;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Resize {
        /// Height and width of the result, in pixels.
        size: usize, min = 1;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Resize>()
}

impl Leaf for Resize {
    const ABOUT: About =
        about("resize", "Another size, by straight lines between the pixels.", &["map: T"], &["map: T"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        gives(map.with(map.ty, [map.channels(), self.size, self.size]))
    }
}

impl<D: Backend> Module<D> for Resize {
    /// `map`: N x C x H x W. Returns N x C x size x size.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(resize_bilinear(pass.ctx, inputs.one("map")?, (self.size, self.size), false)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let [_, h, w] = x.dims;
        drawn(sheet.graph.resize(&x.name, (h, w), (self.size, self.size)))
    }
}
