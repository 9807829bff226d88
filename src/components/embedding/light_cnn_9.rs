//! LightCNN-9: convolutions whose channels compete in pairs, 5,480,864 parameters.
//!
//! Wu et al., "A Light CNN for Deep Face Representation with Noisy Labels", <https://arxiv.org/abs/1511.02683>, table 1; in
//! the layout of AlfredXiangWu's LightCNN (`light_cnn.py`, `LightCNN_9Layers`), without its classifier `fc2`, for grey
//! faces of 128 pixels with values from 0 to 1. The vector is the published one: behind the dropout, whose share the
//! setting says, and not divided by its length.

use super::{LIGHT_CNN, LightCnn, about};
use crate::components::node::{NodeEntry, expanding};
use crate::registry::{Body, Declared, Problem};
use crate::tensor::Backend;
use serde_json::json;

/// The layers of `features`: channels of a group, 0 for a pooling.
const FEATURES: [usize; 8] = [0, 96, 0, 192, 0, 128, 128, 0];

pub fn entry<D: Backend>() -> NodeEntry<D> {
    let doc = "LightCNN-9: convolutions whose channels compete in pairs, 5,480,864 parameters.";
    expanding::<D, LightCnn>(about("light-cnn-9", doc, LIGHT_CNN), |settings, _| body(&LightCnn::read(settings)?))
}

fn body(settings: &LightCnn) -> Result<Body, Problem> {
    let mut row = settings.row()?;
    row.competing("features/0", settings.width, 5);
    let mut width = settings.width;
    for (number, channels) in (1..).zip(FEATURES) {
        let path = format!("features/{number}");
        if channels == 0 {
            row.add(&path, "block/max-pool", json!({}));
            continue;
        }
        row.competing_pair(&path, (width, settings.channels(channels)));
        width = settings.channels(channels);
    }
    Ok(settings.finish(row, "fc1"))
}
