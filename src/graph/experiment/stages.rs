//! `[stages.X]` and their order.

use super::board::Board;
use super::desk::{at_entry, at_value, incomplete, no_such};
use super::fields::Fields;
use super::usage::Whole;
use crate::config::{Item, Table};
use crate::diagnostic::Diagnostic;
use crate::graph::plan::{Evaluate, Span, Stage};
use std::collections::BTreeSet;

pub const KEYS: [&str; 5] = ["length", "updates", "batch", "data", "enabled"];

/// The order in which stages run, by name; the others are idle.
pub fn order(board: &Board, tables: &Table, train: &Fields) -> Vec<String> {
    let known = || tables.keys().map(String::as_str);
    if train.get("stages").is_none() {
        if tables.len() > 1 {
            let problem = Diagnostic::error("several stages, no order: set `train.stages`");
            let problem = match tables.values().nth(1).and_then(Item::entry_place) {
                Some(place) => problem.at(&place, ""),
                None => problem,
            };
            let names = known().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(", ");
            board.desk.report(problem.with_help(format!("for example `train.stages = [{names}]`")));
        }
        return known().map(str::to_string).collect();
    }
    let mut found: Vec<String> = vec![];
    for (name, item) in train.texts("stages") {
        if !tables.contains_key(name) {
            board.desk.report(no_such("stage", name, item, known()));
        } else if found.iter().any(|f| f == name) {
            board.desk.report(at_value(format!("stage `{name}` is named twice"), item, ""));
        } else {
            found.push(name.into());
        }
    }
    found
}

/// All stages, in the file's order; updates by index into `updates`.
pub fn resolve(board: &Board, tables: &Table, batch: usize, updates: &[String], all: &Table) -> Vec<Stage> {
    tables.iter().filter_map(|(name, item)| stage(board, name, item, tables, batch, (updates, all))).collect()
}

fn stage(
    board: &Board,
    name: &str,
    item: &Item,
    siblings: &Table,
    batch: usize,
    (updates, all): (&[String], &Table),
) -> Option<Stage> {
    let fields = Fields::closed(board.desk, Some(item), &KEYS);
    fields.boolean("enabled", true);
    item.as_table()?;
    if fields.get("length").is_none() {
        board.desk.report(incomplete("stage", name, item, "length", siblings));
    }
    let length = fields.length("length");
    if let (Some(Span::Percent(_)), Some(written)) = (length, fields.get("length")) {
        let problem = at_value("a stage's `length` cannot be a share of itself", written, "expected steps or epochs");
        board.desk.report(problem);
    }
    Some(Stage {
        name: name.into(),
        length: length.unwrap_or(Span::Steps(0)),
        updates: named(board, name, item, &fields, siblings, (updates, all)),
        batch: fields.integer("batch", 1).map_or(batch, |b| b as usize),
        data: data(board, &fields),
    })
}

fn named(
    board: &Board,
    name: &str,
    item: &Item,
    fields: &Fields,
    siblings: &Table,
    (updates, all): (&[String], &Table),
) -> Vec<usize> {
    if fields.get("updates").is_none() {
        if all.len() > 1 {
            let mut problem = incomplete("stage", name, item, "updates", siblings);
            problem.message = format!("several updates, no order: set `stages.{name}.updates`");
            board.desk.report(problem);
        }
        return (0..updates.len().min(1)).collect();
    }
    let mut found = vec![];
    for (update, place) in fields.texts("updates") {
        match updates.iter().position(|u| u == update) {
            Some(index) => found.push(index),
            // An update that is there and failed has been reported.
            None if all.contains_key(update) => {}
            None => board.desk.report(no_such("update", update, place, all.keys().map(String::as_str))),
        }
    }
    if let (Some(written), true) = (fields.get("updates"), fields.array("updates").is_empty()) {
        board.desk.report(at_entry(format!("stage `{name}` has no updates"), written, "expected at least one"));
    }
    found
}

/// `data = { dataset = "another" }`.
fn data(board: &Board, fields: &Fields) -> Vec<(usize, usize)> {
    let table = Fields::open(board.desk, fields.get("data"));
    let mut found = vec![];
    for (name, item) in table.table {
        let from = dataset(board, name, item, true);
        let to = item.as_text().map_or_else(
            || {
                board.desk.report(item.expected("the name of a dataset"));
                None
            },
            |text| dataset(board, text, item, false),
        );
        if let (Some(from), Some(to)) = (from, to)
            && fits(board, from, to, item)
        {
            found.push((from, to));
        }
    }
    found
}

/// A dataset's number; `key` says that its name is the key of `item`.
pub fn dataset(board: &Board, name: &str, item: &Item, key: bool) -> Option<usize> {
    let found = board.datasets.iter().position(|d| d.name == name);
    if found.is_none() && !board.failed.iter().any(|f| f == name) {
        let mut problem = no_such("dataset", name, item, board.datasets.iter().map(|d| d.name.as_str()));
        if let (true, Some(place)) = (key, item.key_place()) {
            problem.marks.clear();
            problem = problem.at(place, "");
        }
        board.desk.report(problem);
    }
    found
}

/// Whether one dataset can be read in another's place: it has all of its ports, with the same types.
pub fn fits(board: &Board, from: usize, to: usize, item: &Item) -> bool {
    let (from, to) = (&board.datasets[from], &board.datasets[to]);
    for (port, edge) in &from.ports {
        let theirs = to.ports.iter().find(|(p, _)| p == port).map(|(_, e)| e);
        let why = match theirs {
            None => format!("it has no port `{port}`"),
            Some(e) if e.ty != edge.ty => format!("its `{port}` is {}", super::measures::article(e.ty)),
            Some(_) => continue,
        };
        let message = format!("`{}` cannot be read in the place of `{}`", to.name, from.name);
        board.desk.report(at_value(message, item, why));
        return false;
    }
    true
}

/// The dataset whose length is an epoch. It must be named where epochs are counted and several datasets are drawn.
pub fn epoch_dataset(
    board: &Board,
    named: Option<usize>,
    drawn: &BTreeSet<usize>,
    whole: &Whole,
    evaluate: &Evaluate,
    tree: &Item,
) -> Option<usize> {
    let counts = |span: Span| matches!(span, Span::Epochs(_));
    let running = whole.stages.iter().filter(|s| whole.order.contains(&s.name));
    let counted = counts(evaluate.every) || running.clone().any(|s| counts(s.length));
    if named.is_none() && counted && drawn.len() > 1 {
        let word = super::desk::count_word(drawn.len());
        let message = format!("`epoch-of` is needed, {word} datasets are drawn");
        let problem = match tree.get(&["train"]) {
            Some(train) => at_entry(message, train, ""),
            None => Diagnostic::error(message),
        };
        let names: Vec<&str> = drawn.iter().map(|d| board.datasets[*d].name.as_str()).collect();
        board.desk.report(
            problem
                .with_help(format!("write `train.epoch-of = \"{}\"`", names[0]))
                .with_note("drawn", names.join(", ")),
        );
    }
    named.or(drawn.first().copied())
}
