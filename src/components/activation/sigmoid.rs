//! 1 / (1 + exp(-x)): 0 to 1.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::{Backend, Error};

settings! {
    pub struct Sigmoid {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Sigmoid>()
}

impl Leaf for Sigmoid {
    const ABOUT: About = about("sigmoid", "1 / (1 + exp(-x)): 0 to 1.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(as_map(inputs.one("map")?))
    }
}

impl<D: Backend> Module<D> for Sigmoid {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(activate(pass.ctx, inputs.one("map")?, Activation::Sigmoid)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        drawn(sheet.graph.node("Sigmoid", &[&x.name], &[]))
    }
}
