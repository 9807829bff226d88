//! `[updates.X]`: what is learned, by which optimizer; `[train]`'s defaults beneath.

use super::board::Board;
use super::desk::{at_entry, at_value, incomplete, no_such};
use super::fields::{Fields, as_number};
use super::parts;
use super::reach::Ops;
use super::weights::{no_inner, under};
use crate::config::{Item, Table, Value};
use crate::graph::plan::{Average, Clip, Learns, Span, Update};
use crate::graph::wire::Path;

pub const KEYS: [&str; 12] = [
    "learns",
    "losses",
    "optimizer",
    "schedule",
    "clip",
    "accumulate",
    "rates",
    "every",
    "times",
    "clamp",
    "average",
    "enabled",
];

/// An update before its losses are found.
pub struct Draft<'a> {
    pub update: Update,
    pub item: &'a Item,
    /// Each path of `learns` with the operations it brings.
    pub entries: Vec<Entry<'a>>,
    /// Names in `losses`, if it is written.
    pub listed: Option<Vec<(&'a str, &'a Item)>>,
    /// Something in it failed and was reported.
    pub broken: bool,
}

/// One path of `learns`.
pub struct Entry<'a> {
    pub path: &'a str,
    pub item: &'a Item,
    /// (network, operation) with parameters, the frozen ones left out; in order.
    pub ops: Vec<(usize, usize)>,
}

impl Draft<'_> {
    /// Whether it learns one of the operations.
    pub fn meets(&self, ops: &Ops) -> bool {
        self.entries.iter().flat_map(|e| &e.ops).any(|(network, op)| ops.contains(*network, *op))
    }

    /// "`sampler`" or "`a` and `b`", as `learns` has it.
    pub fn learnt(&self) -> String {
        self.entries.iter().map(|e| format!("`{}`", e.path)).collect::<Vec<_>>().join(", ")
    }
}

pub fn resolve<'a>(board: &Board<'a>, tables: &'a Table, train: &Fields<'a>, losses: &Table) -> Vec<Draft<'a>> {
    tables.iter().filter_map(|(name, item)| update(board, name, item, tables, train, losses)).collect()
}

fn update<'a>(
    board: &Board<'a>,
    name: &str,
    item: &'a Item,
    siblings: &Table,
    train: &Fields<'a>,
    losses: &Table,
) -> Option<Draft<'a>> {
    let desk = board.desk;
    let fields = Fields::closed(desk, Some(item), &KEYS);
    fields.boolean("enabled", true);
    if item.as_table()?.get("learns").is_none() {
        desk.report(incomplete("update", name, item, "learns", siblings));
        return None;
    }
    let path = format!("updates.{name}");
    let before = desk.count();
    let (entries, broken) = entries(board, &fields);
    let optimizer = parts::over(train.get("optimizer"), fields.get("optimizer"));
    if optimizer.is_none() {
        let problem = at_entry(format!("update `{name}` has no `optimizer`"), item, "");
        desk.report(problem.with_help("write `train.optimizer = { use = \"adam\", lr = 1e-4 }`, for all updates"));
    }
    let schedule = parts::over(train.get("schedule"), fields.get("schedule"));
    let update = Update {
        name: name.into(),
        learns: learns(&entries, &if broken { vec![] } else { rates(board, &fields, &entries) }, board),
        terms: vec![],
        optimizer: parts::part_or(desk, optimizer.as_ref(), "optimizer", "adam", &format!("{path}.optimizer")),
        schedule: parts::part_or(desk, schedule.as_ref(), "schedule", "constant", &format!("{path}.schedule")),
        clip: clip(&fields).or_else(|| clip(train)).unwrap_or(Clip::None),
        accumulate: fields.integer("accumulate", 1).or_else(|| train.integer("accumulate", 1)).unwrap_or(1) as usize,
        every: fields.integer("every", 1).unwrap_or(1) as usize,
        times: fields.integer("times", 1).unwrap_or(1) as usize,
        clamp: clamp(&fields),
        average: average(&fields),
    };
    let listed = fields.get("losses").map(|_| listed(board, &fields, losses));
    let broken = broken || desk.count() > before;
    Some(Draft { update, item, entries, listed, broken })
}

