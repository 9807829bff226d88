//! What stays fixed in a network and where its values come from: `freeze`, `weights`, `init`.

use super::board::Board;
use super::desk::{at_entry, at_value, no_such};
use super::fields::{Fields, unknown_key};
use super::{fitting, parts};
use crate::config::{Item, Value};
use crate::diagnostic::{Diagnostic, nearest};
use crate::graph::experiment::Finished;
use crate::graph::layout::{LAYOUTS, Layout, OURS};
use crate::graph::plan::{Network, Op, Weights};

/// The component that fills parameters where neither the node nor `[train]` names one.
const DEFAULT_INIT: &str = "kaiming";

/// Sets `frozen`, `weights` and `init` of a network that was just opened.
pub fn settle(board: &Board, node: &str, item: &Item, network: &mut Network) {
    network.frozen = frozen(board, node, item, network);
    network.weights = weights(board, item, network).unwrap_or(Weights::None);
    if let Some(written) = item.get(&["weights"]) {
        fitting::check(board, written, network);
    }
    let init = item.get(&["init"]).or(board.train_init);
    network.init = parts::part_or(board.desk, init, "init", DEFAULT_INIT, &format!("nodes.{node}.init"));
    check_frozen_has_values(board, node, item, network);
}

/// Whether an operation lies at or under a path: `generator/decoder-1` holds `generator/decoder-1[2]/conv`.
pub fn under(op: &str, path: &str) -> bool {
    op.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[']))
}

fn frozen(board: &Board, node: &str, item: &Item, network: &Network) -> Vec<bool> {
    let all = |value: bool| vec![value; network.ops.len()];
    let Some(freeze) = item.get(&["freeze"]) else { return all(false) };
    match &freeze.value {
        Value::Boolean(value) => all(*value),
        Value::Array(paths) => {
            let mut frozen = all(false);
            for path in paths {
                let Some(text) = path.as_text() else {
                    board.desk.report(path.expected("an inner path"));
                    continue;
                };
                let whole = format!("{node}/{text}");
                let mut found = false;
                for (_, frozen) in network.ops.iter().zip(&mut frozen).filter(|(op, _)| under(&op.path, &whole)) {
                    (found, *frozen) = (true, true);
                }
                if !found {
                    board.desk.report(no_inner(node, text, path, network));
                }
            }
            frozen
        }
        _ => {
            board.desk.report(freeze.expected("true, false or an array of inner paths"));
            all(false)
        }
    }
}

/// "`generator` has nothing called `encodr`".
pub fn no_inner(node: &str, inner: &str, item: &Item, network: &Network) -> Diagnostic {
    let mut names: Vec<&str> = network.ops.iter().filter_map(|op| op.path.split('/').nth(1)).collect();
    names.iter_mut().for_each(|n| *n = n.split('[').next().unwrap_or(n));
    names.dedup();
    let problem = at_value(format!("`{node}` has nothing called `{inner}`"), item, "");
    match nearest(inner.split(['/', '[']).next().unwrap_or(inner), names.iter().copied()) {
        Some(near) => problem.with_help(format!("did you mean `{near}`")),
        None => problem.with_note("inner nodes", names.join(", ")),
    }
}

fn check_frozen_has_values(board: &Board, node: &str, item: &Item, network: &Network) {
    let Some(freeze) = item.get(&["freeze"]) else { return };
    if network.weights == Weights::None && !item.get(&["weights"]).is_none_or(is_none) {
        return; // What is wrong with them has been said.
    }
    let at: Vec<String> = network.weights.at().into_iter().flatten().map(|inner| format!("{node}/{inner}")).collect();
    let given = |op: &Op| network.weights.cover_all() || at.iter().any(|path| under(&op.path, path));
    let held = |op: &Op| !op.inferred.parameters.is_empty();
    let mut bare = network.ops.iter().zip(&network.frozen).filter(|(op, frozen)| **frozen && held(op) && !given(op));
    if let Some((op, _)) = bare.next() {
        let path = if at.is_empty() { node } else { &op.path };
        let problem = at_entry(format!("`{path}` is frozen and has no weights"), freeze, "");
        board.desk.report(problem.with_help("give it `weights`, or let an update learn it"));
    }
}

fn is_none(weights: &Item) -> bool {
    weights.as_text() == Some("none")
}

fn weights(board: &Board, item: &Item, network: &Network) -> Option<Weights> {
    let written = item.get(&["weights"])?;
    if is_none(written) {
        return None;
    }
    if written.as_table().is_none() {
        board.desk.report(written.expected("\"none\" or a table with `file`, `run` or `experiment`"));
        return None;
    }
    let kinds: [(&str, &[&str]); 3] = [
        ("file", &["file", "layout", "strict", "node", "at"]),
        ("run", &["run", "node", "which", "at"]),
        ("experiment", &["experiment", "variant", "seed", "node", "which", "at"]),
    ];
    let table = written.as_table()?;
    let Some((kind, known)) = kinds.iter().find(|(kind, _)| table.contains_key(*kind)) else {
        return wrong_weights(board, written, &kinds.map(|(kind, _)| kind));
    };
    let fields = Fields::closed(board.desk, Some(written), known);
    let at = at(board, &fields, network);
    match *kind {
        "file" => Some(Weights::File {
            path: path(board, fields.get("file")?)?,
            layout: layout(board, &fields)?,
            strict: fields.boolean("strict", true),
            node: fields.text("node").map(str::to_string),
            at: at?,
        }),
        "run" => Some(Weights::Cell {
            folder: path(board, fields.get("run")?)?,
            node: node_of(&fields)?,
            which: which(&fields),
            at: at?,
        }),
        _ => finished(board, &fields, at?),
    }
}

fn layout(board: &Board, fields: &Fields) -> Option<String> {
    let Some(item) = fields.get("layout") else { return Some(OURS.into()) };
    let name = fields.text("layout")?;
    if Layout::named(name).is_none() {
        board.desk.report(no_such("layout", name, item, LAYOUTS.iter().map(|l| l.name)));
        return None;
    }
    Some(name.into())
}

/// `at`: one inner path or several; each must hold something.
fn at(board: &Board, fields: &Fields, network: &Network) -> Option<Vec<String>> {
    let paths: Vec<(&str, &Item)> = match fields.get("at") {
        None => vec![],
        Some(item) if item.as_text().is_some() => vec![(item.as_text()?, item)],
        Some(_) => fields.texts("at"),
    };
    let mut found = vec![];
    for (path, item) in &paths {
        let whole = format!("{}/{path}", network.node);
        if network.ops.iter().any(|op| under(&op.path, &whole)) {
            found.push(path.to_string());
        } else {
            board.desk.report(no_inner(&network.node, path, item, network));
        }
    }
    (found.len() == paths.len()).then_some(found)
}

fn wrong_weights(board: &Board, written: &Item, kinds: &[&str]) -> Option<Weights> {
    match written.as_table()?.iter().next() {
        Some((key, value)) => board.desk.report(unknown_key("key", key, value, kinds)),
        None => board.desk.report(written.expected("`file`, `run` or `experiment`")),
    }
    None
}

fn node_of(fields: &Fields) -> Option<String> {
    fields.required("node", "weights", "node = \"generator\"")?;
    fields.text("node").map(str::to_string)
}

fn which(fields: &Fields) -> String {
    fields.choice("which", &["best", "last"]).unwrap_or("best").to_string()
}

fn path(board: &Board, item: &Item) -> Option<std::path::PathBuf> {
    if item.as_text().is_none() {
        board.desk.report(item.expected("a path"));
    }
    crate::config::path_of(item)
}

/// `{ experiment, variant, seed, node, which }`: the finished cell of that file.
fn finished(board: &Board, fields: &Fields, at: Vec<String>) -> Option<Weights> {
    let written = fields.get("experiment")?;
    let wanted = Finished {
        experiment: path(board, written)?,
        variant: fields.text("variant").map(str::to_string),
        seed: fields.integer_within("seed", 0, i64::MAX),
    };
    let node = node_of(fields)?;
    match (board.desk.about.finished)(&wanted) {
        Some(folder) => Some(Weights::Cell { folder, node, which: which(fields), at }),
        None => {
            let name = written.as_text().unwrap_or_default();
            let variant = wanted.variant.map(|v| format!(", variant `{v}`")).unwrap_or_default();
            let run = format!("run `ablate run {}`", wanted.experiment.display());
            let message = format!("`weights`: no finished run of `{name}`{variant}; {run}");
            board.desk.report(at_value(message, written, ""));
            None
        }
    }
}
