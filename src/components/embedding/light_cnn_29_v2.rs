//! LightCNN-29 v2: convolutions whose channels compete in pairs, 10,475,872 parameters.
//!
//! Wu et al., "A Light CNN for Deep Face Representation with Noisy Labels", <https://arxiv.org/abs/1511.02683>; in the
//! layout of AlfredXiangWu's LightCNN (`light_cnn.py`), without its classifier `fc2`, for grey faces of 128 pixels with
//! values from 0 to 1: images of three colours are made grey, and -1 to 1 becomes 0 to 1. The vector is the published
//! one, before the dropout and not divided by its length.

use super::{Row, about};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Problem, settings};
use crate::tensor::Backend;
use serde_json::json;

/// What the channels below are multiples of.
const WIDTH: usize = 48;
/// Residual blocks, and channels after the group that follows, of each stage, at the public width; a pooling follows all
/// but the third.
const STAGES: [(usize, usize); 4] = [(1, 96), (2, 192), (3, 128), (4, 128)];
/// Length of the vector at the public width.
const LENGTH: usize = 256;

settings! {
    pub struct LightCnn29V2 {
        /// Channels of the first convolution, a multiple of 3; the others scale with it.
        width: usize = WIDTH, min = 3;
        /// Height and width that images are resized to, in pixels.
        size: usize = 128_usize, min = 16;
        /// Whether the vector is divided by its length.
        normalise: bool = false;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, LightCnn29V2>()
}

impl Composed for LightCnn29V2 {
    const ABOUT: About = about(
        "light-cnn-29-v2",
        "LightCNN-29 v2: convolutions whose channels compete in pairs, 10,475,872 parameters.",
        "Wu et al. 2018",
    );

    fn body(&self, _: &InputEdges) -> Result<Body, Problem> {
        if !self.width.is_multiple_of(3) {
            let message = format!("`width` is {}, expected a multiple of 3", self.width);
            return Err(Problem::new(message).at_setting("width"));
        }
        let scaled = |published: usize| published * self.width / WIDTH;
        let mut row = Row { body: Body::default(), last: "in.image".into() };
        row.add("grey", "operator/grey", json!({}));
        row.add("resized", "operator/resize", json!({"size": self.size}));
        row.add("positive", "operator/affine", json!({"gain": 0.5, "shift": 0.5}));
        competing(&mut row, "conv1", self.width, 5);
        pool(&mut row, 1);
        let mut width = self.width;
        for (stage, (blocks, after)) in (1..).zip(STAGES) {
            for i in 0..blocks {
                residual(&mut row, &format!("block{stage}/{i}"), width);
            }
            competing(&mut row, &format!("group{stage}/conv-a"), width, 1);
            width = scaled(after);
            competing(&mut row, &format!("group{stage}/conv"), width, 3);
            if stage != 3 {
                pool(&mut row, stage + 1);
            }
        }
        row.add("flat", "operator/flatten", json!({}));
        row.add("fc", "block/linear", json!({"width": scaled(LENGTH)}));
        Ok(row.finish(self.normalise))
    }
}

/// A convolution to twice the channels, of which the larger of each pair is left.
fn competing(row: &mut Row, path: &str, width: usize, kernel: usize) {
    let conv = json!({"width": 2 * width, "kernel": kernel, "bias": "on"});
    row.add(&format!("{path}/filter"), "block/conv", conv);
    row.add(&format!("{path}/largest"), "operator/max-feature-map", json!({}));
}

fn residual(row: &mut Row, path: &str, width: usize) {
    let map = row.last.clone();
    competing(row, &format!("{path}/conv1"), width, 3);
    competing(row, &format!("{path}/conv2"), width, 3);
    let both = [row.last.clone(), map];
    row.join(&format!("{path}/total"), "operator/sum", &both);
}

/// Half the size: the sum of largest and mean value of squares of two.
fn pool(row: &mut Row, number: usize) {
    let name = |inner: &str| format!("pool{number}/{inner}");
    let map = row.last.clone();
    row.add(&name("largest"), "block/max-pool", json!({}));
    let largest = row.from(&map);
    row.add(&name("mean"), "block/average-pool", json!({}));
    let mean = row.last.clone();
    row.join(&name("total"), "operator/sum", &[largest, mean]);
}
