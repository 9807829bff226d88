//! EfficientNet-B0 without its classifier: inverted residual blocks, found by architecture search.
//!
//! Tan and Le, "EfficientNet", <https://arxiv.org/abs/1905.11946>, table 1. Stages are where the size halves: the first
//! convolution's map (32 channels), then 24, 40, 112 and 1280 (320 without `head`). Nodes are named as in timm's
//! `efficientnet_b0`, whose files and torchvision's load by name; their norms have an epsilon of 1e-5. The original, and
//! timm's `tf_efficientnet_b0`, have 1e-3 and a momentum of 0.01: `norm = { use = "batch", epsilon = 1e-3, momentum =
//! 0.01 }`. Padding is the same on all sides, as in PyTorch. No stochastic depth and no dropout.

use super::{STAGES, about, check_links, joined, replaced};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Problem, Slot, settings};
use crate::tensor::Backend;
use serde_json::{Value, json};

settings! {
    pub struct EfficientnetB0 {
        /// Channels of the first stage; the others scale with it.
        width: usize = 32_usize, min = 1;
        /// Whether the input is an image, or a map that is the first stage.
        stem: bool = true;
        /// Stride of the first convolution: 2 halves the size, 1 keeps it.
        first_stride: usize = 2_usize, min = 1, max = 2;
        /// Whether the deepest stage ends with the 1x1 convolution to 40 times `width`.
        head: bool = true;
        /// How a stage takes its link; "none" drops it, with "replace" the link is the stage, and nothing is computed.
        join: Slot = "sum", family = "fusion";
        /// Norm after each convolution.
        norm: Slot = "batch", family = "norm";
    }
}

/// Blocks in a row: kernel, stride of the first, expansion, channels at width 32, how many.
struct Blocks(usize, usize, usize, usize, usize);

/// Table 1 of the paper, with the stage of ours that each row belongs to, counted from the finest.
const ROWS: [(usize, Blocks); 7] = [
    (1, Blocks(3, 1, 1, 16, 1)),
    (1, Blocks(3, 2, 6, 24, 2)),
    (2, Blocks(5, 2, 6, 40, 2)),
    (3, Blocks(3, 2, 6, 80, 3)),
    (3, Blocks(5, 1, 6, 112, 3)),
    (4, Blocks(5, 2, 6, 192, 4)),
    (4, Blocks(3, 1, 6, 320, 1)),
];

/// Channels that table 1 gives the first stage and the head.
const FIRST: usize = 32;
const HEAD: usize = 1280;

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, EfficientnetB0>()
}

impl EfficientnetB0 {
    /// Channels of the table at this width, rounded to the nearest.
    fn channels(&self, listed: usize) -> usize {
        ((listed * self.width + FIRST / 2) / FIRST).max(1)
    }

    /// A convolution, its norm `bn-..` and SiLU. Returns its wire.
    fn convolution(&self, body: &mut Body, name: &str, from: &str, conv: Value) -> String {
        let (norm, act) = (format!("bn-{name}"), format!("act-{name}"));
        body.node(&format!("conv-{name}"), "block/conv", &[("map", from)], conv);
        let component = format!("norm/{}", self.norm.name());
        body.node(&norm, &component, &[("map", &format!("conv-{name}"))], Value::Object(self.norm.settings()));
        body.node(&act, "activation/silu", &[("map", &norm)], json!({}));
        act
    }

    /// One row of the table. Returns the last block's wire.
    fn blocks(&self, body: &mut Body, row: usize, from: &str) -> String {
        let Blocks(kernel, first, expansion, width, count) = ROWS[row].1;
        let mut wire = from.to_string();
        for i in 0..count {
            let name = format!("blocks-{row}-{i}");
            let settings = json!({
                "width": self.channels(width), "expansion": expansion, "kernel": kernel,
                "stride": if i == 0 { first } else { 1 }, "norm": self.norm,
            });
            body.node(&name, "block/mbconv", &[("map", &wire)], settings);
            wire = name;
        }
        wire
    }
}

impl Composed for EfficientnetB0 {
    const ABOUT: About =
        About { paper: "Tan and Le 2019", ..about("efficientnet-b0", "EfficientNet-B0 without its classifier.") };

    fn body(&self, inputs: &InputEdges) -> Result<Body, Problem> {
        let linked = check_links(inputs)?;
        if let Some(body) = replaced(&self.join, self.stem, linked) {
            return Ok(body);
        }
        let mut body = Body::default();
        let mut wires = vec![if self.stem {
            let conv = json!({"width": self.width, "kernel": 3, "stride": self.first_stride, "padding": 1});
            let wire = self.convolution(&mut body, "stem", "in.map", conv);
            joined(&mut body, &self.join, linked, 0, &wire)
        } else {
            "in.map".to_string()
        }];
        for stage in 1..STAGES {
            let mut wire = wires[stage - 1].clone();
            for row in (0..ROWS.len()).filter(|row| ROWS[*row].0 == stage) {
                wire = self.blocks(&mut body, row, &wire);
            }
            if stage + 1 == STAGES && self.head {
                let conv = json!({"width": self.channels(HEAD), "kernel": 1});
                wire = self.convolution(&mut body, "head", &wire, conv);
            }
            wires.push(joined(&mut body, &self.join, linked, stage, &wire));
        }
        super::outputs(&mut body, &wires);
        Ok(body)
    }
}
