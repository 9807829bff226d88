//! One cell: who has it, what came of it before, and running it.

use super::carry_out::{Failed, Options};
use super::tracks::Tracks;
use super::{Cell, Prepared, search};
use crate::graph::view;
use crate::record::{self, Claim, Observer, Progress, RecordError, State, Status, Worker};
use crate::run::{self, RunError, Stop};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What became of a cell that was looked at.
#[derive(Debug)]
pub enum Met {
    /// Finished, now or before.
    Done,
    /// Did not have to be looked at.
    Passed,
    Failed(String),
    /// Another process has it.
    Busy(Option<Worker>),
    Interrupted(String),
}

/// A cell among all those of a study.
pub struct Desk<'a> {
    pub cell: &'a Cell,
    /// From 1.
    pub number: usize,
    pub cells: usize,
    pub runs: &'a Path,
    pub folder: PathBuf,
    pub options: &'a Options<'a>,
    pub prepared: &'a Prepared,
    /// Another process had it when it was first looked at.
    pub waited: bool,
    /// How far the cell is to go, if not to its end.
    pub stop: Option<&'a Stop>,
}

impl<'a> Desk<'a> {
    pub fn new(
        prepared: &'a Prepared,
        index: usize,
        (number, cells): (usize, usize),
        runs: &'a Path,
        options: &'a Options<'a>,
    ) -> Self {
        let cell = &prepared.cells[index];
        let folder = record::cell_dir(runs, cell.plan.hash());
        Desk { cell, number, cells, runs, folder, options, prepared, waited: false, stop: None }
    }

    /// What is known before anyone has it: nothing to do for a finished one, or for one that failed and is left.
    pub fn before(&self, observer: &mut dyn Observer) -> Option<Met> {
        match record::read_status(&self.folder) {
            // Nothing in the folder of a newer program is touched.
            Err(error @ RecordError::Newer { .. }) => Some(self.failed(error.to_string(), observer)),
            Ok(status) => self.settled(status.as_ref(), observer),
            Err(_) => None,
        }
    }

    fn settled(&self, status: Option<&Status>, observer: &mut dyn Observer) -> Option<Met> {
        let state = status.map(|s| s.state);
        let (title, seed, hash) = self.names();
        let (cell, cells) = (self.number, self.cells);
        match (state, self.options.failed) {
            (Some(State::Failed), Failed::Leave) => {}
            // Whoever had it has just tried.
            (Some(State::Failed), _) if self.waited => {}
            (Some(State::Failed), _) => return None,
            (Some(_), _) if self.stop.is_some_and(|stop| self.came_to(stop)) => return Some(Met::Passed),
            (_, Failed::Only) => return Some(Met::Passed),
            (Some(State::Done), _) if self.shows_all() => {
                observer.observe(&Progress::CellReused { title, seed, hash, cell, cells });
                Tracks::new(self.prepared, self.cell, self.runs).catch_up(observer);
                return Some(Met::Done);
            }
            _ => return None,
        }
        let error = status.and_then(|s| s.error.clone()).unwrap_or_default();
        observer.observe(&Progress::CellLeft { title, seed, hash, cell, cells, error: error.clone() });
        Some(Met::Failed(error))
    }

    /// Has the cell, looks at it once more, and runs it if that is left to do.
    pub fn carry_out(&self, observer: &mut dyn Observer) -> Met {
        if let Some(met) = self.before(observer) {
            return met;
        }
        let claim = match Claim::take(&self.folder) {
            Ok(Some(claim)) => claim,
            Ok(None) => return Met::Busy(self.worker()),
            Err(error) => return self.failed(error.to_string(), observer),
        };
        if !claim.excludes() {
            let text = "the file system of the runs has no locks: let one process at a time work there";
            observer.observe(&Progress::Note(text.into()));
        }
        // It may have been finished between the look and the lock.
        if let Some(met) = self.before(observer) {
            return met;
        }
        let (title, seed, hash) = self.names();
        observer.observe(&Progress::CellStarted {
            title: title.clone(),
            seed,
            hash,
            cell: self.number,
            cells: self.cells,
        });
        match self.run(observer) {
            Ok(status) => {
                let (seconds, peak_memory_bytes) = (status.seconds, status.peak_bytes());
                observer.observe(&Progress::CellFinished {
                    title,
                    seconds,
                    peak_memory_bytes,
                    record: Box::new(status),
                });
                Met::Done
            }
            Err(RunError::Stopped { step }) => {
                observer.observe(&Progress::CellStopped { title, step });
                Met::Passed
            }
            Err(error @ RunError::Interrupted { .. }) => Met::Interrupted(error.to_string()),
            Err(error) => self.failed(error.to_string(), observer),
        }
    }

