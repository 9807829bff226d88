//! Preparations: what a generator is fed instead of the bare image. The same height and width.

mod mirror_channels;
mod noise_fill;
mod none;

use super::NodeEntry;
use super::node::{About, gives};
use crate::registry::{Inferred, InputEdges, Problem, Type};
use crate::tensor::Backend;

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![mirror_channels::entry(), noise_fill::entry(), none::entry()]
}

/// What the cards of this family share.
const fn about(name: &'static str, doc: &'static str) -> About {
    About { family: "prepare", name, doc, paper: "", inputs: &["image: image"], outputs: &["map: map"] }
}

/// Twice the image's channels.
fn beside(inputs: &InputEdges) -> Result<Inferred, Problem> {
    let image = inputs.one("image")?;
    let [c, h, w] = image.dims;
    gives(image.with(Type::Map, [2 * c, h, w]))
}
