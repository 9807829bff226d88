//! The network of nodes as a picture: each node with its component, output and parameters, wires from left to right.
//! At first the nodes of the experiment file; `node` opens one of them by a level.

use super::layout::layout;
use super::{Drawing, Figure, Scene, file_name, text};
use crate::record::{FigurePlan, ModelSummary};
use crate::report::ReportError;
use crate::report::palette::FAINT_INK;
use crate::report::plot::grouped;
use crate::report::svg::{Style, Svg, fit, num, text_width};
use std::collections::BTreeMap;

/// A box of the picture: a node of the experiment, or one inside the node that is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    pub name: String,
    pub component: String,
    pub output: String,
    pub parameters: u64,
    pub macs: u64,
    /// A dataset, or what lies outside the node that is open.
    pub outside: bool,
}

/// Boxes and the wires between them (from, to), as indices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    pub boxes: Vec<Node>,
    pub edges: Vec<(usize, usize)>,
}

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let node = text(plan, "node");
    let mut out = Figure { drawings: pictures(scene, node, &plan.name), note: String::new() };
    if out.drawings.is_empty() {
        out.note =
            if node.is_empty() { "no summary was written".into() } else { format!("no node is called `{node}`") };
    }
    Ok(out)
}

/// One picture for each network that differs from those before it.
pub fn pictures(scene: &Scene<'_>, node: &str, name: &str) -> Vec<Drawing> {
    let mut seen: Vec<(Network, Vec<String>)> = Vec::new();
    for group in &scene.groups {
        let Some(summary) = group.shown().and_then(|r| r.summary.as_ref()) else { continue };
        let network = network(summary, node);
        match seen.iter_mut().find(|(known, _)| *known == network) {
            Some((_, titles)) => titles.push(group.title.clone()),
            None => seen.push((network, vec![group.title.clone()])),
        }
    }
    seen.retain(|(network, _)| !network.boxes.is_empty());
    let many = seen.len() > 1;
    let opened = if node.is_empty() { String::new() } else { format!(", `{node}` opened") };
    seen.into_iter()
        .map(|(network, titles)| Drawing {
            name: if many { format!("{name}-{}", file_name(&titles[0])) } else { name.into() },
            svg: svg(&network).finish(&format!("Graph of {}", titles.join(", "))),
            caption: format!(
                "Nodes and wires of {}{opened}. In each box: name, component, shape of the output, parameters and MACs \
                 of one sample.",
                titles.join(", ")
            ),
        })
        .collect()
}

/// The summary's leaf operations folded into boxes: by their first name, or by the next below `node`.
pub fn network(summary: &ModelSummary, node: &str) -> Network {
    let mut out = Network::default();
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    for leaf in &summary.nodes {
        let Some(name) = boxed(&leaf.path, node).filter(|_| inside(&leaf.path, node)) else { continue };
        let i = *index.entry(name.clone()).or_insert_with(|| {
            // Nodes of the file have their component; inside a node only a box of one operation has.
            let component = summary.components.get(&full(&name, node)).cloned().unwrap_or_default();
            out.boxes.push(Node { name, component, ..Node::default() });
            out.boxes.len() - 1
        });
        let entry = &mut out.boxes[i];
        // The node's own line, where the summary has one, names the component; leaf lines add up below it.
        if leaf.path == full(&entry.name, node) {
            entry.component = leaf.component.clone();
        }
        entry.parameters += leaf.parameters;
        entry.macs += leaf.macs;
        entry.output = leaf.outputs.first().cloned().unwrap_or_default();
    }
    for leaf in summary.nodes.iter().filter(|leaf| inside(&leaf.path, node)) {
        let Some(to) = boxed(&leaf.path, node).and_then(|name| index.get(&name).copied()) else { continue };
        for input in &leaf.inputs {
            let Some(name) = boxed(input, node) else { continue };
            let from = *index.entry(name.clone()).or_insert_with(|| {
                out.boxes.push(Node { name, outside: true, ..Node::default() });
                out.boxes.len() - 1
            });
            if from != to && !out.edges.contains(&(from, to)) {
                out.edges.push((from, to));
            }
        }
    }
    out
}

fn inside(path: &str, node: &str) -> bool {
    node.is_empty() || path.strip_prefix(node).is_some_and(|rest| rest.starts_with('/') || rest.starts_with('['))
}

fn full(name: &str, node: &str) -> String {
    if node.is_empty() { name.into() } else { format!("{node}/{name}") }
}

/// Name of the box that holds `path`; paths outside an open node keep their first name and port.
fn boxed(path: &str, node: &str) -> Option<String> {
    let rest =
        if node.is_empty() || !inside(path, node) { path } else { path.strip_prefix(node)?.trim_start_matches('/') };
    let first = rest.split('/').next()?;
    // `pairs.incomplete` is a dataset's port: the dataset is the box.
    Some(first.split('.').next().unwrap_or(first).to_owned())
}

const LINE: f64 = 14.0;

fn lines(b: &Node) -> Vec<String> {
    let mut all = Vec::new();
    if !b.component.is_empty() && b.component != b.name {
        all.push(b.component.clone());
    }
    if !b.output.is_empty() {
        all.push(b.output.clone());
    }
    if b.parameters > 0 || b.macs > 0 {
        all.push(format!("{} parameters", short(b.parameters)));
        all.push(format!("{} MACs", short(b.macs)));
    }
    all
}

