//! Embeddings: an image becomes a vector that tells whose face it is.
//!
//! Images are taken as they travel here, of any size and -1 to 1: a network with a size of its own resizes them to its
//! setting `size` (bilinear, without antialiasing) and turns the values into what its public weights were trained on.
//! Inner nodes have the names of the public layouts, with `/` for `.` and `-` for `_`: `repeat-1/0/branch1/0/conv` is
//! `repeat_1.0.branch1.0.conv` there.

mod inception_resnet_v1;
mod ir_se_50;
mod iresnet100;
mod iresnet18;
mod iresnet34;
mod iresnet50;
mod light_cnn_29;
mod light_cnn_29_v2;
mod light_cnn_9;
mod mobilefacenet;
mod small_resnet;

use super::NodeEntry;
use super::node::About;
use crate::registry::{Body, Problem, settings};
use crate::tensor::Backend;
use serde_json::{Value, json};

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![
        inception_resnet_v1::entry(),
        ir_se_50::entry(),
        iresnet100::entry(),
        iresnet18::entry(),
        iresnet34::entry(),
        iresnet50::entry(),
        light_cnn_29::entry(),
        light_cnn_29_v2::entry(),
        light_cnn_9::entry(),
        mobilefacenet::entry(),
        small_resnet::entry(),
    ]
}

/// What the cards of this family share.
const fn about(name: &'static str, doc: &'static str, paper: &'static str) -> About {
    About { family: "embedding", name, doc, paper, inputs: &["image: image"], outputs: &["embedding: vector"] }
}

/// A network under construction, mostly a row of nodes: each takes what the one before it gives.
struct Row {
    body: Body,
    /// What was added last.
    last: String,
}

impl Row {
    /// Begins with the image at the network's own size.
    fn new(size: usize) -> Self {
        let mut row = Row { body: Body::default(), last: "in.image".into() };
        row.add("resized", "operator/resize", json!({"size": size}));
        row
    }

    /// Adds a node behind the last.
    fn add(&mut self, name: &str, component: &str, settings: Value) {
        let port = match component {
            "block/linear" | "operator/pixel" | "operator/l2-normalise" => "vector",
            "operator/grey" => "image",
            _ => "map",
        };
        self.body.node(name, component, &[(port, &self.last)], settings);
        self.last = name.into();
    }

    /// Goes on from a node that is not the last, and gives the one that was.
    fn from(&mut self, wire: &str) -> String {
        std::mem::replace(&mut self.last, wire.into())
    }

    /// Adds a node that takes several maps.
    fn join(&mut self, name: &str, component: &str, wires: &[String]) {
        let inputs: Vec<(&str, &str)> = wires.iter().map(|w| ("maps", w.as_str())).collect();
        self.body.node(name, component, &inputs, json!({}));
        self.last = name.into();
    }

    /// Norm of a vector.
    fn vector_norm(&mut self, name: &str, settings: Value) {
        self.add(&format!("{name}-pixel"), "operator/pixel", json!({}));
        self.add(name, "norm/batch", settings);
        self.add(&format!("{name}-flat"), "operator/flatten", json!({}));
    }

    /// Nothing where `share` is 0.
    fn dropout(&mut self, name: &str, share: f64) {
        if share > 0.0 {
            self.add(name, "block/dropout", json!({"share": share}));
        }
    }

    /// A convolution to twice the channels, of which the larger of each pair is left: LightCNN's `mfm`.
    fn competing(&mut self, path: &str, width: usize, kernel: usize) {
        let conv = json!({"width": 2 * width, "kernel": kernel, "bias": "on"});
        self.add(&format!("{path}/filter"), "block/conv", conv);
        self.add(&format!("{path}/largest"), "operator/max-feature-map", json!({}));
    }

    /// Two of them, the first of one pixel: LightCNN's `group`.
    fn competing_pair(&mut self, path: &str, (from, to): (usize, usize)) {
        self.competing(&format!("{path}/conv-a"), from, 1);
        self.competing(&format!("{path}/conv"), to, 3);
    }

    /// Two of three pixels beside an identity: LightCNN's `resblock`.
    fn competing_residual(&mut self, path: &str, width: usize) {
        let map = self.last.clone();
        self.competing(&format!("{path}/conv1"), width, 3);
        self.competing(&format!("{path}/conv2"), width, 3);
        let both = [self.last.clone(), map];
        self.join(&format!("{path}/total"), "operator/sum", &both);
    }

    /// Ends with the last vector, divided by its length if `normalise`.
    fn finish(mut self, normalise: bool) -> Body {
        if normalise {
            self.add("unit", "operator/l2-normalise", json!({}));
        }
        self.body.output("embedding", &[&self.last]);
        self.body
    }
}

settings! {
    pub struct LightCnn {
        /// Channels of the first convolution, a multiple of 3; the others scale with it.
        width: usize = LIGHT_WIDTH, min = 3;
        /// Height and width that images are resized to, in pixels, a multiple of 16.
        size: usize = 128_usize, min = 16;
        /// Share of the vector's values dropped, while learning.
        dropout: f64 = 0.5, min = 0.0, below = 1.0;
        /// Whether the vector is divided by its length.
        normalise: bool = false;
    }
}

