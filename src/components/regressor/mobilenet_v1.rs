//! MobileNet-v1 as 3DDFA has it: depthwise and pointwise convolutions, 850,398 parameters at `width` 16.
//!
//! Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
//! <https://arxiv.org/abs/1704.04861>, table 1, with width multiplier 0.5, and names, of 3DDFA_V2's
//! `models/mobilenet_v1.py` (Guo et al., "Towards Fast, Accurate and Stable 3D Dense Face Alignment"): layout `3ddfa`
//! loads its files. Their images are in the order blue, green, red and `(v - 127.5) / 128` for a grey level v; ours, red,
//! green, blue and -1 to 1, are turned into that inside.
//!
//! With `beside` (a feature of what is known so far) that map, at the image's size, is given to the first convolution
//! behind the image's channels.

use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Kind, Problem, settings};
use crate::tensor::Backend;
use serde_json::json;

/// Name, stride, and channels over those of the first convolution, of each block.
const BLOCKS: [(&str, usize, usize); 13] = [
    ("dw2-1", 1, 2),
    ("dw2-2", 2, 4),
    ("dw3-1", 1, 4),
    ("dw3-2", 2, 8),
    ("dw4-1", 1, 8),
    ("dw4-2", 2, 16),
    ("dw5-1", 1, 16),
    ("dw5-2", 1, 16),
    ("dw5-3", 1, 16),
    ("dw5-4", 1, 16),
    ("dw5-5", 1, 16),
    ("dw5-6", 2, 32),
    ("dw6", 1, 32),
];

settings! {
    pub struct MobilenetV1 {
        /// Channels of the first convolution; the others scale with it. 32 is the width multiplier 1, 16 is 0.5.
        width: usize = 16_usize, min = 1;
        /// Height and width that images are resized to, in pixels.
        size: usize = 120_usize, min = 16;
        /// Number of coefficients.
        coefficients: usize = 62_usize, kind = Kind::Dim, min = 1;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, MobilenetV1>()
}

impl Composed for MobilenetV1 {
    const ABOUT: About = About {
        family: "regressor",
        name: "mobilenet-v1",
        doc: "MobileNet-v1 as 3DDFA has it: depthwise and pointwise convolutions, 850,398 parameters at `width` 16.",
        paper: "Howard et al. 2017",
        inputs: &["image: image", "beside?: map"],
        outputs: &["coefficients: coefficients"],
    };

    fn body(&self, inputs: &InputEdges) -> Result<Body, Problem> {
        let mut body = Body::default();
        let size = json!({"size": self.size});
        body.node("resized", "operator/resize", &[("map", "in.image")], size.clone());
        body.node("bgr", "operator/reverse-channels", &[("map", "resized")], json!({}));
        body.node("grey-levels", "operator/affine", &[("map", "bgr")], json!({"gain": 127.5 / 128.0}));
        let mut wire = "grey-levels".to_string();
        if inputs.has("beside") {
            body.node("beside", "operator/resize", &[("map", "in.beside")], size);
            body.node("both", "operator/concat", &[("maps", "grey-levels"), ("maps", "beside")], json!({}));
            wire = "both".into();
        }
        let mut layer = |path: &str, [conv, norm, relu]: [&str; 3], settings| {
            let name = |inner: &str| format!("{path}{inner}");
            body.node(&name(conv), "block/conv", &[("map", &wire)], settings);
            body.node(&name(norm), "norm/batch", &[("map", &name(conv))], json!({}));
            body.node(&name(relu), "activation/relu", &[("map", &name(norm))], json!({}));
            wire = name(relu);
        };
        let spatial = |width: usize, stride: usize, groups: usize| json!({"width": width, "stride": stride, "padding": 1, "groups": groups, "bias": "off"});
        layer("", ["conv1", "bn1", "relu1"], spatial(self.width, 2, 1));
        let mut channels = self.width;
        for (name, stride, times) in BLOCKS {
            let path = format!("{name}/");
            layer(&path, ["conv-dw", "bn-dw", "relu-dw"], spatial(channels, stride, channels));
            channels = self.width * times;
            let pointwise = json!({"width": channels, "kernel": 1, "bias": "off"});
            layer(&path, ["conv-sep", "bn-sep", "relu-sep"], pointwise);
        }
        body.node("means", "block/global-pool", &[("map", &wire)], json!({}));
        body.node("fc", "block/linear", &[("vector", "means")], json!({"width": self.coefficients}));
        body.node("coefficients", "operator/coefficients", &[("vectors", "fc")], json!({}));
        body.output("coefficients", &["coefficients"]);
        Ok(body)
    }
}
