//! What a run costs: time, memory, and parameters and multiply-accumulates, of all networks and of each apart, for
//! discriminators and networks of losses are left behind when a model is used.

use super::{bytes, duration};
use crate::record::ModelSummary;
use crate::report::figure::graph::{network, short};
use crate::report::group::Group;
use crate::report::plot::grouped;
use minijinja::{Value, context};

/// A row for each row of the study, with what each network has.
pub fn cost(groups: &[Group<'_>]) -> Value {
    let networks = networks(groups);
    let rows: Vec<Value> = groups.iter().map(|group| row(group, &networks)).collect();
    let count = networks.len();
    let heads: Vec<Value> = networks
        .into_iter()
        .map(|name| {
            let learnt = groups.iter().filter_map(|g| learnt_by(g, &name)).next();
            context! { name => name, learnt => learnt }
        })
        .collect();
    let known = groups.iter().any(|g| g.shown().is_some());
    context! { known => known, networks => heads, several => count > 1, rows => rows }
}

fn row(group: &Group<'_>, networks: &[String]) -> Value {
    let done: Vec<_> = group.done().filter_map(|r| r.status.as_ref()).collect();
    let n = done.len();
    let seconds = done.iter().map(|s| s.seconds).sum::<f64>() / n.max(1) as f64;
    let memory = done.iter().map(|s| s.peak_memory_bytes).max();
    let summary = group.shown().and_then(|r| r.summary.as_ref());
    let count = |n: u64| context! { text => short(n), exact => n };
    let parts: Vec<Value> = networks
        .iter()
        .map(|name| match summary.and_then(|s| of(s, name)) {
            Some((parameters, macs)) => context! { parameters => count(parameters), macs => count(macs) },
            None => context! {},
        })
        .collect();
    context! {
        title => group.title,
        runs => n,
        time => (n > 0).then(|| context! { text => duration(seconds), exact => seconds }),
        memory => memory.map(|m| context! { text => bytes(m), exact => m }),
        parameters => summary.map(|s| count(s.parameters)),
        macs => summary.map(|s| count(s.macs)),
        activations => summary.map(|s| context! { text => bytes(s.activation_bytes), exact => s.activation_bytes }),
        parts => parts,
    }
}

/// Nodes of the experiment that have parameters in some row of the study, in order of appearance.
fn networks(groups: &[Group<'_>]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for summary in groups.iter().filter_map(|g| g.shown()?.summary.as_ref()) {
        for part in network(summary, "").boxes.into_iter().filter(|b| !b.outside && b.parameters > 0) {
            if !all.contains(&part.name) {
                all.push(part.name);
            }
        }
    }
    all
}

fn of(summary: &ModelSummary, name: &str) -> Option<(u64, u64)> {
    let parts = network(summary, "").boxes;
    parts.into_iter().find(|b| b.name == name && !b.outside).map(|b| (b.parameters, b.macs))
}

/// The update that learns a network, where the configuration says so: `updates.generator.learns = ["generator"]`.
fn learnt_by(group: &Group<'_>, name: &str) -> Option<String> {
    let quoted = format!("\"{name}\"");
    let config = &group.shown()?.config;
    config.iter().filter(|v| v.value.contains(&quoted)).find_map(|v| {
        let update = v.key.strip_prefix("updates.")?.strip_suffix(".learns")?;
        Some(update.to_owned())
    })
}

/// One entry for each model that differs from those before it.
pub fn models(groups: &[Group<'_>]) -> Vec<Value> {
    let mut seen: Vec<(&ModelSummary, Vec<&str>)> = Vec::new();
    for group in groups {
        let Some(summary) = group.shown().and_then(|r| r.summary.as_ref()) else { continue };
        match seen.iter_mut().find(|(known, _)| *known == summary) {
            Some((_, titles)) => titles.push(&group.title),
            None => seen.push((summary, vec![&group.title])),
        }
    }
    seen.into_iter().map(|(summary, titles)| model(summary, &titles)).collect()
}

fn model(summary: &ModelSummary, titles: &[&str]) -> Value {
    let count = |n: u64| if n == 0 { String::new() } else { grouped(n as f64, 0) };
    let node = |n: &crate::record::NodeSummary| {
        context! {
            path => n.path, component => n.component, outputs => n.outputs.join(", "),
            parameters => count(n.parameters), macs => count(n.macs),
            memory => if n.activation_bytes == 0 { String::new() } else { bytes(n.activation_bytes) },
        }
    };
    context! {
        title => titles.join(", "),
        nodes => summary.nodes.iter().map(node).collect::<Vec<_>>(),
        parameters => grouped(summary.parameters as f64, 0),
        macs => short(summary.macs), memory => bytes(summary.activation_bytes),
    }
}
