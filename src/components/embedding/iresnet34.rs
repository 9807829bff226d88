//! IResNet-34: the improved residual network of ArcFace, 34,139,328 parameters.
//!
//! Deng et al., "ArcFace", <https://arxiv.org/abs/1801.07698>, section 2.2; in insightface's layout, for aligned faces of
//! 112 pixels. The vector is not divided by its length, as published.

use super::{IRESNET, Iresnet, about, iresnet};
use crate::components::node::{NodeEntry, expanding};
use crate::registry::Declared;
use crate::tensor::Backend;

pub fn entry<D: Backend>() -> NodeEntry<D> {
    let doc = "IResNet-34: the improved residual network of ArcFace, 34,139,328 parameters.";
    expanding::<D, Iresnet>(about("iresnet34", doc, IRESNET), |settings, _| {
        iresnet(&Iresnet::read(settings)?, [3, 4, 6, 3])
    })
}
