//! Skips: what the maps of an encoder become on their way to the decoder's stages, before any gate. `skips` are the
//! encoder's, coarse to fine; they come back in the same order, sizes kept.

mod dense;
mod none;
mod res_path;

use super::NodeEntry;
use super::node::About;
use crate::registry::{Body, InputEdges, Problem, Slot};
use crate::tensor::Backend;
use serde_json::{Value, json};

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![dense::entry(), none::entry(), res_path::entry()]
}

/// What the cards of this family share.
const fn about(name: &'static str, doc: &'static str, paper: &'static str) -> About {
    About { family: "skip", name, doc, paper, inputs: &["skips: map[]", "deepest: map"], outputs: &["skips: map[]"] }
}

/// A map of the encoder and its wire.
struct Stage {
    wire: String,
    channels: usize,
}

/// The encoder's maps, coarse to fine, the deepest first.
fn stages(inputs: &InputEdges) -> Result<Vec<Stage>, Problem> {
    let deepest = Stage { wire: "in.deepest".into(), channels: inputs.one("deepest")?.channels() };
    let skips = inputs.list("skips").iter().enumerate();
    let skips = skips.map(|(i, map)| Stage { wire: format!("in.skips[{i}]"), channels: map.channels() });
    Ok([deepest].into_iter().chain(skips).collect())
}

/// A convolution and a norm, called `<name>` and `<name>-norm`; gives the wire after them.
fn conv_norm(body: &mut Body, name: &str, from: &str, (width, kernel): (usize, usize), norm: &Slot) -> String {
    body.node(name, "block/conv", &[("map", from)], json!({"width": width, "kernel": kernel}));
    normed(body, name, name, norm)
}

/// A norm called `<name>-norm`; gives its wire.
fn normed(body: &mut Body, name: &str, from: &str, norm: &Slot) -> String {
    let after = format!("{name}-norm");
    body.node(&after, &format!("norm/{}", norm.name()), &[("map", from)], Value::Object(norm.settings()));
    after
}

/// A relu called `<name>-relu`; gives its wire.
fn bent(body: &mut Body, name: &str, from: &str) -> String {
    let after = format!("{name}-relu");
    body.node(&after, "activation/relu", &[("map", from)], json!({}));
    after
}

/// Hands the skips out, coarse to fine.
fn give(body: &mut Body, skips: &[String]) {
    let wires: Vec<&str> = skips.iter().map(String::as_str).collect();
    body.output("skips", &wires);
}
