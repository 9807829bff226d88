//! What trackers are told of a study's cells, and their place beside a run.

use super::{Cell, Prepared};
use crate::config::{self, Item, Value};
use crate::graph::{self, plan::Component};
use crate::record::{self, Observer, Status};
use crate::run::RunError;
use crate::track::{self, Ending, Facts, Tracking, Wanted};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The trackers of a cell.
pub struct Tracks<'a> {
    prepared: &'a Prepared,
    cell: &'a Cell,
    /// `runs`.
    runs: &'a Path,
}

impl<'a> Tracks<'a> {
    pub fn new(prepared: &'a Prepared, cell: &'a Cell, runs: &'a Path) -> Self {
        Tracks { prepared, cell, runs }
    }

    /// Runs a cell with its trackers beside.
    pub fn run(
        &self,
        resumed: bool,
        observer: &mut dyn Observer,
        run: impl FnOnce(&mut dyn Observer) -> Result<Status, RunError>,
    ) -> Result<Status, RunError> {
        let mut tracking = Tracking::new(self.wanted(), self.facts(), resumed);
        let result = run(&mut tracking.beside(observer));
        let ending = match &result {
            Ok(_) => Ending::Done,
            // A point that a search stops may go on in a later one.
            Err(RunError::Interrupted { .. } | RunError::Stopped { .. }) => Ending::Interrupted,
            Err(_) => Ending::Failed,
        };
        tracking.finish(ending, observer);
        result
    }

    /// Hands on a cell that was done before, where a tracker lacks some of it.
    pub fn catch_up(&self, observer: &mut dyn Observer) {
        if !self.cell.plan.run.track.is_empty() {
            track::catch_up(self.wanted(), self.facts(), observer);
        }
    }

    fn wanted(&self) -> Vec<Wanted> {
        let wanted = |t: &Component| Wanted { name: t.name.clone(), settings: t.settings.clone() };
        self.cell.plan.run.track.iter().map(wanted).collect()
    }

    fn facts(&self) -> Facts {
        let Tracks { prepared, cell, runs } = self;
        let plan = &cell.plan;
        let values: Vec<(String, String)> = graph::provenance(plan).into_iter().map(|p| (p.key, p.value)).collect();
        let axes = cell.spec.axes.iter().map(|(axis, label, _)| (axis.clone(), label.clone()));
        let variant = cell.spec.variant.iter().map(|variant| ("variant".to_string(), variant.clone()));
        let seed = [("seed".to_string(), plan.run.seed.to_string())];
        let differing = varied(&prepared.places);
        let told = values.iter().filter(|(key, _)| differing.contains(key)).cloned();
        Facts {
            experiment: prepared.experiment.clone(),
            name: name(cell),
            title: cell.spec.title.clone(),
            question: prepared.report.question.clone(),
            hash: plan.hash().to_string(),
            seed: plan.run.seed,
            cell: record::cell_dir(runs, plan.hash()),
            study: runs.join(&prepared.experiment),
            varied: variant.chain(axes).chain(seed).chain(told).collect(),
            values,
        }
    }
}

/// `attention-gate-ratio-0.5-seed-0`, as a file's name.
fn name(cell: &Cell) -> String {
    let axes = cell.spec.axes.iter().map(|(axis, label, _)| format!("{axis}-{label}"));
    let parts = cell.spec.variant.iter().cloned().chain(axes).chain([format!("seed-{}", cell.plan.run.seed)]);
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    parts.map(|part| part.chars().map(plain).collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Keys of the identity whose values are not the same in all cells; where all are (a run without a study), all of them:
/// one experiment's are then told from another's.
fn varied(cells: &[Item]) -> BTreeSet<String> {
    let mut values: BTreeMap<String, (BTreeSet<String>, usize)> = BTreeMap::new();
    const TABLES: [&str; 8] = ["datasets", "nodes", "losses", "updates", "stages", "train", "evaluate", "evaluations"];
    for (cell, table) in cells.iter().flat_map(|cell| TABLES.map(|table| (cell, table))) {
        let Some(item) = cell.get(&[table]) else { continue };
        leaves(item, table, &mut |path, value| {
            let (different, cells) = values.entry(path.into()).or_default();
            different.insert(config::inline(value));
            *cells += 1;
        });
    }
    let differ = |(different, found): &(BTreeSet<String>, usize)| different.len() > 1 || *found < cells.len();
    let differing: BTreeSet<String> = values.iter().filter(|(_, v)| differ(v)).map(|(k, _)| k.clone()).collect();
    if differing.is_empty() { values.into_keys().collect() } else { differing }
}

/// Every value that is no table, with its dotted path.
fn leaves(item: &Item, path: &str, each: &mut impl FnMut(&str, &Item)) {
    match &item.value {
        Value::Table(table) if path.is_empty() || !table.is_empty() => {
            for (key, inner) in table {
                let key = config::key(key);
                leaves(inner, &if path.is_empty() { key } else { format!("{path}.{key}") }, each);
            }
        }
        _ => each(path, item),
    }
}

#[cfg(test)]
mod tests {
    use crate::components::tracker;
    use crate::track;

    #[test]
    fn every_tracker_of_the_registry_is_one_that_runs() {
        let cards: Vec<&str> = tracker::entries().iter().map(|entry| entry.card.name).collect();
        assert_eq!(cards, track::NAMES);
    }
}
