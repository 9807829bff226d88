//! Embeddings: an image becomes a vector that tells whose face it is. Not normalised; heads and losses do that.

mod small_resnet;

use super::NodeEntry;
use crate::tensor::Backend;

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![small_resnet::entry()]
}
