//! `status.json`: the state of a cell, in one file that is replaced whole; with `values.json`, what its page needs besides.

use super::read::{json, of_our_format};
use super::write::write_atomic;
use super::{Column, FORMAT, Group, RecordError, Summary, Worker, first_format};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Where a cell is, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    /// Layout of the cell's folder.
    #[serde(default = "first_format")]
    pub format: u32,
    pub state: State,
    pub experiment: String,
    pub variant: String,
    pub seed: u64,
    pub hash: String,
    pub error: Option<String>,
    pub seconds: f64,
    pub peak_memory_bytes: u64,
    /// Steps done: of an unfinished cell those of its last checkpoint.
    pub total_steps: u64,
    /// Steps of all stages; 0 where no run got so far as to know.
    #[serde(default)]
    pub planned_steps: u64,
    /// Who wrote this, while the cell is running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<Worker>,
    /// Step of the checkpoint that the test numbers are of.
    pub selected_step: Option<u64>,
    pub columns: Vec<Column>,
    /// Test values by column, baselines by row name.
    pub test: BTreeMap<String, Summary>,
    pub baselines: BTreeMap<String, BTreeMap<String, Summary>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Someone works on it as long as the cell's lock is held; else whoever did has died.
    #[default]
    Running,
    Interrupted,
    /// A search let it go no further; it can go on.
    Stopped,
    Failed,
    Done,
}

/// `values.json`: by column what `status.json` leaves out; baselines by row name.
#[derive(Default, Serialize, Deserialize)]
struct Values {
    test: BTreeMap<String, Detail>,
    baselines: BTreeMap<String, BTreeMap<String, Detail>>,
}

#[derive(Default, Serialize, Deserialize)]
struct Detail {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<Option<f64>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group>,
}

type Summaries = BTreeMap<String, Summary>;

/// Takes the details out of some summaries.
fn split(summaries: &mut Summaries) -> BTreeMap<String, Detail> {
    let detailed = summaries.iter_mut().filter(|(_, s)| !s.values.is_empty() || !s.groups.is_empty());
    let take =
        |s: &mut Summary| Detail { values: std::mem::take(&mut s.values), groups: std::mem::take(&mut s.groups) };
    detailed.map(|(name, summary)| (name.clone(), take(summary))).collect()
}

fn join(summaries: &mut Summaries, mut details: BTreeMap<String, Detail>) {
    for (name, summary) in summaries {
        if let Some(detail) = details.remove(name) {
            (summary.values, summary.groups) = (detail.values, detail.groups);
        }
    }
}

/// Writes the state of a cell into its folder: `values.json` first, so that a state that speaks of results has them.
pub fn write_status(cell: &Path, status: &Status) -> Result<(), RecordError> {
    let mut small = Status { format: FORMAT, ..status.clone() };
    let test = split(&mut small.test);
    let baselines = small.baselines.iter_mut().map(|(row, of)| (row.clone(), split(of))).collect();
    if !test.is_empty() {
        write_small(&cell.join("values.json"), &Values { test, baselines })?;
    }
    write_small(&cell.join("status.json"), &small)
}

/// As JSON without spaces: read often, by the thousand.
fn write_small<T: Serialize>(path: &Path, value: &T) -> Result<(), RecordError> {
    let mut text = serde_json::to_vec(value).map_err(|e| RecordError::json(path, 0, e))?;
    text.push(b'\n');
    write_atomic(path, &text)
}

/// The state of a cell as its small file has it, without the values of single samples; `None`: never begun.
///
/// # Errors
/// A newer format; a file that cannot be read or is none of ours.
pub fn read_status(cell: &Path) -> Result<Option<Status>, RecordError> {
    of_our_format(&cell.join("status.json"), |s: &Status| s.format)
}

/// The state of a cell with all that its page needs.
pub(super) fn read_whole(cell: &Path) -> Result<Option<Status>, RecordError> {
    let Some(mut status) = read_status(cell)? else { return Ok(None) };
    if status.state == State::Done && status.format > 1 {
        let Values { test, mut baselines } = json(&cell.join("values.json"))?.unwrap_or_default();
        join(&mut status.test, test);
        for (row, of) in &mut status.baselines {
            join(of, baselines.remove(row).unwrap_or_default());
        }
    }
    Ok(Some(status))
}
