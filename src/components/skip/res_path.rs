//! The residual paths of MultiResUNet: on each skip a chain of 3x3 convolutions beside 1x1 ones, longer where the map is
//! finer and so further from the decoder's features.
//!
//! Ibtehaz and Rahman, "MultiResUNet", <https://arxiv.org/abs/1902.04049>, section 3.3; a link of the chain as in the
//! authors' code (`ResPath`): norm(relu(norm(conv1x1(x)) + relu(norm(conv3x3(x))))). Channels stay the skip's.

use super::{about, bent, conv_norm, give, normed, stages};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Problem, Slot, settings};
use crate::tensor::Backend;
use serde_json::json;

settings! {
    pub struct ResPath {
        /// Links on the coarsest skip; each finer skip has one more, so that four skips have 1, 2, 3, 4.
        shortest: usize = 1_usize, min = 1;
        /// Norm after each convolution and each link.
        norm: Slot = "batch", family = "norm";
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, ResPath>()
}

impl Composed for ResPath {
    const ABOUT: About = about("res-path", "The residual paths of MultiResUNet.", "Ibtehaz and Rahman 2020");

    fn body(&self, inputs: &InputEdges) -> Result<Body, Problem> {
        let mut body = Body::default();
        let mut skips = Vec::new();
        for (stage, from) in stages(inputs)?.into_iter().enumerate().skip(1) {
            let mut wire = from.wire;
            for link in 1..self.shortest + stage {
                wire = self.link(&mut body, &format!("path-{stage}-{link}"), &wire, from.channels);
            }
            skips.push(wire);
        }
        give(&mut body, &skips);
        Ok(body)
    }
}

impl ResPath {
    fn link(&self, body: &mut Body, name: &str, from: &str, width: usize) -> String {
        let (wide, narrow) = (format!("{name}-wide"), format!("{name}-shortcut"));
        let shortcut = conv_norm(body, &narrow, from, (width, 1), &self.norm);
        let branch = conv_norm(body, &wide, from, (width, 3), &self.norm);
        let branch = bent(body, &wide, &branch);
        let total = format!("{name}-total");
        body.node(&total, "operator/sum", &[("maps", &shortcut), ("maps", &branch)], json!({}));
        let wire = bent(body, name, &total);
        normed(body, name, &wire, &self.norm)
    }
}
