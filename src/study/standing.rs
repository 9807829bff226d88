//! How the cells of a study stand, from their status files and locks alone: many thousands in the blink of an eye.

use crate::config;
use crate::record::{self, CellEntry, Cells, Claim, State, Status, Worker};
use rayon::prelude::*;
use std::path::Path;

/// How a cell stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Never begun.
    Missing,
    Done,
    /// A process works on it now.
    Running(Option<Worker>),
    /// Stopped, or its process died; it goes on from its last checkpoint.
    Unfinished,
    /// A search let it go no further.
    Stopped,
    Failed(String),
    /// Its folder is of a newer program, or its status is damaged.
    Unreadable(String),
}

/// A cell of a study as it is on disk.
#[derive(Clone, Debug)]
pub struct Stands {
    pub entry: CellEntry,
    pub standing: Standing,
    /// What it says of itself, where it was begun: steps, seconds, metrics.
    pub status: Option<Status>,
}

/// All cells of an index, in its order.
pub fn standings(index: &Cells, runs: &Path) -> Vec<Stands> {
    config::on_all_cores(|| index.cells.par_iter().map(|entry| stands(entry, runs)).collect())
}

fn stands(entry: &CellEntry, runs: &Path) -> Stands {
    let folder = record::cell_dir(runs, &entry.hash);
    let (standing, status) = match record::read_status(&folder) {
        Ok(status) => (standing(status.as_ref(), &folder), status),
        Err(error) => (Standing::Unreadable(error.to_string()), None),
    };
    Stands { entry: entry.clone(), standing, status }
}

fn standing(status: Option<&Status>, folder: &Path) -> Standing {
    match status {
        Some(status) if status.state == State::Done => Standing::Done,
        // Whoever holds the lock and has not written yet is at the very beginning.
        other if Claim::is_held(folder) => Standing::Running(other.and_then(|s| s.worker.clone())),
        None => Standing::Missing,
        Some(status) => match status.state {
            State::Stopped => Standing::Stopped,
            State::Failed => Standing::Failed(status.error.clone().unwrap_or_default()),
            _ => Standing::Unfinished,
        },
    }
}

/// Seconds that the cells which are not done still take, one after the other, by what the finished ones took: those of the
/// same variant and axes where there are any. `None` where none is finished, or nothing is left.
pub fn seconds_left(cells: &[Stands]) -> Option<f64> {
    let finished = |like: Option<&CellEntry>| {
        let alike = |c: &&Stands| like.is_none_or(|e| (&e.variant, &e.axes) == (&c.entry.variant, &c.entry.axes));
        let done = cells.iter().filter(|c| c.standing == Standing::Done).filter(alike);
        let seconds: Vec<f64> = done.filter_map(|c| Some(c.status.as_ref()?.seconds)).collect();
        (!seconds.is_empty()).then(|| seconds.iter().sum::<f64>() / seconds.len() as f64)
    };
    let all = finished(None)?;
    let open = |c: &&Stands| matches!(c.standing, Standing::Missing | Standing::Running(_) | Standing::Unfinished);
    let left: Vec<f64> = cells
        .iter()
        .filter(open)
        .map(|c| finished(Some(&c.entry)).unwrap_or(all) * (1.0 - share_done(c.status.as_ref())))
        .collect();
    (!left.is_empty()).then(|| left.iter().sum())
}

fn share_done(status: Option<&Status>) -> f64 {
    let steps = status.filter(|s| s.planned_steps > 0).map(|s| s.total_steps as f64 / s.planned_steps as f64);
    steps.unwrap_or(0.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(variant: &str, standing: Standing, seconds: f64, steps: (u64, u64)) -> Stands {
        let status = Status { seconds, total_steps: steps.0, planned_steps: steps.1, ..Default::default() };
        Stands { entry: CellEntry { variant: variant.into(), ..Default::default() }, standing, status: Some(status) }
    }

    #[test]
    fn time_left_is_that_of_the_same_variant_less_what_is_done() {
        let mut cells = vec![cell("a", Standing::Unfinished, 3.0, (30, 40))];
        assert_eq!(seconds_left(&cells), None);
        cells.push(cell("a", Standing::Done, 8.0, (40, 40)));
        cells.push(cell("b", Standing::Done, 20.0, (40, 40)));
        cells.push(cell("c", Standing::Missing, 0.0, (0, 0)));
        cells.push(cell("b", Standing::Failed("x".into()), 0.0, (1, 40)));
        // A quarter of 8, and the mean of 8 and 20.
        assert_eq!(seconds_left(&cells), Some(2.0 + 14.0));
    }
}
