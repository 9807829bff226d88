//! Heads: what turns an embedding into what a loss wants.

mod cosine_classifier;

use super::NodeEntry;
use crate::tensor::Backend;

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![cosine_classifier::entry()]
}