const LIGHT_CNN: &str = "Wu et al. 2018";
/// First channels of the public LightCNNs: what those below are multiples of.
const LIGHT_WIDTH: usize = 48;
/// Length of their vectors.
const LIGHT_LENGTH: usize = 256;

impl LightCnn {
    /// Channels at this width that are `published` at the public one.
    fn channels(&self, published: usize) -> usize {
        published * self.width / LIGHT_WIDTH
    }

    /// The grey image from 0 to 1 at the network's size.
    fn row(&self) -> Result<Row, Problem> {
        let of = |name: &str, found: usize, factor: usize| {
            Problem::new(format!("`{name}` is {found}, expected a multiple of {factor}")).at_setting(name)
        };
        match (self.width.is_multiple_of(3), self.size.is_multiple_of(16)) {
            (false, _) => Err(of("width", self.width, 3)),
            (_, false) => Err(of("size", self.size, 16)),
            _ => Ok(light_row(self.size)),
        }
    }

    /// Ends with a vector of the larger of each pair; `name`: what the public layout calls it.
    fn finish(&self, mut row: Row, name: &str) -> Body {
        row.add("flat", "operator/flatten", json!({}));
        row.add(&format!("{name}/filter"), "block/linear", json!({"width": 2 * self.channels(LIGHT_LENGTH)}));
        row.add(&format!("{name}/pixel"), "operator/pixel", json!({}));
        row.add(&format!("{name}/largest"), "operator/max-feature-map", json!({}));
        row.dropout("dropout", self.dropout);
        row.add("vector", "operator/flatten", json!({}));
        row.finish(self.normalise)
    }
}

/// LightCNN's input: grey, of this size, 0 to 1.
fn light_row(size: usize) -> Row {
    let mut row = Row { body: Body::default(), last: "in.image".into() };
    row.add("grey", "operator/grey", json!({}));
    row.add("resized", "operator/resize", json!({"size": size}));
    row.add("positive", "operator/affine", json!({"gain": 0.5, "shift": 0.5}));
    row
}

settings! {
    pub struct Iresnet {
        /// Channels of the first stage; the others scale with it. The vector has eight times as many numbers.
        width: usize = 64_usize, min = 1;
        /// Height and width that images are resized to, in pixels.
        size: usize = 112_usize, min = 16;
        /// Share of values dropped before the last layer, while learning.
        dropout: f64 = 0.0, min = 0.0, below = 1.0;
        /// Whether the vector is divided by its length.
        normalise: bool = false;
    }
}

const IRESNET: &str = "Deng et al. 2019";

/// Opens an IResNet in insightface's layout (`recognition/arcface_torch/backbones/iresnet.py`), with its names.
/// `counts`: residual blocks of the four stages, each of which halves the size.
///
/// Images of -1 to 1 in RGB are what its weights expect. The last norm's weight is fixed at 1, as published.
fn iresnet(settings: &Iresnet, counts: [usize; 4]) -> Result<Body, Problem> {
    let mut row = Row::new(settings.size);
    let conv = |width: usize, kernel: usize, stride: usize| json!({"width": width, "kernel": kernel, "stride": stride, "padding": kernel / 2, "bias": "off"});
    row.add("conv1", "block/conv", conv(settings.width, 3, 1));
    row.add("bn1", "norm/batch", json!({}));
    row.add("prelu", "activation/prelu", json!({}));
    for (stage, &count) in counts.iter().enumerate() {
        let width = settings.width << stage;
        for i in 0..count {
            let name = |inner: &str| format!("layer{}/{i}/{inner}", stage + 1);
            let stride = if i == 0 { 2 } else { 1 };
            let map = row.last.clone();
            row.add(&name("bn1"), "norm/batch", json!({}));
            row.add(&name("conv1"), "block/conv", conv(width, 3, 1));
            row.add(&name("bn2"), "norm/batch", json!({}));
            row.add(&name("prelu"), "activation/prelu", json!({}));
            row.add(&name("conv2"), "block/conv", conv(width, 3, stride));
            row.add(&name("bn3"), "norm/batch", json!({}));
            let mut shortcut = map.clone();
            if i == 0 {
                let branch = row.from(&map);
                row.add(&name("downsample/0"), "block/conv", conv(width, 1, stride));
                row.add(&name("downsample/1"), "norm/batch", json!({}));
                shortcut = row.from(&branch);
            }
            let both = [row.last.clone(), shortcut];
            row.join(&name("total"), "operator/sum", &both);
        }
    }
    row.add("bn2", "norm/batch", json!({}));
    row.dropout("dropout", settings.dropout);
    row.add("flat", "operator/flatten", json!({}));
    row.add("fc", "block/linear", json!({"width": 8 * settings.width}));
    row.vector_norm("features", json!({"fixed-weight": true}));
    Ok(row.finish(settings.normalise))
}
