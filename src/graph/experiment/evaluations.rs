//! `[evaluations.X]`: metrics on values, on which data, in which groups, beside which baselines.

use super::board::{Board, Feed};
use super::desk::{at_entry, at_value, no_such};
use super::feeds::PortOf;
use super::fields::Fields;
use super::measures::{self, Fed, element, ports_of};
use super::parts::{self, Part};
use super::stages::{dataset, fits};
use super::top::rising;
use crate::config::{Item, Table};
use crate::graph::plan::{Evaluation, GroupBy, Metric, Value};
use crate::registry::{Entry, Type};

const KEYS: [&str; 7] = ["in", "metrics", "splits", "data", "group-by", "baselines", "enabled"];
const SPLITS: [&str; 3] = ["train", "validation", "test"];
/// What a metric's place reads itself.
const METRIC_OWN: [&str; 3] = ["use", "as", "network"];

pub fn resolve(board: &mut Board, tables: &Table) -> Vec<Evaluation> {
    tables.iter().filter_map(|(name, item)| evaluation(board, name, item)).collect()
}

fn evaluation(board: &mut Board, name: &str, item: &Item) -> Option<Evaluation> {
    let fields = Fields::closed(board.desk, Some(item), &KEYS);
    fields.boolean("enabled", true);
    fields.required("metrics", &format!("evaluations.{name}"), "metrics = [\"l1\", \"psnr\"]")?;
    let path = format!("evaluations.{name}");
    let parts = parts(board, &fields);
    if parts.len() < fields.array("metrics").len() {
        return None;
    }
    let known = ports(&parts.iter().map(|(_, p)| p.entry).collect::<Vec<_>>());
    let feeds = board.feeds(fields.get("in"), &known, &path, item)?;
    if feeds.iter().filter(|f| !one_value(board, f)).count() > 0 {
        return None;
    }
    let mut metrics = vec![];
    for (written, part) in parts {
        metrics.extend(metric(board, written, part, item, &feeds, &path));
    }
    check_columns(board, &metrics, item);
    let baselines = baselines(board, &fields, &feeds, &known, &path);
    let data = data(board, &fields);
    Some(Evaluation {
        name: name.into(),
        inputs: feeds.iter().filter_map(|f| Some((f.port.clone(), f.bundle.values.first()?.0.clone()))).collect(),
        metrics,
        splits: splits(&fields),
        data,
        group_by: group_by(board, &fields),
        baselines,
    })
}

fn parts<'i, 'l>(board: &Board<'l>, fields: &Fields<'i>) -> Vec<(&'i Item, Part<'l>)> {
    let metrics = fields.array("metrics").iter();
    metrics.filter_map(|m| Some((m, parts::part(board.desk, "metric", m, "metrics", &METRIC_OWN)?))).collect()
}

/// Inputs of all metrics together; one is required only if a metric requires it.
fn ports(entries: &[&Entry]) -> Vec<PortOf> {
    let mut all: Vec<PortOf> = vec![];
    for port in entries.iter().flat_map(|e| ports_of(&e.card.inputs)) {
        match all.iter_mut().find(|p| p.name == port.name) {
            Some(known) => known.optional &= port.optional,
            None => all.push(port),
        }
    }
    all
}

fn one_value(board: &Board, feed: &Feed) -> bool {
    if feed.bundle.list
        && let Some(item) = &feed.item
    {
        let ty = feed.bundle.values.first().map_or("value", |(_, e)| e.ty.name());
        let message = format!("a list of {} {ty}s on one input", feed.bundle.values.len());
        board.desk.report(at_value(message, item, format!("`{}` takes one", feed.port)));
    }
    !feed.bundle.list
}

fn metric(board: &mut Board, item: &Item, part: Part, evaluation: &Item, feeds: &[Feed], path: &str) -> Option<Metric> {
    let Part { entry, component } = part;
    let takes = |f: &&Feed| entry.card.inputs.iter().any(|p| p.name == f.port);
    let fed: Vec<Fed> = feeds.iter().filter(takes).filter_map(|f| element(f, 0)).collect();
    let well = measures::check(board, entry, &component.settings, evaluation, &fed);
    let named = entry.card.networks.contains(&"network");
    if let (Some(key), false) = (item.get(&["network"]), named) {
        board.desk.report(at_entry(format!("`{}` takes no `network`", entry.card.name), key, ""));
    }
    let mut network = None;
    if named && well {
        if item.get(&["network"]).is_none() {
            let problem = at_value(format!("`network` is missing in `{}`", entry.card.name), item, "");
            let help = format!("write `{{ use = \"{}\", network = \"..\" }}`", entry.card.name);
            board.desk.report(problem.with_help(help));
            return None;
        }
        network = Some(measures::apply_network(board, entry, item, path, &fed)?);
    }
    Some(Metric { component, columns: columns(board, item, entry), network })
}

