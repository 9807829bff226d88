//! A vector divided by its length: the direction is left, as faces are compared by.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::ops::l2_normalise::l2_normalise;
use crate::tensor::{Backend, Error};

settings! {
    pub struct L2Normalise {}
}

/// Least length a vector is divided by, as PyTorch's `normalize`.
const EPSILON: f32 = 1e-12;

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, L2Normalise>()
}

impl Leaf for L2Normalise {
    const ABOUT: About =
        about("l2-normalise", "A vector divided by its length.", &["vector: vector"], &["vector: vector"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let vector = inputs.one("vector")?;
        gives(vector.with(Type::Vector, vector.dims))
    }
}

impl<D: Backend> Module<D> for L2Normalise {
    /// `vector`: N x C x 1 x 1, and so is the result.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(l2_normalise(pass.ctx, inputs.one("vector")?, EPSILON)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("vector")?;
        drawn(sheet.graph.l2_normalise(&x.name, EPSILON))
    }
}
