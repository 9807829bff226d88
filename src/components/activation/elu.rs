//! x above zero, `alpha` * (exp(x) - 1) below.
//!
//! Clevert et al., "Fast and Accurate Deep Network Learning by Exponential Linear Units",
//! <https://arxiv.org/abs/1511.07289>.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx::Attribute;
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::{Backend, Error};

settings! {
    pub struct Elu {
        /// What the output tends to far below zero, negated.
        alpha: f64 = 1.0, above = 0.0;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Elu>()
}

impl Leaf for Elu {
    const ABOUT: About = about("elu", "x above zero, `alpha` * (exp(x) - 1) below.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(as_map(inputs.one("map")?))
    }
}

impl<D: Backend> Module<D> for Elu {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(activate(pass.ctx, inputs.one("map")?, Activation::Elu(self.alpha as f32))?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        drawn(sheet.graph.node("Elu", &[&x.name], &[("alpha", Attribute::Float(self.alpha as f32))]))
    }
}
