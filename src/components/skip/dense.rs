//! The dense skip pathways of UNet++: on a level each map takes all maps before it and the coarser level's, doubled.
//!
//! Zhou et al., "UNet++", <https://arxiv.org/abs/1807.10165>, eq. 1 and fig. 1: X(i,j) = H([X(i,0), .., X(i,j-1),
//! U(X(i+1,j-1))]), level i counted from the finest, H two 3x3 convolutions with norm and relu (4uiiurz1's
//! `VGGBlock`). The last map of a level, X(i,L-i), is the decoder's own stage, so a skip is all maps before it side by
//! side. Without the deep supervision of its section 3.2.

use super::{about, bent, conv_norm, give, stages};
use crate::components::node::{About, Composed, NodeEntry, composed};
use crate::registry::{Body, InputEdges, Problem, Slot, settings};
use crate::tensor::Backend;
use serde_json::{Value, json};

settings! {
    pub struct Dense {
        /// Channels of a level's new maps, as a share of the encoder's map there.
        share: f64 = 1.0, above = 0.0, max = 1.0;
        /// Convolutions of each new map.
        convs: usize = 2_usize, min = 1;
        /// Up-sampling of the coarser level's map.
        up: Slot = "bilinear", family = "upsample";
        /// Norm after each convolution.
        norm: Slot = "batch", family = "norm";
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    composed::<D, Dense>()
}

impl Composed for Dense {
    const ABOUT: About = about("dense", "The dense skip pathways of UNet++.", "Zhou et al. 2018");

    fn body(&self, inputs: &InputEdges) -> Result<Body, Problem> {
        let stages = stages(inputs)?;
        let mut body = Body::default();
        // By stage, coarse to fine: X(i,0), X(i,1), ..
        let mut rows: Vec<Vec<String>> = stages.iter().map(|s| vec![s.wire.clone()]).collect();
        for stage in 1..stages.len() {
            let level = stages.len() - 1 - stage;
            let width = ((stages[stage].channels as f64 * self.share).round() as usize).max(1);
            for j in 1..stage {
                let coarser = rows[stage - 1][j - 1].clone();
                let next = self.next(&mut body, (level, j), &coarser, &rows[stage], width);
                rows[stage].push(next);
            }
        }
        let mut skips = Vec::new();
        for (stage, row) in rows.iter().enumerate().skip(1) {
            skips.push(match &row[..] {
                [only] => only.clone(),
                maps => beside(&mut body, &format!("skip-{}", stages.len() - 1 - stage), maps),
            });
        }
        give(&mut body, &skips);
        Ok(body)
    }
}

impl Dense {
    /// X(i,j) from the maps before it on its level and the coarser one.
    fn next(&self, body: &mut Body, (i, j): (usize, usize), coarser: &str, row: &[String], width: usize) -> String {
        let name = format!("x-{i}-{j}");
        let up = format!("{name}-up");
        let settings = Value::Object(self.up.settings());
        body.node(&up, &format!("upsample/{}", self.up.name()), &[("map", coarser)], settings);
        let maps: Vec<String> = row.iter().cloned().chain([up]).collect();
        let mut wire = beside(body, &format!("{name}-joined"), &maps);
        for n in 1..=self.convs {
            let conv = format!("{name}-conv-{n}");
            let normed = conv_norm(body, &conv, &wire, (width, 3), &self.norm);
            wire = bent(body, &conv, &normed);
        }
        wire
    }
}

fn beside(body: &mut Body, name: &str, maps: &[String]) -> String {
    let wires: Vec<(&str, &str)> = maps.iter().map(|m| ("maps", m.as_str())).collect();
    body.node(name, "operator/concat", &wires, json!({}));
    name.to_string()
}
