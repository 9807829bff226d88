//! A learnt scalar for each map, through softmax.
//!
//! Tan et al., "EfficientDet", <https://arxiv.org/abs/1911.09070>, section 3.3, "softmax-based fusion". The scalars are
//! 1 at the start.

use super::{about, weighed, weighing};
use crate::components::node::{About, Leaf, NodeEntry, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::fusion::Weighting;
use crate::tensor::{Backend, Error};

settings! {
    pub struct SoftmaxWeighted {
        /// Which map a 1x1 convolution takes to the other's channels.
        project: String = "first", of = ["first", "second", "both"];
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, SoftmaxWeighted>()
}

impl Leaf for SoftmaxWeighted {
    const ABOUT: About = about("softmax-weighted", "A learnt scalar for each map, through softmax.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        weighing(inputs, &self.project, true)
    }
}

impl<D: Backend> Module<D> for SoftmaxWeighted {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(weighed(pass, inputs, Weighting::Softmax)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        super::draw_weighed(sheet, Weighting::Softmax)
    }
}
