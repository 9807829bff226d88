//! The residual block of ResNet-50 and deeper: 1x1, 3x3 and 1x1 convolutions beside a shortcut.
//!
//! He et al., "Deep Residual Learning", <https://arxiv.org/abs/1512.03385>, fig. 5 right; layout of torchvision, which
//! has the stride at the 3x3 convolution.

use super::{about, residual};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Kind, Problem, Slot, settings};
use crate::tensor::Backend;

settings! {
    pub struct Bottleneck {
        /// Inner channels; the output has four times as many.
        width: usize, kind = Kind::Dim, min = 1;
        /// 2 halves the size.
        stride: usize = 1_usize, min = 1;
        /// Norm after each convolution.
        norm: Slot = "batch", family = "norm";
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, Bottleneck>()
}

impl Composed for Bottleneck {
    const ABOUT: About = About {
        paper: "He et al. 2016",
        ..about("bottleneck", "ResNet's residual block with a narrow 3x3 convolution.")
    };

    fn body(&self, inputs: &InputEdges) -> Result<Body, Problem> {
        let branch = [(1, 1, self.width), (3, self.stride, self.width), (1, 1, 4 * self.width)];
        Ok(residual(inputs.one("map")?, &branch, self.stride, &self.norm))
    }
}
