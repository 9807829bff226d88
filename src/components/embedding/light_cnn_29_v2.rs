//! LightCNN-29 v2: convolutions whose channels compete in pairs, 10,475,872 parameters.
//!
//! Wu et al., "A Light CNN for Deep Face Representation with Noisy Labels", <https://arxiv.org/abs/1511.02683>; in the
//! layout of AlfredXiangWu's LightCNN (`light_cnn.py`), without its classifier `fc2`, for grey faces of 128 pixels with
//! values from 0 to 1: images of three colours are made grey, and -1 to 1 becomes 0 to 1. The vector is the published
//! one, before the dropout and not divided by its length.

use super::{LIGHT_CNN, LIGHT_LENGTH, LIGHT_WIDTH, Row, about, light_row};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Problem, settings};
use crate::tensor::Backend;
use serde_json::json;

/// Residual blocks, and channels after the group that follows, of each stage, at the public width; a pooling follows all
/// but the third.
const STAGES: [(usize, usize); 4] = [(1, 96), (2, 192), (3, 128), (4, 128)];

settings! {
    pub struct LightCnn29V2 {
        /// Channels of the first convolution, a multiple of 3; the others scale with it.
        width: usize = LIGHT_WIDTH, min = 3;
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
        LIGHT_CNN,
    );

    fn body(&self, _: &InputEdges) -> Result<Body, Problem> {
        if !self.width.is_multiple_of(3) {
            let message = format!("`width` is {}, expected a multiple of 3", self.width);
            return Err(Problem::new(message).at_setting("width"));
        }
        let scaled = |published: usize| published * self.width / LIGHT_WIDTH;
        let mut row = light_row(self.size);
        row.competing("conv1", self.width, 5);
        pool(&mut row, 1);
        let mut width = self.width;
        for (stage, (blocks, after)) in (1..).zip(STAGES) {
            for i in 0..blocks {
                row.competing_residual(&format!("block{stage}/{i}"), width);
            }
            row.competing_pair(&format!("group{stage}"), (width, scaled(after)));
            width = scaled(after);
            if stage != 3 {
                pool(&mut row, stage + 1);
            }
        }
        row.add("flat", "operator/flatten", json!({}));
        row.add("fc", "block/linear", json!({"width": scaled(LIGHT_LENGTH)}));
        Ok(row.finish(self.normalise))
    }
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
