//! A matrix and a bias on a vector.

use crate::components::node::{About, Leaf, NodeEntry, gives, leaf, per_channel, weight};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Kind, Problem, Type, settings};
use crate::tensor::ops::linear::linear;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Linear {
        /// Length of the output.
        width: usize, kind = Kind::Dim, min = 1;
        /// Whether something is added.
        bias: bool = true;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Linear>()
}

impl Leaf for Linear {
    const ABOUT: About = About {
        family: "block",
        name: "linear",
        doc: "A matrix and a bias on a vector.",
        paper: "",
        inputs: &["vector: vector"],
        outputs: &["vector: vector"],
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let vector = inputs.one("vector")?;
        let length = vector.channels();
        let mut parameters = vec![weight("weight", [self.width, length, 1, 1])];
        if self.bias {
            parameters.push(per_channel("bias", self.width, 0.0));
        }
        let macs = (self.width * length) as u64;
        Ok(Inferred { parameters, macs, ..gives(vector.with(Type::Vector, [self.width, 1, 1]))? })
    }
}

impl<D: Backend> Module<D> for Linear {
    /// `vector`: N x I x 1 x 1. Returns N x O x 1 x 1.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let bias = pass.optional_parameter("bias");
        only(linear(pass.ctx, inputs.one("vector")?, &pass.parameter("weight")?, bias.as_ref())?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("vector")?;
        let (weight, bias) = (sheet.parameter("weight")?, sheet.bias("bias"));
        drawn(sheet.graph.linear(&x.name, &weight, bias.as_deref()))
    }
}
