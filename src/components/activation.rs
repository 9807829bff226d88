//! Activations: element-wise, the same shape in and out, nothing to learn (but for `prelu`).

mod elu;
mod hard_swish;
mod leaky_relu;
mod none;
mod prelu;
mod relu;
mod sigmoid;
mod silu;
mod softplus;
mod tanh;

use super::NodeEntry;
use super::node::About;
use crate::tensor::Backend;

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![
        elu::entry(),
        hard_swish::entry(),
        leaky_relu::entry(),
        none::entry(),
        prelu::entry(),
        relu::entry(),
        sigmoid::entry(),
        silu::entry(),
        softplus::entry(),
        tanh::entry(),
    ]
}

/// What the cards of this family share.
const fn about(name: &'static str, doc: &'static str) -> About {
    About { family: "activation", name, doc, paper: "", inputs: &["map: map"], outputs: &["map: map"] }
}