/// The output's name, or `as`; of several outputs `as-output`.
fn columns(board: &Board, item: &Item, entry: &Entry) -> Vec<String> {
    let renamed = item.as_table().and_then(|_| Fields::open(board.desk, Some(item)).text("as"));
    let outputs: Vec<&str> = entry.card.outputs.iter().map(|o| o.name).collect();
    match (renamed, outputs.as_slice()) {
        (None, _) => outputs.iter().map(|o| o.to_string()).collect(),
        (Some(name), [_]) => vec![name.to_string()],
        (Some(name), _) => outputs.iter().map(|o| format!("{name}-{o}")).collect(),
    }
}

fn check_columns(board: &Board, metrics: &[Metric], item: &Item) {
    let mut seen: Vec<&str> = vec![];
    for column in metrics.iter().flat_map(|m| &m.columns) {
        if seen.contains(&column.as_str()) {
            let mark = item.get(&["metrics"]).unwrap_or(item);
            let problem = at_value(format!("two columns are called `{column}`"), mark, "");
            board.desk.report(problem.with_help("rename one: `{ use = \"..\", as = \"..\" }`"));
        }
        seen.push(column);
    }
}

fn splits(fields: &Fields) -> Vec<String> {
    if fields.get("splits").is_none() {
        return vec!["validation".into(), "test".into()];
    }
    let mut found = vec![];
    for (split, item) in fields.texts("splits") {
        if !SPLITS.contains(&split) {
            fields.desk.report(no_such("split", split, item, SPLITS));
        }
        found.push(split.to_string());
    }
    if let (Some(item), true) = (fields.get("splits"), found.is_empty()) {
        fields.desk.report(at_value("`splits` is empty", item, "expected `validation`, `test` or both"));
    }
    found
}

/// `data = { dataset = "another" }`, or several.
fn data(board: &Board, fields: &Fields) -> Vec<(usize, Vec<usize>)> {
    let table = Fields::open(board.desk, fields.get("data"));
    let mut found = vec![];
    for (name, item) in table.table {
        let Some(from) = dataset(board, name, item, true) else { continue };
        let others = match item.as_array() {
            Some(items) => super::fields::texts(board.desk, items),
            None => super::fields::texts(board.desk, std::slice::from_ref(item)),
        };
        let numbers = others.into_iter().filter_map(|(text, place)| {
            let to = dataset(board, text, place, false)?;
            fits(board, from, to, place).then_some(to)
        });
        found.push((from, numbers.collect()));
    }
    found
}

fn group_by(board: &Board, fields: &Fields) -> Option<GroupBy> {
    let inner = Fields::closed(board.desk, fields.get("group-by"), &["value", "edges"]);
    inner.item?;
    let item = inner.required("value", "group-by", "value = \"pairs.yaw\"")?;
    let bundle = board.wire(item).map_err(|m| board.desk.report_all(m.diagnostic())).ok()?;
    let (value, edge) = bundle.values.first()?.clone();
    let edges = inner.get("edges").map(|e| rising(board.desk, e)).unwrap_or_default();
    match edge.ty {
        Type::Scalar if inner.get("edges").is_none() => {
            let problem = at_entry("`edges` is missing in `group-by`", item, "a scalar is grouped in bins");
            board.desk.report(problem.with_help("for example `edges = [0, 30, 60, 90]`"));
        }
        Type::Scalar | Type::Label => {}
        other => {
            let what = measures::article(other);
            let label = format!("`{}` is {what}", item.as_text().unwrap_or_default());
            board.desk.report(at_value("`group-by` wants a scalar or a label", item, label));
        }
    }
    Some(GroupBy { value, edges })
}

type Rows = Vec<(String, Vec<(String, Value)>)>;

/// `baselines = { name = { port = wire } }`, with the types of the ports they take the place of.
fn baselines(board: &Board, fields: &Fields, feeds: &[Feed], known: &[PortOf], path: &str) -> Rows {
    let table = Fields::open(board.desk, fields.get("baselines"));
    let mut rows = vec![];
    for (name, item) in table.table {
        let Some(ports) = item.as_table() else {
            board.desk.report(item.expected("a table of ports and wires"));
            continue;
        };
        let mut row = vec![];
        for (port, wire) in ports {
            let Some(place) = known.iter().find(|p| p.name == *port) else {
                board.desk.report(super::feeds::no_input(port, &format!("{path}.baselines.{name}"), wire, known));
                continue;
            };
            let Ok(Some(feed)) = board.feed(place, wire) else { continue };
            if one_value(board, &feed)
                && let Some(fed) = element(&feed, 0)
            {
                check_like(board, feeds, &fed, wire);
                row.push((port.clone(), fed.value));
            }
        }
        rows.push((name.clone(), row));
    }
    rows
}

/// A baseline's value must be of the type and shape of what it stands for.
fn check_like(board: &Board, feeds: &[Feed], fed: &Fed, item: &Item) {
    let Some((_, edge)) = feeds.iter().find(|f| f.port == fed.port).and_then(|f| f.bundle.values.first()) else {
        return;
    };
    if edge.ty != fed.edge.ty || edge.dims != fed.edge.dims {
        let (ours, theirs) = (measures::article(edge.ty), measures::article(fed.edge.ty));
        let message = format!("`in.{}` is {ours} of {edge}, `{}` is {theirs} of {}", fed.port, fed.text, fed.edge);
        board.desk.report(at_value(message, item, ""));
    }
}
