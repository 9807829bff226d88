//! x above zero, `slope` * x below.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx::Attribute;
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::{Backend, Error};

settings! {
    pub struct LeakyRelu {
        /// Slope below zero.
        slope: f64 = 0.2, min = 0.0;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, LeakyRelu>()
}

impl Leaf for LeakyRelu {
    const ABOUT: About = about("leaky-relu", "x above zero, `slope` * x below.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(as_map(inputs.one("map")?))
    }
}

impl<D: Backend> Module<D> for LeakyRelu {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(activate(pass.ctx, inputs.one("map")?, Activation::LeakyRelu(self.slope as f32))?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        drawn(sheet.graph.node("LeakyRelu", &[&x.name], &[("alpha", Attribute::Float(self.slope as f32))]))
    }
}
