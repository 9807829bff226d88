//! The additive attention gate of Attention U-Net as its authors' code has it: attention at half the skip's resolution.
//!
//! Oktay et al., "Attention U-Net", <https://arxiv.org/abs/1804.03999>; layers from
//! ozan-oktay/Attention-Gated-Networks: theta is a 2x2 convolution of stride 2 without bias, phi a 1x1 one, the output
//! goes through a 1x1 convolution and batch norm. The signal comes at the skip's size here, so phi is halved (bilinear
//! at exactly one half is the mean of 2x2). The skip's height and width must be even.

use super::{about, attending};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Problem, settings};
use crate::tensor::Backend;
use serde_json::json;

settings! {
    pub struct GridGate {
        /// Inner width as a share of the skip's channels.
        ratio: f64 = 0.5, above = 0.0, max = 1.0;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, GridGate>()
}

impl Composed for GridGate {
    const ABOUT: About =
        attending(about("grid-gate", "Additive attention at half the skip's resolution.", "Oktay et al. 2018"));

    fn body(&self, inputs: &InputEdges) -> Result<Body, Problem> {
        let skip = inputs.one("skip")?;
        if skip.dims[1] % 2 != 0 || skip.dims[2] % 2 != 0 {
            let message = format!("the height and width of {skip} are not even");
            return Err(Problem::new(message).at_port("skip", 0, skip.to_string()));
        }
        let channels = skip.channels();
        let inner = ((channels as f64 * self.ratio).round() as usize).max(1);
        let theta = json!({"width": inner, "kernel": 2, "stride": 2, "padding": 0, "bias": "off"});
        let mut body = Body::default();
        body.node("theta", "block/conv", &[("map", "in.skip")], theta);
        body.node("phi", "block/conv", &[("map", "in.signal")], json!({"width": inner, "kernel": 1, "bias": "on"}));
        body.node("phi-half", "block/average-pool", &[("map", "phi")], json!({"size": 2}));
        body.node("total", "operator/sum", &[("maps", "theta"), ("maps", "phi-half")], json!({}));
        body.node("bent", "activation/relu", &[("map", "total")], json!({}));
        body.node("psi", "block/conv", &[("map", "bent")], json!({"width": 1, "kernel": 1, "bias": "on"}));
        body.node("share", "activation/sigmoid", &[("map", "psi")], json!({}));
        body.node("attention", "upsample/bilinear", &[("map", "share")], json!({}));
        body.node("gated", "operator/multiply", &[("maps", "in.skip"), ("maps", "attention")], json!({}));
        body.node("mixed", "block/conv", &[("map", "gated")], json!({"width": channels, "kernel": 1, "bias": "on"}));
        body.node("norm", "norm/batch", &[("map", "mixed")], json!({}));
        body.output("map", &["norm"]);
        body.output("attention", &["attention"]);
        Ok(body)
    }
}
