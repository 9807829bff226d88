//! The residual block of ResNet-18 and -34: two 3x3 convolutions beside a shortcut.
//!
//! He et al., "Deep Residual Learning", <https://arxiv.org/abs/1512.03385>, fig. 5 left; layout of torchvision.

use super::{about, residual};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Kind, Problem, Slot, settings};
use crate::tensor::Backend;

settings! {
    pub struct Basic {
        /// Output channels.
        width: usize, kind = Kind::Dim, min = 1;
        /// 2 halves the size.
        stride: usize = 1_usize, min = 1;
        /// Norm after each convolution.
        norm: Slot = "batch", family = "norm";
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, Basic>()
}

impl Composed for Basic {
    const ABOUT: About =
        About { paper: "He et al. 2016", ..about("basic", "ResNet's residual block of two 3x3 convolutions.") };

    fn body(&self, inputs: &InputEdges) -> Result<Body, Problem> {
        let branch = [(3, self.stride, self.width), (3, 1, self.width)];
        Ok(residual(inputs.one("map")?, &branch, self.stride, &self.norm))
    }
}
