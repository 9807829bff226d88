//! LightCNN-29: convolutions whose channels compete in pairs, 12,573,280 parameters.
//!
//! Wu et al., "A Light CNN for Deep Face Representation with Noisy Labels", <https://arxiv.org/abs/1511.02683>, table 2; in
//! the layout of AlfredXiangWu's LightCNN (`light_cnn.py`, `LightCNN_29Layers`), without its classifier `fc2`, for grey
//! faces of 128 pixels with values from 0 to 1. The vector is the published one: behind the dropout, whose share the
//! setting says, and not divided by its length.

use super::{LIGHT_CNN, LightCnn, about};
use crate::components::node::{NodeEntry, expanding};
use crate::registry::{Body, Declared, Problem};
use crate::tensor::Backend;
use serde_json::json;

/// Residual blocks, and channels after the group that follows, of each stage; a pooling follows all but the third.
const STAGES: [(usize, usize); 4] = [(1, 96), (2, 192), (3, 128), (4, 128)];

pub fn entry<D: Backend>() -> NodeEntry<D> {
    let doc = "LightCNN-29: convolutions whose channels compete in pairs, 12,573,280 parameters.";
    expanding::<D, LightCnn>(about("light-cnn-29", doc, LIGHT_CNN), |settings, _| body(&LightCnn::read(settings)?))
}

fn body(settings: &LightCnn) -> Result<Body, Problem> {
    let mut row = settings.row()?;
    row.competing("conv1", settings.width, 5);
    row.add("pool1", "block/max-pool", json!({}));
    let mut width = settings.width;
    for (stage, (blocks, after)) in (1..).zip(STAGES) {
        for i in 0..blocks {
            row.competing_residual(&format!("block{stage}/{i}"), width);
        }
        row.competing_pair(&format!("group{stage}"), (width, settings.channels(after)));
        width = settings.channels(after);
        match stage {
            3 => {}
            4 => row.add("pool4", "block/max-pool", json!({})),
            _ => row.add(&format!("pool{}", stage + 1), "block/max-pool", json!({})),
        }
    }
    Ok(settings.finish(row, "fc"))
}
