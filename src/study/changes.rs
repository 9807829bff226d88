//! What differs between the cell that stood at a place of a study and the one that stands there now.

use super::identity::{resolved, same_place};
use super::{Cell, Prepared};
use crate::graph;
use crate::record::{self, CellEntry, CellRecord, Cells, Provenance, State};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Parts of a file that are part of a cell's identity.
const SECTIONS: [&str; 9] =
    ["datasets", "nodes", "losses", "updates", "stages", "train", "evaluate", "evaluations", "format"];
const KEYS: [&str; 2] = ["run.seed", "run.precision"];
/// Differences that are told one by one.
const TOLD: usize = 8;

/// A difference between two cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A key of the experiment; `None` where it is not there.
    Key { key: String, before: Option<String>, after: Option<String> },
    /// The numbers of a component.
    Revision { component: String, before: u64, after: u64 },
    /// Files of a dataset, or of weights.
    Data { of: String },
    /// So many more.
    More(usize),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |value: &Option<String>| value.as_deref().unwrap_or("nothing").to_string();
        match self {
            Change::Key { key, before, after } => write!(f, "`{key}`: {} -> {}", said(before), said(after)),
            Change::Revision { component, before, after } => {
                write!(f, "component `{component}`: revision {before} -> {after}")
            }
            Change::Data { of } => write!(f, "data: the files of `{of}` changed"),
            Change::More(n) => write!(f, "and {n} more"),
        }
    }
}

/// What stood at the place of a cell when the study was last begun, if that was another one.
pub fn replaced<'a>(cell: &Cell, before: &'a Cells) -> Option<&'a CellEntry> {
    let now = cell.entry();
    // A cell that went on under another name was not replaced.
    let known = before.cells.iter().any(|c| c.hash == now.hash);
    before.cells.iter().find(|c| same_place(c, &now)).filter(|_| !known)
}

/// What is different now, the file's own keys first; empty where the old cell was never begun.
pub fn changes(cell: &Cell, old: &CellEntry, runs: &Path) -> Vec<Change> {
    let folder = record::cell_dir(runs, &old.hash);
    let Some(form) = resolved(&folder) else { return vec![] };
    let written = CellRecord::read(&folder).map(|r| r.config).unwrap_or_default();
    let mut found = keys(&written, &graph::provenance(&cell.plan));
    if found.is_empty() {
        // Nothing that the file says: a composite, or what a default is.
        found = parts(&without_versions(&form), &without_versions(&cell.plan.canonical().value()));
    }
    let more = found.len().saturating_sub(TOLD);
    found.truncate(TOLD);
    found.extend((more > 0).then_some(Change::More(more)));
    found.extend(versions(&form, &cell.plan.canonical().value()));
    found
}

/// The first unfinished cell of a study that another one has taken the place of, with what changed.
pub fn unfinished_and_changed(prepared: &Prepared, before: &Cells, runs: &Path) -> Option<(String, Vec<Change>)> {
    prepared.cells.iter().find_map(|cell| {
        let old = replaced(cell, before)?;
        let status = record::read_status(&record::cell_dir(runs, &old.hash)).ok()??;
        let changes = if status.state == State::Done { vec![] } else { changes(cell, old, runs) };
        (!changes.is_empty()).then(|| (cell.spec.title.clone(), changes))
    })
}

/// Keys of two lists that have other values.
fn keys(before: &[Provenance], after: &[Provenance]) -> Vec<Change> {
    let of_a_cell = |key: &str| KEYS.contains(&key) || SECTIONS.contains(&key.split('.').next().unwrap_or(key));
    let list = |all: &[Provenance]| -> BTreeMap<String, String> {
        all.iter().filter(|p| of_a_cell(&p.key)).map(|p| (p.key.clone(), p.value.replace('\n', " "))).collect()
    };
    differing(list(before), list(after))
}

fn differing(before: BTreeMap<String, String>, after: BTreeMap<String, String>) -> Vec<Change> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let one = |key: &&String| before.get(*key) != after.get(*key);
    let change = |key: &String| Change::Key {
        key: key.clone(),
        before: before.get(key).cloned(),
        after: after.get(key).cloned(),
    };
    names.into_iter().filter(one).map(change).collect()
}

fn without_versions(form: &Value) -> Value {
    let mut form = form.clone();
    if let Some(map) = form.as_object_mut() {
        map.shift_remove("data");
        map.shift_remove("revisions");
    }
    form
}

/// Dotted paths at which two resolved forms differ.
fn parts(before: &Value, after: &Value) -> Vec<Change> {
    let (mut a, mut b) = (BTreeMap::new(), BTreeMap::new());
    flatten(before, String::new(), &mut a);
    flatten(after, String::new(), &mut b);
    differing(a, b)
}

fn flatten(value: &Value, path: String, into: &mut BTreeMap<String, String>) {
    match value.as_object() {
        Some(map) => map.iter().for_each(|(name, inner)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            flatten(inner, path, into);
        }),
        None => drop(into.insert(path, value.to_string())),
    }
}

/// Revisions and digests that differ.
fn versions(before: &Value, after: &Value) -> Vec<Change> {
    let none = Value::Null;
    let names = |key: &str| {
        let maps = [before, after].map(|form| form.get(key).and_then(Value::as_object));
        let mut names: Vec<String> = maps.into_iter().flatten().flat_map(|map| map.keys().cloned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let at = |form: &Value, key: &str, name: &str| form.get(key).and_then(|map| map.get(name)).unwrap_or(&none).clone();
    let revisions = names("revisions").into_iter().filter_map(|component| {
        let [before, after] = [before, after].map(|form| at(form, "revisions", &component).as_u64().unwrap_or(1));
        (before != after).then_some(Change::Revision { component, before, after })
    });
    let data = names("data").into_iter().filter(|name| at(before, "data", name) != at(after, "data", name));
    revisions.chain(data.map(|of| Change::Data { of })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(lines: &[(&str, &str)]) -> Vec<Provenance> {
        let one = |(key, value): &(&str, &str)| Provenance {
            key: key.to_string(),
            value: value.to_string(),
            origin: String::new(),
        };
        lines.iter().map(one).collect()
    }

    #[test]
    fn changed_keys_are_named_with_both_values_and_cosmetic_ones_are_not() {
        let before =
            written(&[("train.batch", "8"), ("title", "\"a\""), ("run.threads", "1"), ("losses.x.weight", "1.0")]);
        let after = written(&[("train.batch", "4"), ("title", "\"b\""), ("run.seed", "3"), ("losses.x.weight", "1.0")]);
        let said: Vec<String> = keys(&before, &after).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["`run.seed`: nothing -> 3", "`train.batch`: 8 -> 4"]);
    }

    #[test]
    fn revisions_and_data_are_named() {
        let before = json!({"data": {"photos": "a", "masks": "m"}, "revisions": {"loss/l1": 2}});
        let after = json!({"data": {"photos": "b", "masks": "m"}, "revisions": {"loss/l1": 3, "metric/psnr": 2}});
        let said: Vec<String> = versions(&before, &after).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "component `loss/l1`: revision 2 -> 3",
                "component `metric/psnr`: revision 1 -> 2",
                "data: the files of `photos` changed"
            ]
        );
    }
}
