//! A map as a vector: channel by channel, row by row, as PyTorch's `flatten`.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::ops::shape::reshape;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Flatten {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Flatten>()
}

impl Leaf for Flatten {
    const ABOUT: About =
        about("flatten", "A map as a vector: channel by channel, row by row.", &["map: map"], &["vector: vector"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        gives(map.with(Type::Vector, [map.elements(), 1, 1]))
    }
}

impl<D: Backend> Module<D> for Flatten {
    /// `map`: N x C x H x W. Returns N x CHW x 1 x 1.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let x = inputs.one("map")?;
        let [n, c, h, w] = x.shape();
        only(reshape(pass.ctx, x, [n, c * h * w, 1, 1])?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let shape = sheet.graph.integers("shape", &[0, x.dims.iter().product::<usize>() as i64, 1, 1]);
        drawn(sheet.graph.node("Reshape", &[&x.name, &shape], &[]))
    }
}
