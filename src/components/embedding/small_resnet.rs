//! A small residual network for faces: a 3x3 convolution, four residual blocks that halve the size each, the mean of
//! every channel, one linear layer, unit length.
//!
//! With `width` w the channels are w at full size, then w, 2w, 4w, 8w; the vector has 4w numbers. Any size from 16
//! pixels on; 1,260,384 parameters for w = 32 on three channels. Blocks as in ResNet-18 (He et al.), stem as for small
//! images there (section 4.2: no pooling). There is no norm or activation after the linear layer, so the numbers have
//! any sign.

use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Problem, settings};
use crate::tensor::Backend;
use serde_json::json;

settings! {
    pub struct SmallResnet {
        /// Channels of the first convolution.
        width: usize = 32_usize, min = 1;
        /// Divide the embedding by its length.
        normalise: bool = true;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, SmallResnet>()
}

impl Composed for SmallResnet {
    const ABOUT: About = About {
        family: "embedding",
        name: "small-resnet",
        doc: "A small residual network for faces.",
        paper: "",
        inputs: &["image: image"],
        outputs: &["embedding: vector"],
    };

    fn body(&self, _: &InputEdges) -> Result<Body, Problem> {
        let mut body = Body::default();
        body.node("conv", "block/conv", &[("map", "in.image")], json!({"width": self.width}));
        body.node("norm", "norm/batch", &[("map", "conv")], json!({}));
        body.node("relu", "activation/relu", &[("map", "norm")], json!({}));
        let mut wire = "relu".to_string();
        for layer in 0..4 {
            let name = format!("layer-{}", layer + 1);
            body.node(&name, "block/basic", &[("map", &wire)], json!({"width": self.width << layer, "stride": 2}));
            wire = name;
        }
        body.node("means", "block/global-pool", &[("map", &wire)], json!({}));
        body.node("embedding", "block/linear", &[("vector", "means")], json!({"width": 4 * self.width}));
        let mut wire = "embedding";
        if self.normalise {
            body.node("unit", "operator/l2-normalise", &[("vector", wire)], json!({}));
            wire = "unit";
        }
        body.output("embedding", &[wire]);
        Ok(body)
    }
}
