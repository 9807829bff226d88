//! Shapes, parameters, multiply-accumulates and activations of every node, and their table.

use crate::graph::plan::{Application, Network, Op, OpSource, Plan, Value};
use crate::record::{ModelSummary, NodeSummary};
use std::collections::BTreeMap;

/// Bytes of an activation's element: f32.
const ELEMENT: u64 = 4;
/// The table is never wider.
const WIDTH: usize = 110;

/// Every leaf operation of every network, in the order of the first application; parameters count once however often a
/// network is applied, multiply-accumulates and activations each time.
pub fn summary(plan: &Plan) -> ModelSummary {
    let mut nodes = vec![];
    let mut opened: Vec<usize> = vec![];
    for application in &plan.applications {
        let first = !opened.contains(&application.network);
        opened.push(application.network);
        nodes.extend(applied(plan, application, first));
    }
    for (index, network) in plan.networks.iter().enumerate().filter(|(i, _)| !opened.contains(i)) {
        nodes.extend(alone(plan, index, network));
    }
    let total = |of: fn(&NodeSummary) -> u64| nodes.iter().map(of).sum();
    ModelSummary {
        parameters: total(|n| n.parameters),
        macs: total(|n| n.macs),
        activation_bytes: total(|n| n.activation_bytes),
        components: components(plan),
        nodes,
    }
}

/// What each top-level node uses, or the node whose network it applies once more.
fn components(plan: &Plan) -> BTreeMap<String, String> {
    let own = plan.networks.iter().map(|n| (n.node.clone(), n.component.clone()));
    let applied = plan.applications.iter().filter(|a| plan.networks[a.network].node != a.node);
    own.chain(applied.map(|a| (a.node.clone(), format!("applies {}", plan.networks[a.network].node)))).collect()
}

fn parameters(op: &Op) -> u64 {
    op.inferred.parameters.iter().map(|p| p.shape.iter().product::<usize>() as u64).sum()
}

/// An application's operations, under the name of the node that applies.
fn applied(plan: &Plan, application: &Application, first: bool) -> Vec<NodeSummary> {
    let network = &plan.networks[application.network];
    let node = |(op, cost): (&Op, &crate::graph::plan::OpCost)| NodeSummary {
        path: renamed(&op.path, &network.node, &application.node),
        component: full(op),
        outputs: if first { shapes(op) } else { vec![] },
        parameters: if first { parameters(op) } else { 0 },
        macs: cost.macs,
        activation_bytes: cost.activations * ELEMENT,
        inputs: sources(op)
            .map(|from| match from {
                OpSource::Op { op, .. } => renamed(&network.ops[op].path, &network.node, &application.node),
                OpSource::Input(i) => application.inputs.get(i).map(|v| named(plan, v)).unwrap_or_default(),
            })
            .collect(),
    };
    network.ops.iter().zip(&application.costs).map(node).collect()
}

/// A network that only losses and metrics apply: its inputs are what they show it.
fn alone(plan: &Plan, index: usize, network: &Network) -> Vec<NodeSummary> {
    let shown: Vec<String> = plan
        .losses
        .iter()
        .filter(|l| l.discriminator == Some(index) || l.network == Some(index))
        .map(|l| format!("losses.{}", l.name))
        .collect();
    let node = |op: &Op| NodeSummary {
        path: op.path.to_string(),
        component: full(op),
        outputs: shapes(op),
        parameters: parameters(op),
        macs: op.inferred.macs,
        activation_bytes: op.inferred.outputs.iter().flatten().map(|e| e.elements() as u64).sum::<u64>() * ELEMENT,
        inputs: sources(op)
            .flat_map(|from| match from {
                OpSource::Op { op, .. } => vec![network.ops[op].path.to_string()],
                OpSource::Input(_) => shown.clone(),
            })
            .collect(),
    };
    network.ops.iter().map(node).collect()
}

fn full(op: &Op) -> String {
    format!("{}/{}", op.component.family, op.component.name)
}

fn shapes(op: &Op) -> Vec<String> {
    op.inferred.outputs.iter().flatten().map(ToString::to_string).collect()
}

fn sources(op: &Op) -> impl Iterator<Item = OpSource> + '_ {
    op.inputs.iter().flat_map(|(_, from)| from.iter().copied())
}

