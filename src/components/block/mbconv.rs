//! The block of MobileNetV2 and EfficientNet: a 1x1 convolution widens the map, a depthwise one looks around,
//! squeeze-and-excitation weighs the channels, a 1x1 convolution narrows again; the input is added where its shape is
//! the output's.
//!
//! Sandler et al., "MobileNetV2", <https://arxiv.org/abs/1801.04381>, section 3.3; with squeeze-and-excitation and SiLU
//! as in Tan and Le, "EfficientNet", <https://arxiv.org/abs/1905.11946>, section 4. Nodes are named as in timm:
//! `InvertedResidual`, and `DepthwiseSeparableConv` where nothing widens. No stochastic depth.

use super::about;
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Kind, Problem, Slot, settings};
use crate::tensor::Backend;
use serde_json::{Value, json};

settings! {
    pub struct Mbconv {
        /// Output channels.
        width: usize, kind = Kind::Dim, min = 1;
        /// How many times wider than the input the depthwise convolution is.
        expansion: usize = 6_usize, min = 1;
        /// Side of the depthwise kernel, in pixels.
        kernel: usize = 3_usize, min = 1;
        /// 2 halves the size.
        stride: usize = 1_usize, min = 1;
        /// Channels of the squeeze as a share of the input's; it has at least one. 0: no squeeze-and-excitation.
        squeeze: f64 = 0.25, min = 0.0, max = 1.0;
        /// Norm after each convolution.
        norm: Slot = "batch", family = "norm";
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, Mbconv>()
}

impl Composed for Mbconv {
    const ABOUT: About =
        About { paper: "Tan and Le 2019", ..about("mbconv", "EfficientNet's inverted residual block.") };

    fn body(&self, inputs: &InputEdges) -> Result<Body, Problem> {
        let channels = inputs.one("map")?.channels();
        let wide = channels * self.expansion;
        let widens = self.expansion != 1;
        let mut row = Row { body: Body::default(), wire: "in.map".into(), norm: &self.norm, norms: 0 };
        if widens {
            row.conv("conv-pw", json!({"width": wide, "kernel": 1}));
            row.silu();
        }
        let depthwise = json!({
            "width": wide, "kernel": self.kernel, "stride": self.stride, "padding": self.kernel / 2, "groups": wide,
        });
        row.conv("conv-dw", depthwise);
        row.silu();
        if self.squeeze > 0.0 {
            let narrow = ((channels as f64 * self.squeeze) as usize).max(1);
            row.node("se", "block/squeeze-excite", json!({"width": narrow, "activation": "silu"}));
        }
        row.conv(if widens { "conv-pwl" } else { "conv-pw" }, json!({"width": self.width, "kernel": 1}));
        let Row { mut body, wire, .. } = row;
        if self.stride == 1 && channels == self.width {
            body.node("total", "operator/sum", &[("maps", &wire), ("maps", "in.map")], json!({}));
            body.output("map", &["total"]);
        } else {
            body.output("map", &[&wire]);
        }
        Ok(body)
    }
}

/// Nodes one after the other.
struct Row<'a> {
    body: Body,
    wire: String,
    norm: &'a Slot,
    norms: usize,
}

impl Row<'_> {
    fn node(&mut self, name: &str, component: &str, settings: Value) {
        self.body.node(name, component, &[("map", &self.wire)], settings);
        self.wire = name.into();
    }

    /// A convolution and its norm: `bn1`, `bn2`, ..
    fn conv(&mut self, name: &str, settings: Value) {
        self.node(name, "block/conv", settings);
        self.norms += 1;
        let (name, component) = (format!("bn{}", self.norms), format!("norm/{}", self.norm.name()));
        self.node(&name, &component, Value::Object(self.norm.settings()));
    }

    fn silu(&mut self) {
        self.node(&format!("act{}", self.norms), "activation/silu", json!({}));
    }
}
