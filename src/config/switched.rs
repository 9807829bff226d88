//! What is switched off must exist: an entry of which nothing is said but `enabled = false` is a misspelt name.

use super::tree::{Item, Value};
use crate::diagnostic::{Diagnostic, nearest};

const FAMILIES: [(&[&str], &str); 8] = [
    (&["datasets"], "dataset"),
    (&["nodes"], "node"),
    (&["losses"], "loss"),
    (&["updates"], "update"),
    (&["stages"], "stage"),
    (&["evaluations"], "evaluation"),
    (&["report", "tables"], "table"),
    (&["report", "figures"], "figure"),
];

/// To be asked of whole experiments only: a partial file may switch off what another brings.
pub fn check_switches(tree: &Item) -> Vec<Diagnostic> {
    FAMILIES.iter().flat_map(|(path, kind)| family(tree, path, kind)).collect()
}

fn family(tree: &Item, path: &[&str], kind: &str) -> Vec<Diagnostic> {
    let Some(entries) = tree.get(path).and_then(Item::as_table) else { return vec![] };
    let (ghosts, known): (Vec<_>, Vec<_>) = entries.iter().partition(|(_, item)| is_ghost(item));
    let known: Vec<&str> = known.into_iter().map(|(name, _)| name.as_str()).collect();
    let problem = |(name, item): (&String, &Item)| {
        let near = nearest(name, known.iter().copied()).map(|near| format!(", did you mean `{near}`"));
        let near = near.unwrap_or_default();
        let problem = Diagnostic::error(format!("what is switched off must exist: no {kind} `{name}`{near}"));
        let problem = item.entry_place().iter().fold(problem, |problem, place| problem.at(place, ""));
        problem.with_note("known", if known.is_empty() { "none".to_string() } else { known.join(", ") })
    };
    ghosts.into_iter().map(problem).collect()
}

fn is_ghost(item: &Item) -> bool {
    let Some(table) = item.as_table() else { return false };
    table.len() == 1 && table.get("enabled").is_some_and(|item| item.value == Value::Boolean(false))
}
