//! x * sigmoid(x), also called swish.
//!
//! Ramachandran et al., "Searching for Activation Functions", <https://arxiv.org/abs/1710.05941>, with beta = 1.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Inputs, Module, Outputs, Pass, only};
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
}
