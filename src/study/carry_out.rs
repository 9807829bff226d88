//! Running the cells of a prepared file. A finished cell is reused; the failure of one does not stop the others; one that
//! another process has is passed over and looked at again at the end.

use super::Prepared;
use super::changes::{Change, unfinished_and_changed};
use super::one::{Desk, Met};
use super::search;
use super::side_by_side::{self, Jobs};
use crate::graph::plan::Plan;
use crate::record::{self, Observer, Progress, RecordError};
use crate::run::{Crew, Stop};
use crate::tensor::device::{self, Choice, Device};
use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Between two looks at a cell that another process has.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// How the cells are run.
pub struct Options<'a> {
    /// Unfinished cells go on from their last checkpoint; else they start over.
    pub resume: bool,
    /// An unfinished cell whose configuration changed is refused, not left for the changed one.
    pub unchanged: bool,
    pub failed: Failed,
    /// Nothing is begun after the first failure.
    pub fail_fast: bool,
    pub interrupt: &'a AtomicBool,
    /// As typed, for the record.
    pub command: &'a str,
    /// `--out`, in the place of `run.out`.
    pub out: Option<&'a Path>,
    /// Cells side by side, each in a process of its own.
    pub jobs: Option<Jobs<'a>>,
    /// The processes that share each batch with this one.
    pub crew: Option<&'a Crew<'a>>,
}

impl<'a> Options<'a> {
    /// One cell after the other, everything that is not done.
    pub fn new(interrupt: &'a AtomicBool, command: &'a str) -> Self {
        Options {
            resume: false,
            unchanged: false,
            failed: Failed::Again,
            fail_fast: false,
            interrupt,
            command,
            out: None,
            jobs: None,
            crew: None,
        }
    }

    pub(super) fn interrupted(&self) -> bool {
        self.interrupt.load(Ordering::SeqCst)
    }
}

/// What is done with a cell that failed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It is tried again.
    Again,
    /// It stays as it is, and is named.
    Leave,
    /// It is tried again, and no other cell is.
    Only,
}

