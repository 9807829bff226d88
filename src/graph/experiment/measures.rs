//! What losses and metrics have in common: inputs held against the card, and networks that they apply.

use super::board::{Board, Feed};
use super::desk::at_entry;
use super::feeds::PortOf;
use crate::config::Item;
use crate::diagnostic::{Diagnostic, Place};
use crate::graph::plan::Value;
use crate::registry::{Accepts, Edge, Entry, InputEdges, Make, Port, Settings, Type};

/// One value on a port, with where its wire stands and as what.
#[derive(Clone, Debug)]
pub struct Fed {
    pub port: String,
    pub value: Value,
    pub edge: Edge,
    pub place: Option<Place>,
    pub text: String,
}

/// Element `i` of a feed: its own where the feed is a list, else the one that all share.
pub fn element(feed: &Feed, i: usize) -> Option<Fed> {
    let at = if feed.bundle.list { i } else { 0 };
    let (value, edge) = feed.bundle.values.get(at)?.clone();
    let (place, text) = feed.written.get(at)?.clone();
    Some(Fed { port: feed.port.clone(), value, edge, place, text })
}

pub fn ports_of(ports: &[Port]) -> Vec<PortOf> {
    ports.iter().map(|p| PortOf { name: p.name.into(), optional: p.optional }).collect()
}

/// Types, batch factors and the component's own rules. True where all is well.
pub fn check(board: &Board, entry: &Entry, settings: &Settings, item: &Item, fed: &[Fed]) -> bool {
    let before = board.desk.count();
    for one in fed {
        let port = entry.card.inputs.iter().find(|p| p.name == one.port);
        if let Some(Port { accepts: Accepts::Type(ty), .. }) = port
            && !ty.accepts(one.edge.ty)
        {
            board.desk.report(wrong_type(one, *ty));
        }
    }
    if let Some((first, other)) = fed.iter().find_map(|a| Some((a, fed.iter().find(|b| b.edge.batch != a.edge.batch)?)))
    {
        let message = format!(
            "`{}` has {} samples for each of the batch, `{}` has {}",
            first.text, first.edge.batch, other.text, other.edge.batch
        );
        board.desk.report(mark(Diagnostic::error(message), other, item, ""));
    }
    if board.desk.count() == before
        && let Make::Measure(check) = entry.make
        && let Err(problem) = check(settings, &edges(fed))
    {
        board.desk.report(explain(&problem, fed, item));
    }
    board.desk.count() == before
}

fn edges(fed: &[Fed]) -> InputEdges {
    InputEdges { ports: fed.iter().map(|f| (f.port.clone(), vec![f.edge.clone()])).collect() }
}

fn explain(problem: &crate::registry::Problem, fed: &[Fed], item: &Item) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(problem.message.clone());
    for (port, _, label) in &problem.ports {
        if let Some(one) = fed.iter().find(|f| f.port == *port) {
            diagnostic = mark(diagnostic, one, item, label);
        }
    }
    if let Some(setting) = problem.setting.as_ref().and_then(|name| item.as_table()?.get(name)?.place()) {
        diagnostic = diagnostic.at(setting, "");
    }
    if diagnostic.marks.is_empty()
        && let Some(place) = item.entry_place()
    {
        diagnostic = diagnostic.at(&place, "");
    }
    problem.help.iter().fold(diagnostic, |d, help| d.with_help(help.clone()))
}

fn mark(diagnostic: Diagnostic, one: &Fed, item: &Item, label: &str) -> Diagnostic {
    match one.place.clone().or(item.entry_place()) {
        Some(place) => diagnostic.at(&place, label),
        None => diagnostic,
    }
}

/// "`in.mask` wants a mask, `sampler.grid` is a grid".
fn wrong_type(one: &Fed, wanted: Type) -> Diagnostic {
    let message = format!("`in.{}` wants {}, `{}` is {}", one.port, article(wanted), one.text, article(one.edge.ty));
    let diagnostic = Diagnostic::error(message);
    match &one.place {
        Some(place) => diagnostic.at(place, ""),
        None => diagnostic,
    }
}

pub fn article(ty: Type) -> String {
    match ty {
        Type::Image => "an image".into(),
        Type::Any => "anything".into(),
        Type::Coefficients | Type::Landmarks => ty.name().into(),
        _ => format!("a {}", ty.name()),
    }
}

/// Applies the network that a loss or a metric names to each image it is given, so that shapes are checked and the
/// network is opened if this is its first use. Gives its index.
pub fn apply_network(board: &mut Board, entry: &Entry, item: &Item, path: &str, fed: &[Fed]) -> Option<usize> {
    let owner = board.named_network("network", item)?.to_string();
    let used = board.nodes.get(&owner)?.get(&["use"])?.as_text()?;
    let inputs = board.desk.inputs(used)?;
    let required: Vec<&PortOf> = inputs.iter().filter(|p| !p.optional).collect();
    let [port] = required.as_slice() else {
        let message = format!("`{owner}` has several inputs, `{path}` has one image for it");
        board.desk.report(at_entry(message, item.get(&["network"])?, ""));
        return None;
    };
    let shown = |one: &Fed| {
        let port = entry.card.inputs.iter().find(|p| p.name == one.port);
        port.is_some_and(|p| matches!(p.accepts, Accepts::Type(Type::Image | Type::Any)))
    };
    let mut seen: Vec<&Edge> = vec![];
    for one in fed.iter().filter(|one| shown(one)) {
        if seen.contains(&&one.edge) {
            continue;
        }
        seen.push(&one.edge);
        let bundle = super::board::Bundle { values: vec![(one.value.clone(), one.edge.clone())], list: false };
        let written = vec![(one.place.clone(), one.text.clone())];
        board.apply_network(
            path,
            &owner,
            &[Feed { port: port.name.clone(), bundle, written, item: item.get(&["in", &one.port]).cloned() }],
            &[],
        )?;
    }
    board.network_of.get(&owner).copied()
}
