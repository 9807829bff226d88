//! Every pixel four times.

use super::{about, doubled};
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::resize::resize_nearest;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Nearest {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Nearest>()
}

impl Leaf for Nearest {
    const ABOUT: About = about("nearest", "Every pixel four times.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(doubled(inputs.one("map")?))
    }
}

impl<D: Backend> Module<D> for Nearest {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let x = inputs.one("map")?;
        let [_, _, h, w] = x.shape();
        only(resize_nearest(pass.ctx, x, (2 * h, 2 * w))?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        drawn(sheet.graph.double(&x.name, "nearest", "asymmetric"))
    }
}
