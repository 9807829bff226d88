//! `status.json`: the state of a cell, in one small file that is replaced whole; with `results.json`, what the page of a
//! finished one needs besides.

use super::read::{json, of_our_format};
use super::write::write_atomic;
use super::{Column, FORMAT, Group, RecordError, Summary, Worker, first_format};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Where a cell is, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// The most held on the GPU; 0 where none was computed on.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub peak_device_bytes: u64,
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
    /// Test values by column, baselines by row name.
    pub test: Summaries,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baselines: BTreeMap<String, Summaries>,
}

type Summaries = BTreeMap<String, Summary>;

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Status {
    /// Peak of the memory that the networks were in: the GPU's where there was one.
    pub fn peak_bytes(&self) -> u64 {
        if self.peak_device_bytes > 0 { self.peak_device_bytes } else { self.peak_memory_bytes }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

/// `results.json`: what `status.json` of a finished cell leaves out.
#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Results {
    columns: Vec<Column>,
    test: BTreeMap<String, Detail>,
    baselines: BTreeMap<String, Summaries>,
}

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Detail {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<Option<f64>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group>,
}

/// Takes out of a status what only the page needs: it leaves the means.
fn split(status: &mut Status) -> Results {
    let detailed = status.test.iter_mut().filter(|(_, s)| !s.values.is_empty() || !s.groups.is_empty());
    let take =
        |s: &mut Summary| Detail { values: std::mem::take(&mut s.values), groups: std::mem::take(&mut s.groups) };
    let test = detailed.map(|(name, summary)| (name.clone(), take(summary))).collect();
    Results { columns: std::mem::take(&mut status.columns), test, baselines: std::mem::take(&mut status.baselines) }
}

fn join(status: &mut Status, results: Results) {
    let Results { columns, mut test, baselines } = results;
    (status.columns, status.baselines) = (columns, baselines);
    for (name, summary) in &mut status.test {
        if let Some(detail) = test.remove(name) {
            (summary.values, summary.groups) = (detail.values, detail.groups);
        }
    }
}

/// Writes the state of a cell into its folder: the results first, so that a state that speaks of them has them.
pub fn write_status(cell: &Path, status: &Status) -> Result<(), RecordError> {
    let mut small = Status { format: FORMAT, ..status.clone() };
    if small.state == State::Done {
        let results = split(&mut small);
        write_small(&cell.join("results.json"), &results)?;
    }
    write_small(&cell.join("status.json"), &small)
}

/// As JSON without spaces: read often, by the thousand.
fn write_small<T: Serialize>(path: &Path, value: &T) -> Result<(), RecordError> {
    let mut text = serde_json::to_vec(value).map_err(|e| RecordError::json(path, 0, e))?;
    text.push(b'\n');
    write_atomic(path, &text)
}

/// The state of a cell as its small file has it: of a finished one the test means, and no more; `None`: never begun.
///
/// # Errors
/// A newer format; a file that cannot be read or is none of ours.
pub fn read_status(cell: &Path) -> Result<Option<Status>, RecordError> {
    of_our_format(&cell.join("status.json"), |s: &Status| s.format)
}

/// The state of a cell with all that its page needs.
pub(super) fn read_whole(cell: &Path) -> Result<Option<Status>, RecordError> {
    let Some(mut status) = read_status(cell)? else { return Ok(None) };
    // Before format 2 all was in one file.
    if let (State::Done, 2..) = (status.state, status.format) {
        join(&mut status, json(&cell.join("results.json"))?.unwrap_or_default());
    }
    Ok(Some(status))
}
