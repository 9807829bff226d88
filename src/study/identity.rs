//! The last part of a cell's identity: what its data are, its files of weights and its models of faces. Looked at only where cells are run or looked for.

use super::{Cell, Prepared};
use crate::graph::plan::{Canonical, Identity, Plan, Weights};
use crate::record::{self, CellEntry};
use crate::run::{self, Contents, RunError};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// Adds to every cell's identity what its data, files of weights and models of faces are; each is read once, and later only asked
/// whether it changed. A cell whose data are not there is the one that `cells.json` knows under its name, if it is that in
/// all else.
///
/// # Errors
/// A file that is there and cannot be read.
pub fn settle(prepared: &mut Prepared, out: Option<&Path>) -> Result<(), RunError> {
    let runs = prepared.runs(out);
    let folder = runs.join(&prepared.experiment);
    let mut seen: HashMap<String, Contents> = HashMap::new();
    for cell in &mut prepared.cells {
        let key = files(&cell.plan);
        let contents = match seen.get(&key) {
            Some(contents) => contents.clone(),
            None => {
                let contents = run::contents(&cell.plan, &runs.join("cache"))?;
                seen.entry(key).or_insert(contents).clone()
            }
        };
        if contents.missing.is_empty() {
            cell.plan.add_data(contents.digests);
        } else if let Some(entry) = known(cell, &folder, &runs) {
            let form = resolved(&record::cell_dir(&runs, &entry.hash)).unwrap_or_default();
            cell.plan.identity = Identity::known(Canonical::of(&form), entry.hash);
        }
    }
    Ok(())
}

/// What `contents` looks at.
fn files(plan: &Plan) -> String {
    let weights = plan.networks.iter().map(|n| (&n.node, &n.weights));
    let weights: Vec<_> = weights.filter(|(_, w)| matches!(w, Weights::File { .. })).collect();
    let datasets: Vec<_> = plan.datasets.iter().map(|d| (&d.name, &d.component, &d.base)).collect();
    format!("{datasets:?} {weights:?} {:?}", run::models(plan))
}

/// The resolved form that a cell was begun with.
pub fn resolved(cell: &Path) -> Option<Value> {
    serde_json::from_str(&std::fs::read_to_string(cell.join("resolved.json")).ok()?).ok()
}

/// A cell that was begun may know its data where they are gone now.
fn known(cell: &Cell, folder: &Path, runs: &Path) -> Option<CellEntry> {
    let before = record::read_cells(folder).ok()??;
    let wanted = cell.entry();
    let entry = before.cells.into_iter().find(|c| same_place(c, &wanted))?;
    let mut form = resolved(&record::cell_dir(runs, &entry.hash))?;
    form.as_object_mut()?.shift_remove("data");
    (Canonical::of(&form) == *cell.plan.canonical()).then_some(entry)
}

/// Whether two entries are of one place of a study, whatever runs there.
pub fn same_place(a: &CellEntry, b: &CellEntry) -> bool {
    (&a.variant, &a.axes, a.seed) == (&b.variant, &b.axes, b.seed)
}

/// Gives a plan the data that a cell was begun with: for a cell that is found by its folder.
pub fn with_data_of(plan: &mut Plan, cell: &Path) {
    let data = resolved(cell).and_then(|form| form.get("data").cloned());
    let digests = data.and_then(|data| serde_json::from_value(data).ok()).unwrap_or_default();
    plan.add_data(digests);
}
