//! MobileFaceNet: depthwise convolutions for small machines, 2,059,520 parameters as insightface has it.
//!
//! Chen et al., "MobileFaceNets", <https://arxiv.org/abs/1804.07573>, table 1; in insightface's layout
//! (`recognition/arcface_torch/backbones/mobilefacenet.py`), for aligned faces of 112 pixels. `scale = 1` and `length = 128`
//! are the paper's; insightface's `mbf` is twice as wide, its `mbf_large` has `scale = 4` and `blocks = [2, 8, 12, 4]`. The
//! vector is not divided by its length.

use super::{Row, about};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Problem, settings};
use crate::tensor::Backend;
use serde_json::json;

/// Channels between the stages and the vector.
const LAST: usize = 512;

settings! {
    pub struct MobileFaceNet {
        /// What the published channels, 64 and 128, are multiplied by.
        scale: usize = 2_usize, min = 1, max = 8;
        /// Blocks of the four stages; a first of 1 is one depthwise convolution, as published.
        blocks: Vec<usize> = vec![1, 4, 6, 2], length = 4, min = 1;
        /// Numbers of the vector.
        length: usize = 512_usize, min = 1;
        /// Height and width that images are resized to, in pixels, a multiple of 16.
        size: usize = 112_usize, min = 16;
        /// Whether the vector is divided by its length.
        normalise: bool = false;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, MobileFaceNet>()
}

/// A convolution: channels, kernel, stride, groups.
type Conv = (usize, usize, usize, usize);

impl Composed for MobileFaceNet {
    const ABOUT: About = about(
        "mobilefacenet",
        "MobileFaceNet: depthwise convolutions for small machines, 2,059,520 parameters as insightface has it.",
        "Chen et al. 2018",
    );

    fn body(&self, _: &InputEdges) -> Result<Body, Problem> {
        if !self.size.is_multiple_of(16) {
            return Err(Problem::new(format!("`size` is {}, expected a multiple of 16", self.size)).at_setting("size"));
        }
        let (narrow, wide) = (64 * self.scale, 128 * self.scale);
        let blocks = |stage: usize| self.blocks.get(stage).copied().unwrap_or(1);
        let mut row = Row::new(self.size);
        convolve(&mut row, "layers/0", (narrow, 3, 2, 1), true);
        match blocks(0) {
            1 => convolve(&mut row, "layers/1", (narrow, 3, 1, 64), true),
            count => residuals(&mut row, "layers/1", count, (narrow, 128)),
        }
        depthwise(&mut row, "layers/2", (narrow, 128), 2);
        residuals(&mut row, "layers/3", blocks(1), (narrow, 128));
        depthwise(&mut row, "layers/4", (wide, 256), 2);
        residuals(&mut row, "layers/5", blocks(2), (wide, 256));
        depthwise(&mut row, "layers/6", (wide, 512), 2);
        residuals(&mut row, "layers/7", blocks(3), (wide, 256));
        convolve(&mut row, "conv-sep", (LAST, 1, 1, 1), true);
        // One weight for each pixel of a channel.
        let whole = self.size / 16;
        let conv = json!({"width": LAST, "kernel": whole, "padding": 0, "groups": LAST, "bias": "off"});
        row.add("features/layers/0/layers/0", "block/conv", conv);
        row.add("features/layers/0/layers/1", "norm/batch", json!({}));
        row.add("features/layers/1", "operator/flatten", json!({}));
        row.add("features/layers/2", "block/linear", json!({"width": self.length, "bias": false}));
        row.vector_norm("features/layers/3", json!({}));
        Ok(row.finish(self.normalise))
    }
}

/// Convolution and norm, and a prelu if `active`.
fn convolve(row: &mut Row, path: &str, (width, kernel, stride, groups): Conv, active: bool) {
    let conv = json!({
        "width": width, "kernel": kernel, "stride": stride, "padding": kernel / 2, "groups": groups, "bias": "off"
    });
    row.add(&format!("{path}/layers/0"), "block/conv", conv);
    row.add(&format!("{path}/layers/1"), "norm/batch", json!({}));
    if active {
        row.add(&format!("{path}/layers/2"), "activation/prelu", json!({}));
    }
}

/// To `inner` channels, a convolution of each by itself, to `width` channels.
fn depthwise(row: &mut Row, path: &str, (width, inner): (usize, usize), stride: usize) {
    convolve(row, &format!("{path}/layers/0"), (inner, 1, 1, 1), true);
    convolve(row, &format!("{path}/layers/1"), (inner, 3, stride, inner), true);
    convolve(row, &format!("{path}/layers/2"), (width, 1, 1, 1), false);
}

fn residuals(row: &mut Row, path: &str, count: usize, channels: (usize, usize)) {
    for i in 0..count {
        let (path, map) = (format!("{path}/layers/{i}"), row.last.clone());
        depthwise(row, &path, channels, 1);
        let both = [map, row.last.clone()];
        row.join(&format!("{path}/total"), "operator/sum", &both);
    }
}
