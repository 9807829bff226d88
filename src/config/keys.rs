//! The keys at the top of an experiment, and what is said of one that there is not.

use super::tree::{Item, Table, Value};
use crate::diagnostic::{Diagnostic, nearest, one_edit, or_list};

/// Keys at the top of an experiment file (language.md, section 3).
pub const TOP_KEYS: [&str; 20] = [
    "format",
    "title",
    "question",
    "paper",
    "partial",
    "extends",
    "registry",
    "settings",
    "datasets",
    "nodes",
    "losses",
    "updates",
    "stages",
    "evaluations",
    "train",
    "evaluate",
    "predict",
    "report",
    "study",
    "run",
];

/// "unknown key `lenght`", with what would be known.
pub fn unknown_key(kind: &str, key: &str, value: &Item, known: &[&str]) -> Diagnostic {
    let label = if known.len() <= 12 { format!("expected {}", or_list(known)) } else { String::new() };
    let mut problem = Diagnostic::error(format!("unknown {kind} `{key}`"));
    if let Some(place) = value.key_place() {
        problem = problem.at(place, label);
    }
    if known.len() > 12 {
        problem = problem.with_note("known", known.join(", "));
    }
    match nearest(key, known.iter().copied()) {
        Some(near) => problem.with_help(format!("a {kind} with a similar name exists: `{near}`")),
        None => problem,
    }
}

/// Every key of a table that is not at the top of an experiment.
pub(super) fn unknown_at_top(table: &Table) -> impl Iterator<Item = Diagnostic> {
    let unknown = table.iter().filter(|(key, _)| !TOP_KEYS.contains(&key.as_str()));
    unknown.map(|(key, value)| unknown_key("key", key, value, &TOP_KEYS))
}

/// Settings that no layer uses while another has nearly their name: a misspelt one was meant to change the other.
pub(super) fn misspelt_settings(sheets: &[&Item]) -> Vec<Diagnostic> {
    let mut written: Vec<(&String, &Item)> = vec![];
    let mut used = vec![];
    for sheet in sheets {
        written.extend(sheet.get(&["settings"]).and_then(Item::as_table).into_iter().flatten());
        uses(sheet, &mut used);
    }
    let is_used = |name: &str| used.contains(&name);
    let mut problems: Vec<Diagnostic> = vec![];
    for (name, item) in written.iter().filter(|(name, _)| !is_used(name)) {
        let near = |other: &&str| is_used(other) && one_edit(name, other);
        let Some(near) = written.iter().map(|(other, _)| other.as_str()).find(near) else { continue };
        let problem = Diagnostic::error(format!("setting `{name}` is unused"));
        let problem = item.entry_place().iter().fold(problem, |p, place| p.at(place, "no `$` names it"));
        let problem = problem.with_help(format!("a setting with a similar name exists: `{near}`"));
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

/// The names of all `"$name"` of a tree.
fn uses<'i>(item: &'i Item, found: &mut Vec<&'i str>) {
    match &item.value {
        Value::Text(text) => found.extend(text.strip_prefix('$')),
        Value::Array(items) => items.iter().for_each(|inner| uses(inner, found)),
        Value::Table(table) => table.values().for_each(|inner| uses(inner, found)),
        _ => {}
    }
}
