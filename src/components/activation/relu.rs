//! max(x, 0).

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::{Backend, Error};

settings! {
    pub struct Relu {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Relu>()
}

impl Leaf for Relu {
    const ABOUT: About = about("relu", "max(x, 0).");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(as_map(inputs.one("map")?))
    }
}

impl<D: Backend> Module<D> for Relu {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(activate(pass.ctx, inputs.one("map")?, Activation::Relu)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        drawn(sheet.graph.node("Relu", &[&x.name], &[]))
    }
}
