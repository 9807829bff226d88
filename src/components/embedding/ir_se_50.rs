//! IR-SE-50: a residual network of 50 layers with squeeze-and-excitation, as CFR-GAN's identity loss uses it.
//!
//! Deng et al., "ArcFace", <https://arxiv.org/abs/1801.07698>, section 2.2; blocks of Hu et al.,
//! <https://arxiv.org/abs/1709.01507>; in the layout of TreB1eN's InsightFace_Pytorch (`model.py`), for aligned faces of
//! 112 pixels. Where neither size nor width changes the shortcut is the identity; where only the size does, every second
//! pixel. The vector is divided by its length, as published.

use super::{Row, about};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Problem, settings};
use crate::tensor::Backend;
use serde_json::json;

/// Residual blocks of the stages, each of which halves the size.
const COUNTS: [usize; 4] = [3, 4, 14, 3];
/// How many times narrower the bottleneck of an excitation is than its map.
const REDUCTION: usize = 16;

settings! {
    pub struct IrSe50 {
        /// Channels of the first stage; the others scale with it. The vector has eight times as many numbers.
        width: usize = 64_usize, min = 1;
        /// Height and width that images are resized to, in pixels.
        size: usize = 112_usize, min = 16;
        /// Share of values dropped before the last layer, while learning.
        dropout: f64 = 0.6, min = 0.0, below = 1.0;
        /// Whether the vector is divided by its length.
        normalise: bool = true;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, IrSe50>()
}

impl Composed for IrSe50 {
    const ABOUT: About = about(
        "ir-se-50",
        "IR-SE-50: a residual network of 50 layers with squeeze-and-excitation, as CFR-GAN's identity loss uses it.",
        "Deng et al. 2019",
    );

    fn body(&self, _: &InputEdges) -> Result<Body, Problem> {
        let mut row = Row::new(self.size);
        row.add("input-layer/0", "block/conv", json!({"width": self.width, "padding": 1, "bias": "off"}));
        row.add("input-layer/1", "norm/batch", json!({}));
        row.add("input-layer/2", "activation/prelu", json!({}));
        let blocks = COUNTS.iter().enumerate().flat_map(|(stage, &count)| (0..count).map(move |i| (stage, i)));
        for (number, (stage, i)) in blocks.enumerate() {
            let stride = if i == 0 { 2 } else { 1 };
            block(&mut row, &format!("body/{number}"), self.width << stage, stride, i == 0 && stage > 0);
        }
        row.add("output-layer/0", "norm/batch", json!({}));
        row.dropout("output-layer/1", self.dropout);
        row.add("output-layer/2", "operator/flatten", json!({}));
        row.add("output-layer/3", "block/linear", json!({"width": 8 * self.width}));
        row.vector_norm("output-layer/4", json!({}));
        Ok(row.finish(self.normalise))
    }
}

/// `widens`: whether the input has fewer than `width` channels.
fn block(row: &mut Row, path: &str, width: usize, stride: usize, widens: bool) {
    let map = row.last.clone();
    let (branch, name) = (format!("{path}/res-layer"), |inner: &str| format!("{path}/{inner}"));
    let conv = |stride: usize| json!({"width": width, "stride": stride, "padding": 1, "bias": "off"});
    row.add(&format!("{branch}/0"), "norm/batch", json!({}));
    row.add(&format!("{branch}/1"), "block/conv", conv(1));
    row.add(&format!("{branch}/2"), "activation/prelu", json!({}));
    row.add(&format!("{branch}/3"), "block/conv", conv(stride));
    row.add(&format!("{branch}/4"), "norm/batch", json!({}));
    excite(row, &format!("{branch}/5"), width);
    let branch = row.from(&map);
    if widens {
        let conv = json!({"width": width, "kernel": 1, "stride": stride, "padding": 0, "bias": "off"});
        row.add(&name("shortcut-layer/0"), "block/conv", conv);
        row.add(&name("shortcut-layer/1"), "norm/batch", json!({}));
    } else if stride > 1 {
        row.add(&name("shortcut-layer"), "block/max-pool", json!({"kernel": 1, "stride": stride}));
    }
    let shortcut = row.last.clone();
    row.join(&name("total"), "operator/sum", &[branch, shortcut]);
}

/// Squeeze-and-excitation without biases.
fn excite(row: &mut Row, path: &str, width: usize) {
    let map = row.last.clone();
    let name = |inner: &str| format!("{path}/{inner}");
    let conv = |width: usize| json!({"width": width, "kernel": 1, "bias": "off"});
    row.add(&name("avg-pool"), "block/global-pool", json!({}));
    row.add(&name("pixel"), "operator/pixel", json!({}));
    row.add(&name("fc1"), "block/conv", conv((width / REDUCTION).max(1)));
    row.add(&name("relu"), "activation/relu", json!({}));
    row.add(&name("fc2"), "block/conv", conv(width));
    row.add(&name("sigmoid"), "activation/sigmoid", json!({}));
    let weights = row.last.clone();
    row.join(&name("weighted"), "operator/multiply", &[map, weights]);
}
