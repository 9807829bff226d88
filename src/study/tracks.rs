//! What trackers are told of a study's cells, and their place beside a run.

use super::{Cell, Prepared};
use crate::graph::plan::Plan;
use crate::record::{self, Observer, Status};
use crate::run::RunError;
use crate::track::{self, Ending, Facts, Tracking, Wanted};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The trackers of a study.
pub struct Tracks {
    experiment: String,
    question: String,
    /// `runs/<experiment>` and `runs`.
    study: PathBuf,
    runs: PathBuf,
    /// Keys that tell the cells apart.
    varied: BTreeSet<String>,
}

impl Tracks {
    pub fn new(prepared: &Prepared, study: &Path, runs: &Path) -> Self {
        Tracks {
            experiment: prepared.experiment.clone(),
            question: prepared.report.question.clone(),
            study: study.into(),
            runs: runs.into(),
            varied: varied(&prepared.cells.iter().map(|c| &c.plan).collect::<Vec<_>>()),
        }
    }

    /// Runs a cell with its trackers beside.
    pub fn run(
        &self,
        cell: &Cell,
        resumed: bool,
        observer: &mut dyn Observer,
        run: impl FnOnce(&mut dyn Observer) -> Result<Status, RunError>,
    ) -> Result<Status, RunError> {
        let mut tracking = Tracking::new(wanted(&cell.plan), self.facts(cell), resumed);
        let result = run(&mut tracking.beside(observer));
        let ending = match &result {
            Ok(_) => Ending::Done,
            Err(RunError::Interrupted { .. }) => Ending::Interrupted,
            Err(_) => Ending::Failed,
        };
        tracking.finish(ending, observer);
        result
    }

    /// Hands on a cell that was done before, where a tracker lacks some of it.
    pub fn catch_up(&self, cell: &Cell, observer: &mut dyn Observer) {
        if !cell.plan.run.track.is_empty() {
            track::catch_up(wanted(&cell.plan), self.facts(cell), observer);
        }
    }

    fn facts(&self, cell: &Cell) -> Facts {
        let plan = &cell.plan;
        let values: Vec<(String, String)> = plan.provenance.iter().map(|p| (p.key.clone(), p.value.clone())).collect();
        let axes = cell.spec.axes.iter().map(|(axis, label, _)| (axis.clone(), label.clone()));
        let variant = cell.spec.variant.iter().map(|variant| ("variant".to_string(), variant.clone()));
        let seed = [("seed".to_string(), plan.run.seed.to_string())];
        let told = values.iter().filter(|(key, _)| self.varied.contains(key)).cloned();
        Facts {
            experiment: self.experiment.clone(),
            name: name(cell),
            title: cell.spec.title.clone(),
            question: self.question.clone(),
            hash: plan.hash.clone(),
            seed: plan.run.seed,
            cell: record::cell_dir(&self.runs, &plan.hash),
            study: self.study.clone(),
            varied: variant.chain(axes).chain(seed).chain(told).collect(),
            values,
        }
    }
}

fn wanted(plan: &Plan) -> Vec<Wanted> {
    plan.run.track.iter().map(|t| Wanted { name: t.name.clone(), settings: t.settings.clone() }).collect()
}

/// `attention-gate-ratio-0.5-seed-0`, as a file's name.
fn name(cell: &Cell) -> String {
    let axes = cell.spec.axes.iter().map(|(axis, label, _)| format!("{axis}-{label}"));
    let parts = cell.spec.variant.iter().cloned().chain(axes).chain([format!("seed-{}", cell.plan.run.seed)]);
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    parts.map(|part| part.chars().map(plain).collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Keys of the identity whose values are not the same in all cells; where all are (a run without a study), the values
/// that were written: one experiment's are then told from another's.
fn varied(plans: &[&Plan]) -> BTreeSet<String> {
    const TABLES: [&str; 8] =
        ["datasets", "nodes", "losses", "updates", "stages", "train", "evaluate", "evaluations"];
    let own = |key: &str| TABLES.contains(&key.split('.').next().unwrap_or_default());
    let mut values: BTreeMap<&str, (BTreeSet<&str>, usize)> = BTreeMap::new();
    for value in plans.iter().flat_map(|plan| &plan.provenance) {
        let (different, cells) = values.entry(&value.key).or_default();
        different.insert(&value.value);
        *cells += 1;
    }
    let differ = |(different, cells): &(BTreeSet<&str>, usize)| different.len() > 1 || *cells < plans.len();
    let chosen = |all: bool| -> BTreeSet<String> {
        let keys = values.iter().filter(|(key, found)| own(key) && (all || differ(found)));
        keys.map(|(key, _)| key.to_string()).collect()
    };
    let differing = chosen(false);
    if differing.is_empty() { chosen(true) } else { differing }
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