    fn run(&self, observer: &mut dyn Observer) -> Result<Status, RunError> {
        let before = record::read_status(&self.folder);
        let state = before.as_ref().ok().and_then(|s| s.as_ref()).map(|s| s.state);
        if let Err(error) = &before {
            observer.observe(&Progress::Note(format!("{error}; it goes on from its last checkpoint")));
        }
        // A finished one lacks but pictures; one that was waited for was left by a process that ended.
        let stopped = state == Some(State::Stopped);
        let resume = stopped || self.options.resume || self.waited || before.is_err() || state == Some(State::Done);
        match state {
            Some(State::Done) => {
                observer
                    .observe(&Progress::Note("the pictures of this page are drawn from its last checkpoint".into()));
            }
            Some(_) if !resume => {
                let text = "an unfinished run is started over; `--resume` would go on with it";
                observer.observe(&Progress::Note(text.into()));
            }
            _ => {}
        }
        let summary = view::summary(&self.cell.plan);
        let given = run::Options {
            runs: self.runs,
            cache: &self.runs.join("cache"),
            resume,
            interrupt: self.options.interrupt,
            stop: self.stop,
            command: self.options.command,
            summary: &summary,
            crew: self.options.crew,
        };
        let tracks = Tracks::new(self.prepared, self.cell, self.runs);
        tracks.run(resume, observer, |watch| run::run_where(&self.cell.plan, &given, watch))
    }

    /// Whether the records reach to where the cell is to stop.
    fn came_to(&self, stop: &Stop) -> bool {
        search::judged(&self.folder, stop, true).is_some()
    }

    /// The command of the cell's own process, told how far it is to go.
    pub fn limited(&self, mut command: Command) -> Command {
        if let Some(Stop { share, column }) = self.stop {
            command.args(["--share", &share.to_string(), "--judged-by", column]);
        }
        command
    }

    pub fn failed(&self, error: String, observer: &mut dyn Observer) -> Met {
        observer.observe(&Progress::CellFailed { title: self.cell.spec.title.clone(), error: error.clone() });
        Met::Failed(error)
    }

    /// Says that another process has the cell.
    pub fn busy(&self, worker: Option<Worker>, observer: &mut dyn Observer) {
        let (title, seed, hash) = self.names();
        observer.observe(&Progress::CellBusy { title, seed, hash, cell: self.number, cells: self.cells, worker });
    }

    /// Who has the cell, as far as it said so.
    pub fn worker(&self) -> Option<Worker> {
        record::read_status(&self.folder).ok().flatten()?.worker
    }

    fn names(&self) -> (String, u64, String) {
        (self.cell.spec.title.clone(), self.cell.plan.run.seed, self.cell.plan.hash().to_string())
    }

    /// Whether a finished cell has the pictures that this page shows (another page may have shown others).
    fn shows_all(&self) -> bool {
        let path = self.folder.join("samples").join("index.json");
        let index: Option<record::SampleIndex> =
            std::fs::read_to_string(path).ok().and_then(|text| serde_json::from_str(&text).ok());
        self.cell.plan.shown.iter().filter(|s| s.wires.iter().any(|(_, v)| v.is_some())).all(|shown| {
            let rows = index.as_ref().and_then(|i| i.figures.get(&shown.figure)).and_then(|rows| rows.first());
            rows.is_some_and(|row| row.tiles.iter().map(|t| &t.wire).eq(shown.wires.iter().map(|(w, _)| w)))
        })
    }
}