/// What is left when all cells were seen.
pub struct Finished {
    /// `runs/<experiment>`.
    pub folder: PathBuf,
    pub runs: PathBuf,
    /// Title and error of the cells that failed, now or before.
    pub failed: Vec<(String, String)>,
    /// Cells that were not begun, after a failure with `fail_fast`.
    pub left: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    #[error("{title}: the configuration changed since the run that `--resume` would go on with: {}; run without \
             `--resume` to start the changed one", list(.changes))]
    Changed { title: String, changes: Vec<Change> },
    #[error("`{key}` cannot be `{value}` here: {reason}")]
    Machine { key: &'static str, value: String, reason: String },
    #[error("{} holds the study of {before}, and this is {now}: rename the file, or give it a folder of its own with \
             `--out DIR`", .folder.display())]
    Taken { folder: PathBuf, before: String, now: String },
    #[error("{0}")]
    Interrupted(String),
    #[error(transparent)]
    Record(#[from] RecordError),
}

fn list(changes: &[Change]) -> String {
    changes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Runs every cell that is not done. The cells are as [`settle`](super::settle) left them.
pub fn carry_out(
    prepared: &Prepared,
    options: &Options<'_>,
    observer: &mut dyn Observer,
) -> Result<Finished, StudyError> {
    let mut notes = BTreeSet::new();
    for cell in &prepared.cells {
        notes.extend(on_this_machine(&cell.plan)?);
    }
    notes.into_iter().for_each(|note| observer.observe(&Progress::Note(note)));
    let runs = prepared.runs(options.out);
    let folder = runs.join(&prepared.experiment);
    enter(prepared, options, &folder, &runs)?;
    let (failed, left) = match &prepared.search {
        Some(search) => search::carry_out(prepared, search, options, (&folder, &runs), observer)?,
        None => {
            let all = (0..prepared.cells.len()).collect();
            drain(Queue::of(prepared, options, &runs, all), options, observer)?
        }
    };
    // Another process may have begun another selection of the same cells: the page is of this one.
    record::write_json(&folder.join("cells.json"), &prepared.index())?;
    Ok(Finished { folder, runs, failed, left })
}

/// Writes the index, unless the folder is another study's.
pub(super) fn enter(prepared: &Prepared, options: &Options<'_>, folder: &Path, runs: &Path) -> Result<(), StudyError> {
    if let Some(before) = record::read_cells(folder)? {
        // A file that was moved is the same study.
        if before.file != prepared.file && Path::new(&before.file).is_file() {
            let (folder, now) = (folder.to_path_buf(), prepared.file.clone());
            return Err(StudyError::Taken { folder, before: before.file, now });
        }
        let changed = options.unchanged.then(|| unfinished_and_changed(prepared, &before, runs)).flatten();
        if let Some((title, changes)) = changed {
            return Err(StudyError::Changed { title, changes });
        }
    }
    Ok(record::write_json(&folder.join("cells.json"), &prepared.index())?)
}

/// What this program cannot do on this machine is refused before anything starts; else what is worth knowing of the device.
fn on_this_machine(plan: &Plan) -> Result<Option<String>, StudyError> {
    let run = &plan.run;
    let refuse = |key, value: &str, reason| Err(StudyError::Machine { key, value: value.into(), reason });
    let processes = run.processes();
    if let Some(stage) = plan.stages.iter().find(|stage| !stage.batch.is_multiple_of(processes)) {
        let reason = format!("they cannot share a batch of {} (stage `{}`) equally", stage.batch, stage.name);
        return refuse("run.processes", &processes.to_string(), reason);
    }
    match (device::choose(&run.device, 0), run.precision.as_str()) {
        (Err(reason), _) => refuse("run.device", &run.device, format!("{reason}; or use `cpu` or `auto`")),
        (Ok(Choice { device: Device::Cpu, .. }), precision) if precision != "f32" => {
            refuse("run.precision", precision, "the CPU computes in `f32`".into())
        }
        (Ok(choice), _) => Ok(choice.note),
    }
}

/// The cells that are still to be looked at, and what came of the others.
pub(super) struct Queue<'a> {
    pub prepared: &'a Prepared,
    pub options: &'a Options<'a>,
    pub runs: &'a Path,
    pub waiting: VecDeque<usize>,
    /// How far the cells are to go.
    pub stop: Option<&'a Stop>,
    /// Those that another process had.
    pub busy: BTreeSet<usize>,
    pub failed: Vec<(String, String)>,
}

impl<'a> Queue<'a> {
    pub fn of(prepared: &'a Prepared, options: &'a Options<'a>, runs: &'a Path, waiting: VecDeque<usize>) -> Self {
        Queue { prepared, options, runs, waiting, stop: None, busy: BTreeSet::new(), failed: vec![] }
    }

    pub fn desk(&self, index: usize) -> Desk<'a> {
        let place = (index + 1, self.prepared.cells.len());
        let waited = self.busy.contains(&index);
        Desk { waited, stop: self.stop, ..Desk::new(self.prepared, index, place, self.runs, self.options) }
    }

    /// Puts a cell that another process has to the end; says so the first time.
    pub fn put_off(&mut self, index: usize, worker: Option<record::Worker>, observer: &mut dyn Observer) {
        if self.busy.insert(index) {
            self.desk(index).busy(worker, observer);
        }
        self.waiting.push_back(index);
    }

    /// Keeps a failure; whether the others go on.
    pub fn fail(&mut self, index: usize, error: &str) -> bool {
        let cell = &self.prepared.cells[index];
        let seeds = self.prepared.cells.iter().any(|other| other.plan.run.seed != cell.plan.run.seed);
        let seed = if seeds { format!(", seed {}", cell.plan.run.seed) } else { String::new() };
        self.failed.push((format!("{}{seed}", cell.spec.title), error.to_string()));
        !self.options.fail_fast
    }

    /// Says what is waited for.
    pub fn wait(&self, observer: &mut dyn Observer) {
        let n = self.waiting.len();
        let cells = if n == 1 { "the cell".to_string() } else { format!("the {n} cells") };
        let text = format!("waiting for {cells} that another process has; whatever it leaves unfinished is taken up");
        observer.observe(&Progress::Note(text));
    }
}

/// What failed, and how many cells were not begun.
pub(super) type Outcome = (Vec<(String, String)>, usize);

/// Looks at all cells of the queue.
pub(super) fn drain(
    queue: Queue<'_>,
    options: &Options<'_>,
    observer: &mut dyn Observer,
) -> Result<Outcome, StudyError> {
    match &options.jobs {
        Some(jobs) => side_by_side::carry_out(queue, jobs, observer),
        None => one_by_one(queue, observer),
    }
}

/// The cells in this process.
fn one_by_one(mut queue: Queue<'_>, observer: &mut dyn Observer) -> Result<Outcome, StudyError> {
    let (mut in_vain, mut told) = (0, false);
    while let Some(index) = queue.waiting.pop_front() {
        if queue.options.interrupted() {
            return Err(StudyError::Interrupted("interrupted; the same command goes on with the other cells".into()));
        }
        match queue.desk(index).carry_out(observer) {
            Met::Busy(worker) => {
                queue.put_off(index, worker, observer);
                in_vain += 1;
                if in_vain >= queue.waiting.len() {
                    if !std::mem::replace(&mut told, true) {
                        queue.wait(observer);
                    }
                    std::thread::sleep(LOOK_AGAIN);
                }
                continue;
            }
            Met::Interrupted(said) => return Err(StudyError::Interrupted(said)),
            Met::Failed(error) if !queue.fail(index, &error) => break,
            Met::Done | Met::Passed | Met::Failed(_) => {}
        }
        in_vain = 0;
    }
    Ok((queue.failed, queue.waiting.len()))
}
