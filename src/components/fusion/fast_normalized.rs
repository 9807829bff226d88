//! Fast normalised fusion: a learnt scalar for each map, through relu, over their sum + `epsilon`.
//!
//! Tan et al., "EfficientDet", <https://arxiv.org/abs/1911.09070>, section 3.3; eq. 8 of Na et al. (na2020). The
//! scalars are 1 at the start.

use super::{about, weighed, weighing};
use crate::components::node::{About, Leaf, NodeEntry, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::fusion::Weighting;
use crate::tensor::{Backend, Error};

settings! {
    pub struct FastNormalized {
        /// Which map a 1x1 convolution takes to the other's channels.
        project: String = "first", of = ["first", "second", "both"];
        /// Added to the sum of the scalars.
        epsilon: f64 = 1e-4, above = 0.0;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, FastNormalized>()
}

impl Leaf for FastNormalized {
    const ABOUT: About = About {
        paper: "Na et al. 2020",
        ..about("fast-normalized", "A learnt scalar for each map, over the sum of them.")
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        weighing(inputs, &self.project, true)
    }
}

impl<D: Backend> Module<D> for FastNormalized {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(weighed(pass, inputs, Weighting::FastNormalized { epsilon: self.epsilon as f32 })?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        super::draw_weighed(sheet, Weighting::FastNormalized { epsilon: self.epsilon as f32 })
    }
}
