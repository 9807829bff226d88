//! The map as it is.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::{Backend, Error};

settings! {
    pub struct None {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, None>()
}

impl Leaf for None {
    const ABOUT: About = about("none", "The map as it is.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(as_map(inputs.one("map")?))
    }
}

impl<D: Backend> Module<D> for None {
    fn forward(&self, _: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(inputs.one("map")?.clone())
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        drawn(&sheet.one("map")?.name)
    }
}
