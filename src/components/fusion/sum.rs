//! The sum of the maps.

use super::{about, projected, weighing};
use crate::components::node::{About, Leaf, NodeEntry, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::arithmetic::add;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Sum {
        /// Which map a 1x1 convolution takes to the other's channels.
        project: String = "first", of = ["first", "second", "both"];
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Sum>()
}

impl Leaf for Sum {
    const ABOUT: About = about("sum", "The sum of the maps.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        weighing(inputs, &self.project, false)
    }
}

impl<D: Backend> Module<D> for Sum {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        match &projected(pass, inputs)?[..] {
            [first, second] => only(add(pass.ctx, first, second)?),
            _ => only(inputs.one("maps")?.clone()),
        }
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let maps = super::draw_projected(sheet)?;
        let names: Vec<&str> = maps.iter().map(String::as_str).collect();
        drawn(sheet.graph.chain("Add", &names))
    }
}
