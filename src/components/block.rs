//! Blocks: what maps are computed with. One map in, one map out, unless the card says otherwise.

mod average_pool;
mod basic;
mod bottleneck;
mod conv;
mod conv_transpose;
mod dropout;
mod global_pool;
mod linear;
mod max_pool;
mod mbconv;
mod squeeze_excite;

use super::NodeEntry;
use super::node::About;
use crate::nn::{Kernel, Windows};
use crate::registry::{Body, Edge, Padding, Problem, Slot};
use crate::tensor::Backend;
use serde_json::{Value, json};

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![
        average_pool::entry(),
        basic::entry(),
        bottleneck::entry(),
        conv::entry(),
        conv_transpose::entry(),
        dropout::entry(),
        global_pool::entry(),
        linear::entry(),
        max_pool::entry(),
        mbconv::entry(),
        squeeze_excite::entry(),
    ]
}

/// What the cards of most of this family share.
const fn about(name: &'static str, doc: &'static str) -> About {
    About { family: "block", name, doc, paper: "", inputs: &["map: map"], outputs: &["map: map"] }
}

/// Rows and columns of windows on a map.
fn windows(map: &Edge, of: impl Fn(usize) -> Option<Windows>) -> Result<(Windows, Windows), Problem> {
    let [_, h, w] = map.dims;
    fitting(map, of(h).zip(of(w)))
}

/// Windows that exist, or why they do not.
fn fitting(map: &Edge, found: Option<(Windows, Windows)>) -> Result<(Windows, Windows), Problem> {
    found.ok_or_else(|| {
        Problem::new(format!("nothing is left of {map}: the kernel is larger than the padded map"))
            .at_port("map", 0, map.to_string())
            .at_setting("kernel")
    })
}

/// top, bottom, left, right.
fn sides((rows, columns): (Windows, Windows)) -> [usize; 4] {
    [rows.before, rows.after, columns.before, columns.after]
}

/// A square window of `size` pixels, for pools.
fn pool(size: usize, stride: usize, padding: usize) -> Kernel {
    Kernel { size, stride, dilation: 1, padding: Padding::Pixels(padding) }
}

/// Convolutions of one branch, `(kernel, stride, width)` each.
type Branch<'a> = &'a [(usize, usize, usize)];

/// Opens a residual block: convolutions and norms in a row, a shortcut (a 1x1 convolution where size or channels
/// change), their sum, a relu. Nodes are named as in torchvision: `layer1.0.conv1.weight` there is
/// `layer1-0/conv1/weight` here.
fn residual(map: &Edge, branch: Branch<'_>, stride: usize, norm: &Slot) -> Body {
    let mut body = Body::default();
    let mut wire = "in.map".to_string();
    for (i, &(kernel, stride, width)) in branch.iter().enumerate() {
        let n = i + 1;
        wire = conv_norm(&mut body, [&format!("conv{n}"), &format!("bn{n}")], &wire, (kernel, stride, width), norm);
        if n < branch.len() {
            body.node(&format!("relu{n}"), "activation/relu", &[("map", &wire)], json!({}));
            wire = format!("relu{n}");
        }
    }
    let width = branch.last().map_or(map.channels(), |b| b.2);
    let shortcut = if stride != 1 || map.channels() != width {
        conv_norm(&mut body, ["downsample-0", "downsample-1"], "in.map", (1, stride, width), norm)
    } else {
        "in.map".to_string()
    };
    body.node("total", "operator/sum", &[("maps", &wire), ("maps", &shortcut)], json!({}));
    body.node("relu", "activation/relu", &[("map", "total")], json!({}));
    body.output("map", &["relu"]);
    body
}

fn conv_norm(
    body: &mut Body,
    [conv, norm_node]: [&str; 2],
    from: &str,
    (kernel, stride, width): (usize, usize, usize),
    norm: &Slot,
) -> String {
    let settings = json!({"width": width, "kernel": kernel, "stride": stride, "padding": kernel / 2});
    body.node(conv, "block/conv", &[("map", from)], settings);
    body.node(norm_node, &format!("norm/{}", norm.name()), &[("map", conv)], Value::Object(norm.settings()));
    norm_node.to_string()
}
