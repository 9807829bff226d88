//! What is told while a run goes on.

use super::{EvaluationRecord, Status};

/// What a run tells whoever watches: the terminal, a log, nobody. Events go out; nothing comes back.
#[derive(Clone, Debug, PartialEq)]
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
    CellFailed {
        title: String,
        error: String,
    },
    Note(String),
}

/// Someone who watches.
pub trait Observer {
    fn observe(&mut self, progress: &Progress);
}