/// The paths of `learns`; the flag says that one of them failed.
fn entries<'a>(board: &Board<'a>, fields: &Fields<'a>) -> (Vec<Entry<'a>>, bool) {
    let mut found = vec![];
    let mut broken = false;
    for (path, item) in fields.texts("learns") {
        match entry(board, path, item) {
            Some(ops) => found.push(Entry { path, item, ops }),
            None => broken = true,
        }
    }
    (found, broken)
}

fn entry(board: &Board, path: &str, item: &Item) -> Option<Vec<(usize, usize)>> {
    let parsed = match Path::read(item) {
        Ok(parsed) => parsed,
        Err(problem) => {
            board.desk.report(problem);
            return None;
        }
    };
    let node = parsed.parts.first()?.name.as_str();
    let Some(written) = board.nodes.get(node) else {
        let owners = board.nodes.iter().filter(|(_, i)| i.get(&["use"]).is_some());
        board.desk.report(no_such("node", node, item, owners.map(|(n, _)| n.as_str())));
        return None;
    };
    if let Some(owner) = written.get(&["apply"]).and_then(Item::as_text) {
        let problem = at_value(format!("`{node}` owns no network"), item, "");
        board.desk.report(problem.with_help(format!("name `{owner}`, which it applies")));
        return None;
    }
    let Some(index) = board.network_of.get(node) else {
        // Not opened: either it failed, or nothing applies it, so that no loss can reach it.
        return (!board.failed.iter().any(|f| f == node) && !board.desk.failed()).then(Vec::new);
    };
    let network = &board.networks[*index].network;
    if !network.ops.iter().any(|op| under(&op.path, path)) {
        let inner = path.split_once('/').map_or(path, |(_, rest)| rest);
        board.desk.report(no_inner(node, inner, item, network));
        return None;
    }
    let learnable = network.ops.iter().zip(&network.frozen).enumerate();
    let held = learnable.filter(|(_, (op, frozen))| under(&op.path, path) && !**frozen);
    Some(held.filter(|(_, (op, _))| !op.inferred.parameters.is_empty()).map(|(i, _)| (*index, i)).collect())
}

/// `rates`: path to factor.
fn rates<'a>(board: &Board, fields: &Fields<'a>, entries: &[Entry]) -> Vec<(&'a str, f64)> {
    if let Some(rates) = fields.get("rates").filter(|r| r.as_table().is_none()) {
        board.desk.report(rates.expected("a table of paths and factors"));
    }
    let mut found = vec![];
    for (path, item) in fields.get("rates").and_then(Item::as_table).into_iter().flatten() {
        let Some(rate) = as_number(item) else {
            board.desk.report(item.expected("a number"));
            continue;
        };
        let learnt = |(network, op): &(usize, usize)| under(&board.networks[*network].network.ops[*op].path, path);
        if !entries.iter().flat_map(|e| &e.ops).any(learnt) {
            let names: Vec<&str> = entries.iter().map(|e| e.path).collect();
            let problem = at_entry(format!("`{path}` is not among what this update learns"), item, "");
            let problem = problem.with_note("learns", names.join(", "));
            board.desk.report(
                match board.networks.iter().find(|o| o.network.node == path.split('/').next().unwrap_or("")) {
                    Some(opened) => suggest_inner(problem, path, &opened.network),
                    None => match crate::diagnostic::nearest(path, names) {
                        Some(near) => problem.with_help(format!("did you mean `{near}`")),
                        None => problem,
                    },
                },
            );
        }
        found.push((path.as_str(), rate));
    }
    found
}