/// `1.25 M`.
pub fn short(count: u64) -> String {
    let value = count as f64;
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{} k", grouped(value / 1e3, 1)),
        1_000_000..1_000_000_000 => format!("{} M", grouped(value / 1e6, 2)),
        _ => format!("{} G", grouped(value / 1e9, 2)),
    }
}

/// Draws boxes in layers, wires as smooth curves.
pub fn svg(network: &Network) -> Svg {
    const GAP_X: f64 = 46.0;
    const GAP_Y: f64 = 18.0;
    const MOST: f64 = 190.0;
    let texts: Vec<Vec<String>> = network.boxes.iter().map(lines).collect();
    let heights: Vec<f64> =
        texts.iter().map(|t| 26.0 + LINE * t.len() as f64 + if t.is_empty() { 2.0 } else { 6.0 }).collect();
    let place = layout(&heights, &network.edges, GAP_Y);
    let mut widths = vec![70.0f64; place.layers];
    for (i, b) in network.boxes.iter().enumerate() {
        let text = texts[i].iter().map(|t| text_width(t, 10.0)).fold(text_width(&b.name, 12.0) * 1.1, f64::max);
        widths[place.layer[i]] = widths[place.layer[i]].max((text + 20.0).min(MOST));
    }
    let mut left = vec![8.0];
    widths.iter().for_each(|w| left.push(left[left.len() - 1] + w + GAP_X));
    let mut out = Svg::new(left[left.len() - 1] - GAP_X + 8.0, place.height + 16.0);
    for path in &place.paths {
        out.raw(&wire(path, &left, &widths));
    }
    for (i, b) in network.boxes.iter().enumerate() {
        let (x, w, h) = (left[place.layer[i]], widths[place.layer[i]], heights[i]);
        let y = 8.0 + place.y[i] - h / 2.0;
        let (fill, stroke, radius) =
            if b.outside { ("#fff4dc", "#c98a00", h / 2.0) } else { ("#eaf3fa", "#0072b2", 6.0) };
        out.rect([x, y, w, h], radius.min(16.0), &format!(r#"fill="{fill}" stroke="{stroke}" stroke-width="1.2""#));
        let middle = x + w / 2.0;
        out.text(middle, y + 18.0, &fit(&b.name, 12.0, (w - 8.0) / 1.1), Style::sized(12.0).middle().bold());
        for (n, line) in texts[i].iter().enumerate() {
            let style = Style::sized(10.0).middle().fill("#3d444d");
            out.text(middle, y + 34.0 + LINE * n as f64, &fit(line, 10.0, w - 10.0), style);
        }
    }
    out
}

/// A curve through the gaps between layers, straight across each layer it passes.
fn wire(path: &[(usize, f64)], left: &[f64], widths: &[f64]) -> String {
    let mut d = String::new();
    for (i, pair) in path.windows(2).enumerate() {
        let ((from, y1), (to, y2)) = (pair[0], pair[1]);
        let (x1, x2, y1, y2) = (left[from] + widths[from], left[to], y1 + 8.0, y2 + 8.0);
        if i == 0 {
            d.push_str(&format!("M{},{}", num(x1), num(y1)));
        } else {
            d.push_str(&format!(" L{},{}", num(x1), num(y1)));
        }
        let middle = (x1 + x2) / 2.0;
        let (m, y1, y2) = (num(middle), num(y1), num(y2));
        d.push_str(&format!(" C{m},{y1} {m},{y2} {},{y2}", num(x2)));
    }
    // The head is drawn, not a marker: an `id` would clash where a page holds several pictures.
    let (x, y) = path.last().map_or((0.0, 0.0), |(layer, y)| (left[*layer], y + 8.0));
    let head = format!("{},{} {},{} {},{}", num(x), num(y), num(x - 7.0), num(y - 3.5), num(x - 7.0), num(y + 3.5));
    format!(
        "<path d=\"{d}\" fill=\"none\" stroke=\"{FAINT_INK}\" stroke-width=\"1.2\"/>\n<polygon points=\"{head}\" fill=\"{FAINT_INK}\"/>"
    )
}

fn quoted(b: &Node, between: &str) -> String {
    let mut all = vec![b.name.clone()];
    all.extend(lines(b));
    all.join(between)
}

/// Graphviz.
pub fn dot(network: &Network) -> String {
    let mut out = String::from("digraph ablate {\n  rankdir = LR;\n  node [shape = box, style = rounded];\n");
    for (i, b) in network.boxes.iter().enumerate() {
        let label = quoted(b, "\n").replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        out.push_str(&format!("  n{i} [label = \"{label}\"];\n"));
    }
    network.edges.iter().for_each(|(from, to)| out.push_str(&format!("  n{from} -> n{to};\n")));
    out.push_str("}\n");
    out
}

/// Mermaid.
pub fn mermaid(network: &Network) -> String {
    let mut out = String::from("flowchart LR\n");
    for (i, b) in network.boxes.iter().enumerate() {
        let label = quoted(b, "<br>").replace('"', "#quot;");
        let (open, close) = if b.outside { ("([", "])") } else { ("[", "]") };
        out.push_str(&format!("  n{i}{open}\"{label}\"{close}\n"));
    }
    network.edges.iter().for_each(|(from, to)| out.push_str(&format!("  n{from} --> n{to}\n")));
    out
}
