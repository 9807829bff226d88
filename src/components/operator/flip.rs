//! The map's mirror image: left becomes right.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::shape::flip_width;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Flip {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Flip>()
}

impl Leaf for Flip {
    const ABOUT: About = about("flip", "The map's mirror image.", &["map: T"], &["map: T"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(inputs.one("map")?.clone())
    }
}

impl<D: Backend> Module<D> for Flip {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(flip_width(pass.ctx, inputs.one("map")?)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        drawn(sheet.graph.flip(&x.name))
    }
}