fn suggest_inner(
    problem: crate::diagnostic::Diagnostic,
    path: &str,
    network: &crate::graph::plan::Network,
) -> crate::diagnostic::Diagnostic {
    let inner = |p: &str| p.split(['/', '[']).nth(1).map(str::to_string);
    let names: std::collections::BTreeSet<String> = network.ops.iter().filter_map(|op| inner(&op.path)).collect();
    let near =
        inner(path).and_then(|i| crate::diagnostic::nearest(&i, names.iter().map(String::as_str)).map(str::to_string));
    match near {
        Some(near) => problem.with_help(format!("did you mean `{}/{near}`", network.node)),
        None => problem.with_note("inner nodes", names.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

fn learns(entries: &[Entry], rates: &[(&str, f64)], board: &Board) -> Vec<Learns> {
    let (mut found, mut seen) = (Vec::<Learns>::new(), Ops::default());
    for (network, op) in entries.iter().flat_map(|e| &e.ops) {
        if !seen.insert(*network, *op) {
            continue;
        }
        let path = &board.networks[*network].network.ops[*op].path;
        // The longest path that holds the operation decides.
        let rate = rates.iter().filter(|(p, _)| under(path, p)).max_by_key(|(p, _)| p.len()).map_or(1.0, |(_, r)| *r);
        let learns = match found.iter_mut().find(|l| l.network == *network) {
            Some(learns) => learns,
            None => {
                found.push(Learns { network: *network, ops: vec![] });
                let last = found.len() - 1;
                &mut found[last]
            }
        };
        learns.ops.push((*op, rate));
    }
    found
}

fn listed<'a>(board: &Board, fields: &Fields<'a>, losses: &Table) -> Vec<(&'a str, &'a Item)> {
    let known = |(name, item): &(&'a str, &'a Item)| {
        if !losses.contains_key(*name) {
            board.desk.report(no_such("loss", name, item, losses.keys().map(String::as_str)));
        }
        losses.contains_key(*name)
    };
    fields.texts("losses").into_iter().filter(known).collect()
}

/// `"none"`, `{ norm = 1.0 }` or `{ value = 0.01 }`.
pub fn clip(fields: &Fields) -> Option<Clip> {
    let item = fields.get("clip")?;
    if item.as_text() == Some("none") {
        return Some(Clip::None);
    }
    if item.as_table().is_none_or(|t| t.len() != 1) {
        fields.desk.report(item.expected("\"none\", { norm = .. } or { value = .. }"));
        return None;
    }
    let inner = Fields::closed(fields.desk, Some(item), &["norm", "value"]);
    let positive = |key: &str| inner.number(key, None).filter(|v| positive(fields, inner.get(key), key, *v));
    positive("norm").map(Clip::Norm).or_else(|| positive("value").map(Clip::Value))
}

fn positive(fields: &Fields, item: Option<&Item>, key: &str, value: f64) -> bool {
    if let (Some(item), true) = (item, value <= 0.0) {
        fields.desk.report(at_value(format!("`{key}` is {value}, expected above 0"), item, ""));
    }
    value > 0.0
}

fn clamp(fields: &Fields) -> Option<f64> {
    let item = fields.get("clamp")?;
    match &item.value {
        Value::Text(text) if text == "none" => None,
        _ => match as_number(item) {
            Some(bound) => positive(fields, Some(item), "clamp", bound).then_some(bound),
            None => {
                fields.desk.report(item.expected("\"none\" or a number"));
                None
            }
        },
    }
}

fn average(fields: &Fields) -> Option<Average> {
    let item = fields.get("average")?;
    if item.as_text() == Some("none") {
        return None;
    }
    if item.as_table().is_none() {
        fields.desk.report(item.expected("\"none\" or { decay = .., from = \"0 steps\" }"));
        return None;
    }
    let inner = Fields::closed(fields.desk, Some(item), &["decay", "from"]);
    inner.required("decay", "average", "decay = 0.999")?;
    let decay = inner.number("decay", Some(0.0))?;
    if let (Some(item), true) = (inner.get("decay"), decay >= 1.0) {
        fields.desk.report(at_value(format!("`decay` is {decay}, expected below 1"), item, ""));
    }
    Some(Average { decay, from: inner.span("from").unwrap_or(Span::Steps(0)) })
}
