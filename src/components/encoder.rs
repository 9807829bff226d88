//! Encoders: a map becomes maps of falling size (language.md, 4.3). `stages` are all of them, coarse to fine, `skips`
//! the same without the deepest. With `stem = false` the input is the first stage already; with `links` a stage's map
//! is joined with its link.

mod efficientnet_b0;
mod resnet101;
mod resnet18;
mod resnet34;
mod resnet50;

use super::NodeEntry;
use super::node::About;
use crate::registry::{Body, InputEdges, Problem, Slot, settings};
use crate::tensor::Backend;
use serde_json::{Value, json};

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![efficientnet_b0::entry(), resnet101::entry(), resnet18::entry(), resnet34::entry(), resnet50::entry()]
}

/// What the cards of this family share.
const fn about(name: &'static str, doc: &'static str) -> About {
    About {
        family: "encoder",
        name,
        doc,
        paper: "He et al. 2016",
        inputs: &["map: map", "links?: map[]"],
        outputs: &["stages: map[]", "skips: map[]", "deepest: map"],
    }
}

settings! {
    pub struct Resnet {
        /// Channels of the first stage; the others scale with it.
        width: usize = 64_usize, min = 1;
        /// Whether the input is an image, or a map that is the first stage.
        stem: bool = true;
        /// Stride of the first convolution: 2 halves the size, 1 keeps it.
        first_stride: usize = 2_usize, min = 1, max = 2;
        /// How a stage takes its link; "none" drops it, with "replace" the link is the stage, and nothing is computed.
        join: Slot = "sum", family = "fusion";
        /// Norm after each convolution.
        norm: Slot = "batch", family = "norm";
    }
}

/// Depth of a ResNet.
struct Depth {
    /// `block/..` that it is made of.
    block: &'static str,
    /// Residual blocks of stages 2 to 5.
    counts: [usize; 4],
}

/// Stages of every encoder here: the stem's and four of blocks.
const STAGES: usize = 5;

/// Whether there are links, which must be as many as stages.
fn check_links(inputs: &InputEdges) -> Result<bool, Problem> {
    let links = inputs.list("links").len();
    if links != 0 && links != STAGES {
        let message = format!("`links` has {links} maps for {STAGES} stages");
        return Err(Problem::new(message).at_port("links", 0, format!("{links} maps")));
    }
    Ok(links != 0)
}

/// The contract's lists from the stages' wires, fine to coarse.
fn outputs(body: &mut Body, wires: &[String]) {
    let stages: Vec<&str> = wires.iter().rev().map(String::as_str).collect();
    body.output("stages", &stages);
    body.output("skips", &stages[1..]);
    body.output("deepest", &stages[..1]);
}

/// An encoder whose links are its stages: it consists of nothing.
fn replaced(join: &Slot, stem: bool, linked: bool) -> Option<Body> {
    let link = |stage| if stage == 0 && !stem { "in.map".to_string() } else { link(stage) };
    (linked && join.name() == "replace").then(|| {
        let mut body = Body::default();
        outputs(&mut body, &(0..STAGES).map(link).collect::<Vec<_>>());
        body
    })
}

/// The wire of a stage's link: stages count from the finest, links from the coarsest.
fn link(stage: usize) -> String {
    format!("in.links[{}]", STAGES - 1 - stage)
}

/// Opens a ResNet in torchvision's layout, with its names: `layer1.0.conv1.weight` there is `layer1-0/conv1/weight`
/// here.
fn resnet(settings: &Resnet, inputs: &InputEdges, depth: &Depth) -> Result<Body, Problem> {
    let linked = check_links(inputs)?;
    if let Some(body) = replaced(&settings.join, settings.stem, linked) {
        return Ok(body);
    }
    let norm = Value::Object(settings.norm.settings());
    let mut body = Body::default();
    let mut wires = Vec::new();
    if settings.stem {
        let conv = json!({"width": settings.width, "kernel": 7, "stride": settings.first_stride, "padding": 3});
        body.node("conv1", "block/conv", &[("map", "in.map")], conv);
        body.node("bn1", &format!("norm/{}", settings.norm.name()), &[("map", "conv1")], norm);
        body.node("relu", "activation/relu", &[("map", "bn1")], json!({}));
        wires.push(joined(&mut body, &settings.join, linked, 0, "relu"));
    } else {
        wires.push("in.map".to_string());
    }
    let pool = json!({"kernel": 3, "stride": 2, "padding": 1});
    body.node("maxpool", "block/max-pool", &[("map", &wires[0])], pool);
    let mut wire = "maxpool".to_string();
    for (layer, &count) in depth.counts.iter().enumerate() {
        for i in 0..count {
            let name = format!("layer{}-{i}", layer + 1);
            let stride = if layer > 0 && i == 0 { 2 } else { 1 };
            let block = json!({"width": settings.width << layer, "stride": stride, "norm": settings.norm});
            body.node(&name, depth.block, &[("map", &wire)], block);
            wire = name;
        }
        wire = joined(&mut body, &settings.join, linked, layer + 1, &wire);
        wires.push(wire.clone());
    }
    outputs(&mut body, &wires);
    Ok(body)
}

/// A stage's map, joined with its link if there is one.
fn joined(body: &mut Body, join: &Slot, linked: bool, stage: usize, wire: &str) -> String {
    if !linked {
        return wire.to_string();
    }
    let (name, link) = (format!("join-{}", stage + 1), link(stage));
    let component = format!("fusion/{}", join.name());
    body.node(&name, &component, &[("maps", wire), ("maps", &link)], Value::Object(join.settings()));
    name
}
