//! Inception-ResNet v1, known as FaceNet in PyTorch: 23,482,624 parameters.
//!
//! Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
//! <https://arxiv.org/abs/1602.07261>, figs. 10 to 14; in the layout of facenet-pytorch (`models/inception_resnet_v1.py`),
//! without its classifier `logits`, for faces of 160 pixels. Its weights were trained on (v - 127.5) / 128 of values v from
//! 0 to 255, so images are multiplied by 127.5 / 128. The vector is divided by its length, as published.

use super::{Row, about};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Problem, settings};
use crate::tensor::Backend;
use serde_json::{Value, json};

/// What the channels below are multiples of.
const WIDTH: usize = 32;
/// From -1 to 1 to what the weights were trained on.
const GAIN: f64 = 127.5 / 128.0;
/// Of every norm.
const EPSILON: f64 = 1e-3;

settings! {
    pub struct InceptionResnetV1 {
        /// Channels of the first convolution, an even number; the others scale with it. The vector has 16 times as many
        /// numbers.
        width: usize = WIDTH, min = 2;
        /// Height and width that images are resized to, in pixels.
        size: usize = 160_usize, min = 75;
        /// Share of values dropped before the last layer, while learning.
        dropout: f64 = 0.6, min = 0.0, below = 1.0;
        /// Whether the vector is divided by its length.
        normalise: bool = true;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, InceptionResnetV1>()
}

/// Kernel (height, width), stride, padding ("same" or none), channels at the public width.
type Conv = ((usize, usize), usize, bool, usize);

const fn pointwise(channels: usize) -> Conv {
    ((1, 1), 1, true, channels)
}

const fn same(height: usize, width: usize, channels: usize) -> Conv {
    ((height, width), 1, true, channels)
}

const fn halving(channels: usize) -> Conv {
    ((3, 3), 2, false, channels)
}

/// Convolutions in a row; none is a pooling that halves the size.
type Branch = &'static [Conv];

/// Branches side by side, a convolution back to the channels of the input, times a scale, added to the input.
struct Residual {
    branches: &'static [Branch],
    scale: f64,
    /// Channels of the input.
    channels: usize,
    relu: bool,
}

const BLOCK35: Residual = Residual {
    branches: &[&[pointwise(32)], &[pointwise(32), same(3, 3, 32)], &[pointwise(32), same(3, 3, 32), same(3, 3, 32)]],
    scale: 0.17,
    channels: 256,
    relu: true,
};

const BLOCK17: Residual = Residual {
    branches: &[&[pointwise(128)], &[pointwise(128), same(1, 7, 128), same(7, 1, 128)]],
    scale: 0.10,
    channels: 896,
    relu: true,
};

const BLOCK8: Residual = Residual {
    branches: &[&[pointwise(192)], &[pointwise(192), same(1, 3, 192), same(3, 1, 192)]],
    scale: 0.20,
    channels: 1792,
    relu: true,
};

const LAST_BLOCK8: Residual = Residual { scale: 1.0, relu: false, ..BLOCK8 };

const MIXED_6A: &[Branch] = &[&[halving(384)], &[pointwise(192), same(3, 3, 192), halving(256)], &[]];

const MIXED_7A: &[Branch] = &[
    &[pointwise(256), halving(384)],
    &[pointwise(256), halving(256)],
    &[pointwise(256), same(3, 3, 256), halving(256)],
    &[],
];

impl Composed for InceptionResnetV1 {
    const ABOUT: About = about(
        "inception-resnet-v1",
        "Inception-ResNet v1, known as FaceNet in PyTorch: 23,482,624 parameters.",
        "Szegedy et al. 2017",
    );

    fn body(&self, _: &InputEdges) -> Result<Body, Problem> {
        if !self.width.is_multiple_of(2) {
            return Err(Problem::new(format!("`width` is {}, expected an even number", self.width)).at_setting("width"));
        }
        let mut row = Row::new(self.size);
        row.add("scaled", "operator/affine", json!({"gain": GAIN}));
        self.convolve(&mut row, "conv2d-1a", &halving(32));
        self.convolve(&mut row, "conv2d-2a", &((3, 3), 1, false, 32));
        self.convolve(&mut row, "conv2d-2b", &same(3, 3, 64));
        row.add("maxpool-3a", "block/max-pool", json!({"kernel": 3, "stride": 2}));
        self.convolve(&mut row, "conv2d-3b", &pointwise(80));
        self.convolve(&mut row, "conv2d-4a", &((3, 3), 1, false, 192));
        self.convolve(&mut row, "conv2d-4b", &halving(256));
        self.repeat(&mut row, "repeat-1", 5, &BLOCK35);
        self.mix(&mut row, "mixed-6a", MIXED_6A);
        self.repeat(&mut row, "repeat-2", 10, &BLOCK17);
        self.mix(&mut row, "mixed-7a", MIXED_7A);
        self.repeat(&mut row, "repeat-3", 5, &BLOCK8);
        self.residual(&mut row, "block8", &LAST_BLOCK8);
        row.add("avgpool-1a", "block/global-pool", json!({}));
        row.add("pixel", "operator/pixel", json!({}));
        row.dropout("dropout", self.dropout);
        row.add("flat", "operator/flatten", json!({}));
        row.add("last-linear", "block/linear", json!({"width": self.channels(512), "bias": false}));
        row.vector_norm("last-bn", norm());
        Ok(row.finish(self.normalise))
    }
}

fn norm() -> Value {
    json!({"epsilon": EPSILON})
}

impl InceptionResnetV1 {
    /// Channels at this width that are `published` at the public one.
    fn channels(&self, published: usize) -> usize {
        published * self.width / WIDTH
    }

    /// Convolution, norm, relu.
    fn convolve(&self, row: &mut Row, path: &str, &((height, width), stride, same, channels): &Conv) {
        let padding = if same { json!("same") } else { json!(0) };
        let kernel = if height == width { json!(height) } else { json!([height, width]) };
        let channels = self.channels(channels);
        let conv = json!({"width": channels, "kernel": kernel, "stride": stride, "padding": padding, "bias": "off"});
        row.add(&format!("{path}/conv"), "block/conv", conv);
        row.add(&format!("{path}/bn"), "norm/batch", norm());
        row.add(&format!("{path}/relu"), "activation/relu", json!({}));
    }

    /// Branches side by side. In the public layout a branch of one convolution has no number.
    fn mix(&self, row: &mut Row, path: &str, branches: &[Branch]) {
        let map = row.last.clone();
        let mut ends = Vec::new();
        for (i, branch) in branches.iter().enumerate() {
            let name = format!("{path}/branch{i}");
            row.from(&map);
            match branch {
                [] => row.add(&name, "block/max-pool", json!({"kernel": 3, "stride": 2})),
                [one] => self.convolve(row, &name, one),
                several => {
                    for (j, conv) in several.iter().enumerate() {
                        self.convolve(row, &format!("{name}/{j}"), conv);
                    }
                }
            }
            ends.push(row.last.clone());
        }
        row.join(&format!("{path}/side-by-side"), "operator/concat", &ends);
    }

    fn residual(&self, row: &mut Row, path: &str, block: &Residual) {
        let map = row.last.clone();
        self.mix(row, path, block.branches);
        let conv = json!({"width": self.channels(block.channels), "kernel": 1, "bias": "on"});
        row.add(&format!("{path}/conv2d"), "block/conv", conv);
        if block.scale != 1.0 {
            row.add(&format!("{path}/scaled"), "operator/affine", json!({"gain": block.scale}));
        }
        let both = [row.last.clone(), map];
        row.join(&format!("{path}/total"), "operator/sum", &both);
        if block.relu {
            row.add(&format!("{path}/relu"), "activation/relu", json!({}));
        }
    }

    fn repeat(&self, row: &mut Row, path: &str, count: usize, block: &Residual) {
        for i in 0..count {
            self.residual(row, &format!("{path}/{i}"), block);
        }
    }
}
