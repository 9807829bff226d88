//! x * sigmoid(x), also called swish.
//!
//! Ramachandran et al., "Searching for Activation Functions", <https://arxiv.org/abs/1710.05941>, with beta = 1.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::{Backend, Error};

settings! {
    pub struct Silu {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Silu>()
}

impl Leaf for Silu {
    const ABOUT: About = about("silu", "x * sigmoid(x), also called swish.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(as_map(inputs.one("map")?))
    }
}

impl<D: Backend> Module<D> for Silu {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(activate(pass.ctx, inputs.one("map")?, Activation::Silu)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let share = sheet.graph.node("Sigmoid", &[&x.name], &[]);
        drawn(sheet.graph.node("Mul", &[&x.name, &share], &[]))
    }
}
