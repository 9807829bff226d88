//! What a run costs: time, memory, and parameters and multiply-accumulates, of all networks and of each apart, for
//! discriminators and networks of losses are left behind when a model is used.

use super::{bytes, duration};
use crate::record::ModelSummary;
use crate::report::figure::graph::{network, short};
use crate::report::group::Group;
use crate::report::plot::grouped;
use minijinja::{Value, context};

/// A row for each row of the study, and one for each network and size of it.
pub fn cost(groups: &[Group<'_>]) -> Value {
    let known = groups.iter().any(|g| g.shown().is_some());
    context! { known => known, rows => groups.iter().map(row).collect::<Vec<_>>(), networks => networks(groups) }
}

fn row(group: &Group<'_>) -> Value {
    let done: Vec<_> = group.done().filter_map(|r| r.status.as_ref()).collect();
    let n = done.len();
    let seconds = done.iter().map(|s| s.seconds).sum::<f64>() / n.max(1) as f64;
    let memory = done.iter().map(|s| s.peak_bytes()).max();
    let summary = group.shown().and_then(|r| r.summary.as_ref());
    context! {
        title => group.title,
        time => (n > 0).then(|| context! { text => duration(seconds), exact => seconds }),
        memory => memory.map(|m| context! { text => bytes(m), exact => m }),
        parameters => summary.map(|s| count(s.parameters)),
        macs => summary.map(|s| count(s.macs)),
        activations => summary.map(|s| context! { text => bytes(s.activation_bytes), exact => s.activation_bytes }),
    }
}

fn count(n: u64) -> Value {
    context! { text => short(n), exact => n }
}

/// A network as some rows of the study have it.
struct Network<'a> {
    name: String,
    parameters: u64,
    macs: u64,
    learnt: Option<String>,
    titles: Vec<&'a str>,
}

/// Nodes of the experiment that have parameters, in order of appearance; rows of the study where one is as large share
/// a line.
fn networks(groups: &[Group<'_>]) -> Vec<Value> {
    let mut all: Vec<Network<'_>> = Vec::new();
    let mut with_summary = 0;
    for group in groups {
        let Some(summary) = group.shown().and_then(|r| r.summary.as_ref()) else { continue };
        with_summary += 1;
        for part in network(summary, "").boxes.into_iter().filter(|b| !b.outside && b.parameters > 0) {
            let learnt = learnt_by(group, &part.name);
            let same = |n: &&mut Network<'_>| {
                n.name == part.name && (n.parameters, n.macs) == (part.parameters, part.macs) && n.learnt == learnt
            };
            match all.iter_mut().find(same) {
                Some(known) => known.titles.push(&group.title),
                None => {
                    let after = all.iter().rposition(|n| n.name == part.name).map_or(all.len(), |i| i + 1);
                    let (parameters, macs, titles) = (part.parameters, part.macs, vec![group.title.as_str()]);
                    all.insert(after, Network { name: part.name, parameters, macs, learnt, titles });
                }
            }
        }
    }
    let shown = |n: Network<'_>| {
        let variants = if n.titles.len() == with_summary { "all".to_owned() } else { n.titles.join(", ") };
        context! { name => n.name, variants, learnt => n.learnt, parameters => count(n.parameters), macs => count(n.macs) }
    };
    all.into_iter().map(shown).collect()
}

/// The update that learns a network, where the configuration says so: `updates.generator.learns = ["generator"]`. A node
/// that applies another has its parameters.
fn learnt_by(group: &Group<'_>, name: &str) -> Option<String> {
    let config = &group.shown()?.config;
    let applied = format!("nodes.{name}.apply");
    let name = config.iter().find(|v| v.key == applied).map_or(name, |v| v.value.trim_matches('"'));
    let quoted = format!("\"{name}\"");
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
