//! Heads: what turns an embedding into what a loss wants.

mod class_centres;
mod cosine_classifier;

use super::NodeEntry;
use crate::tensor::Backend;

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![class_centres::entry(), cosine_classifier::entry()]
}
