//! What is told while a run goes on.

use super::{EvaluationRecord, Status, Worker};
use serde::{Deserialize, Serialize};

/// What a run tells whoever watches: the terminal, a log, nobody. Events go out; nothing comes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "progress", content = "of", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Progress {
    /// `cell` of `cells` starts (1 of 1 without a study).
    CellStarted {
        title: String,
        seed: u64,
        hash: String,
        cell: usize,
        cells: usize,
    },
    /// A cell with this hash is already done.
    CellReused {
        title: String,
        seed: u64,
        hash: String,
        cell: usize,
        cells: usize,
    },
    /// Another process has a cell; it is looked at again when the others are done.
    CellBusy {
        title: String,
        seed: u64,
        hash: String,
        cell: usize,
        cells: usize,
        worker: Option<Worker>,
    },
    /// A cell that failed before is left alone.
    CellLeft {
        title: String,
        seed: u64,
        hash: String,
        cell: usize,
        cells: usize,
        error: String,
    },
    /// Preparing: rendering a dataset, reading an index. `done` of `of`.
    Preparing {
        what: String,
        done: u64,
        of: u64,
    },
    StageStarted {
        stage: String,
        steps: u64,
        from: u64,
    },
    /// After every step, with what each update minimised in it.
    Step {
        stage: String,
        step: u64,
        of: u64,
        losses: Vec<(String, f64)>,
        seconds: f64,
    },
    EvaluationStarted {
        split: String,
        batches: u64,
    },
    EvaluationBatch {
        done: u64,
        of: u64,
    },
    Evaluated(EvaluationRecord),
    CheckpointWritten {
        total_step: u64,
        best: bool,
    },
    Resumed {
        total_step: u64,
    },
    CellFinished {
        title: String,
        seconds: f64,
        peak_memory_bytes: u64,
        record: Box<Status>,
    },
    /// A cell went as far as it was to go for now.
    CellStopped {
        title: String,
        step: u64,
    },
    CellFailed {
        title: String,
        error: String,
    },
    Note(String),
    /// What one of several cells says that run side by side.
    Within {
        cell: usize,
        cells: usize,
        event: Box<Progress>,
    },
}

/// Someone who watches.
pub trait Observer {
    fn observe(&mut self, progress: &Progress);
}
