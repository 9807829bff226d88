//! Gates: what a skip goes through before it meets the decoder. The same shape out as the skip; `signal` is the
//! decoder's map, of the skip's height and width. What a gate weighs with is its second port, `attention`, 0 to 1: of a gate
//! that weighs pixels a mask (1 x H x W; of CBAM, which weighs channels before, the pixels' one), of `squeeze-excite`, which
//! weighs channels, a vector (C), which no figure can lay over a picture. `none` weighs nothing and has no such port.

mod cbam;
mod grid_gate;
mod none;
mod squeeze_excite;

use super::NodeEntry;
use super::node::About;
use crate::nn::Sheet;
use crate::tensor::{Backend, Error};

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![cbam::entry(), grid_gate::entry(), none::entry(), squeeze_excite::entry()]
}

/// What the cards of this family share.
const fn about(name: &'static str, doc: &'static str, paper: &'static str) -> About {
    About { family: "gate", name, doc, paper, inputs: &["skip: map", "signal: map"], outputs: &["map: map"] }
}

/// The card of a gate that weighs pixels.
const fn attending(about: About) -> About {
    About { outputs: &["map: map", "attention: mask"], ..about }
}

/// The two layers that weigh channels, with a relu between them, as ONNX.
fn draw_perceptron<D: Backend>(sheet: &mut Sheet<'_, D>, pooled: &str) -> Result<String, Error> {
    let (weight, bias) = (sheet.parameter("squeeze-weight")?, sheet.bias("squeeze-bias"));
    let narrow = sheet.graph.linear(pooled, &weight, bias.as_deref());
    let narrow = sheet.graph.node("Relu", &[&narrow], &[]);
    let (weight, bias) = (sheet.parameter("excite-weight")?, sheet.bias("excite-bias"));
    Ok(sheet.graph.linear(&narrow, &weight, bias.as_deref()))
}
