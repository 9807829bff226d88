//! ResNet-34 without its classifier, in torchvision's layout.
//!
//! He et al., "Deep Residual Learning", <https://arxiv.org/abs/1512.03385>, table 1.

use super::{Depth, Resnet, about, resnet};
use crate::components::node::{NodeEntry, expanding};
use crate::registry::Declared;
use crate::tensor::Backend;

const DEPTH: Depth = Depth { block: "block/basic", counts: [3, 4, 6, 3] };

pub fn entry<D: Backend>() -> NodeEntry<D> {
    let about = about("resnet34", "ResNet-34 without its classifier.");
    expanding::<D, Resnet>(about, |settings, inputs| resnet(&Resnet::read(settings)?, inputs, &DEPTH))
}
