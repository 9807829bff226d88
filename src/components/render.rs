//! Rendering of a face's model: what its coefficients look like.

mod pncc;

use super::NodeEntry;
use crate::tensor::Backend;

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![pncc::entry()]
}