fn renamed(path: &str, owner: &str, node: &str) -> String {
    path.strip_prefix(owner).map_or_else(|| path.to_string(), |rest| format!("{node}{rest}"))
}

/// A value by the path of what gives it.
fn named(plan: &Plan, value: &Value) -> String {
    match value {
        Value::Dataset { dataset, port } => format!("{}.{port}", plan.datasets[*dataset].name),
        Value::Node { application, output } => {
            let applied = &plan.applications[*application];
            let network = &plan.networks[applied.network];
            match network.outputs.get(*output).map(|o| o.from) {
                Some(OpSource::Op { op, .. }) => renamed(&network.ops[op].path, &network.node, &applied.node),
                Some(OpSource::Input(i)) => applied.inputs.get(i).map(|v| named(plan, v)).unwrap_or_default(),
                None => applied.node.clone(),
            }
        }
    }
}

/// One line of the table: the nodes whose paths agree up to some depth, together.
struct Row {
    path: String,
    component: String,
    shape: String,
    counts: [u64; 3],
}

/// The summary as a table of at most 110 columns. `depth` 1 shows top-level nodes, 2 what they consist of, 0 everything.
pub fn summary_table(summary: &ModelSummary, depth: usize) -> String {
    let rows = rows(summary, depth);
    let total = [summary.parameters, summary.macs, summary.activation_bytes];
    let counts = |c: [u64; 3]| [grouped(c[0]), grouped(c[1]), bytes(c[2])];
    let mut cells: Vec<[String; 6]> =
        vec![["node", "component", "output", "parameters", "MACs", "activations"].map(String::from)];
    for row in &rows {
        let [p, m, a] = counts(row.counts);
        cells.push([row.path.clone(), row.component.clone(), row.shape.clone(), p, m, a]);
    }
    let [p, m, a] = counts(total);
    cells.push(["total".into(), String::new(), String::new(), p, m, a]);
    let mut widths = [0; 6];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    shrink(&mut widths);
    let lines = cells.iter().map(|row| line(row, &widths));
    let mut lines: Vec<String> = lines.collect();
    let rule = "-".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1));
    lines.insert(1, rule.clone());
    lines.insert(lines.len() - 1, rule);
    lines.join("\n") + "\n"
}

/// Text columns give way until the table fits.
fn shrink(widths: &mut [usize; 6]) {
    let total = |w: &[usize; 6]| w.iter().sum::<usize>() + 2 * 5;
    for column in [1, 2, 0] {
        let over = total(widths).saturating_sub(WIDTH);
        widths[column] = widths[column].saturating_sub(over).max(widths[column].min(12));
    }
}

fn line(row: &[String; 6], widths: &[usize; 6]) -> String {
    let cells = row.iter().zip(widths).enumerate().map(|(i, (cell, width))| match i {
        0..3 => format!("{:width$}", cut(cell, *width, i == 0)),
        _ => format!("{cell:>width$}"),
    });
    cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
}

/// Text in a column too narrow for it; of a path the end says more.
fn cut(text: &str, width: usize, keep_end: bool) -> String {
    let n = text.chars().count();
    if n <= width {
        return text.to_string();
    }
    let kept = width.saturating_sub(2);
    match keep_end {
        true => format!("..{}", text.chars().skip(n - kept).collect::<String>()),
        false => format!("{}..", text.chars().take(kept).collect::<String>()),
    }
}

fn rows(summary: &ModelSummary, depth: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![];
    for node in &summary.nodes {
        let path = match depth {
            0 => node.path.clone(),
            _ => node.path.split('/').take(depth).collect::<Vec<_>>().join("/"),
        };
        let counts = [node.parameters, node.macs, node.activation_bytes];
        let shape = node.outputs.join(", ");
        match rows.iter_mut().find(|r| r.path == path) {
            Some(row) => {
                for (sum, count) in row.counts.iter_mut().zip(counts) {
                    *sum += count;
                }
                // What a group gives is what its last operation gives.
                row.shape = shape;
                row.component = summary.components.get(&row.path).cloned().unwrap_or_default();
            }
            None => rows.push(Row { path, component: node.component.clone(), shape, counts }),
        }
    }
    rows
}

/// 54425859 as 54,425,859.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn bytes(n: u64) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{:.1} KiB", n as f64 / 1024.0),
        _ => format!("{:.1} MiB", n as f64 / 1_048_576.0),
    }
}
