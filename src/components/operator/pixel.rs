//! A vector as a map of one pixel, for norms, activations and gates on what is no longer a map.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::{Backend, Error};

settings! {
    pub struct Pixel {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Pixel>()
}

impl Leaf for Pixel {
    const ABOUT: About = about("pixel", "A vector as a map of one pixel.", &["vector: vector"], &["map: map"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let vector = inputs.one("vector")?;
        gives(vector.with(Type::Map, vector.dims))
    }
}

impl<D: Backend> Module<D> for Pixel {
    /// `vector`: N x C x 1 x 1, and so is the result.
    fn forward(&self, _: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(inputs.one("vector")?.clone())
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        drawn(&sheet.one("vector")?.name)
    }
}
