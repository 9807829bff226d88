//! Up-samplings: twice the height and width (`none`: as they are); the same channels, but for `share` of those that learn.

mod bilinear;
mod nearest;
mod none;
mod transposed;

use super::NodeEntry;
use super::node::About;
use crate::registry::{Edge, Type};
use crate::tensor::Backend;

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![bilinear::entry(), nearest::entry(), none::entry(), transposed::entry()]
}

/// What the cards of this family share.
const fn about(name: &'static str, doc: &'static str) -> About {
    About { family: "upsample", name, doc, paper: "", inputs: &["map: map"], outputs: &["map: map"] }
}

/// Twice the size.
fn doubled(map: &Edge) -> Edge {
    let [c, h, w] = map.dims;
    map.with(Type::Map, [c, 2 * h, 2 * w])
}
