//! One cell from plan to finished record.

use super::data::Data;
use super::evaluate::{self, Evaluator};
use super::follow::told;
use super::together::{Crew, Group, Order};
use super::train::{Given, Trainer};
use super::{RunError, environment, samples, weights};
use crate::components::sample::Split;
use crate::graph::{self, plan::Plan};
use crate::record::{
    self, EvaluationRecord, Event, EventLog, ModelSummary, Observer, Progress, State, Status, Summary, Worker,
};
use crate::tensor::device::{self, Device};
use crate::tensor::{self, Backend, Collective as _, Cpu, Share, memory};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The folder of a cell, its open log, and how far its run is.
pub struct CellFolder {
    pub path: PathBuf,
    log: RefCell<Option<EventLog>>,
    recorded: bool,
    /// What `status.json` says while the run goes on; absent where nothing is recorded.
    running: RefCell<Option<Status>>,
}

impl CellFolder {
    pub fn new(runs: &Path, hash: &str) -> Self {
        let path = record::cell_dir(runs, hash);
        CellFolder { path, log: RefCell::default(), recorded: true, running: RefCell::default() }
    }

    /// A folder in which nothing is written.
    pub fn unrecorded(runs: &Path, hash: &str) -> Self {
        CellFolder { recorded: false, ..CellFolder::new(runs, hash) }
    }

    /// A run begins here: `status` is what it says of itself until its end.
    fn begin(&self, status: &Status) -> Result<(), RunError> {
        *self.running.borrow_mut() = Some(status.clone());
        Ok(record::write_status(&self.path, status)?)
    }

    /// A checkpoint was reached: what a run that dies would go on from.
    pub fn reached(&self, total_steps: u64, planned_steps: u64, seconds: f64) -> Result<(), RunError> {
        let mut running = self.running.borrow_mut();
        let Some(status) = running.as_mut() else { return Ok(()) };
        (status.total_steps, status.planned_steps, status.seconds) = (total_steps, planned_steps, seconds);
        Ok(record::write_status(&self.path, status)?)
    }

    /// Whatever came of the run, with how far it got.
    fn end(&self, status: &mut Status) -> Result<(), RunError> {
        if let Some(running) = self.running.take() {
            status.planned_steps = running.planned_steps;
            if status.state != State::Done {
                (status.total_steps, status.seconds) = (running.total_steps, running.seconds);
            }
        }
        status.worker = None;
        Ok(record::write_status(&self.path, status)?)
    }

    /// Appends an event.
    pub fn event(&self, event: &Event) -> Result<(), RunError> {
        if !self.recorded {
            return Ok(());
        }
        let mut log = self.log.borrow_mut();
        let open = match log.take() {
            Some(open) => open,
            None => EventLog::open(&self.path)?,
        };
        let open = log.insert(open);
        open.append(event)?;
        if matches!(event, Event::Checkpoint { .. }) {
            open.sync()?;
        }
        Ok(())
    }

    /// Drops the events past a step.
    pub fn cut_records(&self, total_step: u64) -> Result<(), RunError> {
        *self.log.borrow_mut() = None;
        if total_step == 0 {
            let path = self.path.join("records.jsonl");
            return match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(RunError::file("remove", &path)(e)),
                _ => Ok(()),
            };
        }
        Ok(record::truncate_events(&self.path, total_step)?)
    }
}

/// What a run is given besides its plan.
pub struct Options<'a> {
    /// `run.out`.
    pub runs: &'a Path,
    /// Procedural datasets are kept here.
    pub cache: &'a Path,
    pub resume: bool,
    /// Set by Ctrl-C: the run saves and stops.
    pub interrupt: &'a AtomicBool,
    /// Where it goes no further for now.
    pub stop: Option<&'a Stop>,
    /// As typed, for the record.
    pub command: &'a str,
    /// What `summary` prints.
    pub summary: &'a ModelSummary,
    /// The other processes of the run.
    pub crew: Option<&'a Crew<'a>>,
}

/// Ends a training early: at the first validation that gives `column` once `share` of all steps is done. What was not
/// stopped goes on from there to the same bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// Above 0, at most 1.
    pub share: f64,
    pub column: String,
}

impl Stop {
    /// Whether so many of the planned steps are enough.
    pub fn reached(&self, total_step: u64, planned: u64) -> bool {
        total_step as f64 >= (self.share * planned as f64).ceil()
    }
}

/// [`run`] on the device that `run.device` is on this machine.
pub fn run_where(plan: &Plan, options: &Options<'_>, observer: &mut dyn Observer) -> Result<Status, RunError> {
    struct Whole<'a>(&'a Plan, &'a Options<'a>, &'a mut dyn Observer);
    impl OnDevice<Status> for Whole<'_> {
        fn run<D: Backend>(self, device: D) -> Result<Status, RunError> {
            run(self.0, device, self.1, self.2)
        }
    }
    with_device(plan, options.crew.map_or(0, Crew::local), Whole(plan, options, observer))
}

/// Work on whatever device it is.
pub trait OnDevice<T> {
    fn run<D: Backend>(self, device: D) -> Result<T, RunError>;
}

/// Work on the device that `run.device` is for the process of this number on its machine.
pub fn with_device<T>(plan: &Plan, local: usize, work: impl OnDevice<T>) -> Result<T, RunError> {
    match device::choose(&plan.run.device, local).map_err(tensor::Error::Other)?.device {
        Device::Cpu => work.run(Cpu::default()),
        #[cfg(feature = "cuda")]
        Device::Cuda(number) => work.run(tensor::cuda::open(number, tensor::cuda::Precision::of(&plan.run.precision))?),
        #[cfg(not(feature = "cuda"))]
        Device::Cuda(number) => {
            Err(tensor::Error::Other(format!("this program cannot compute on GPU {number}")).into())
        }
    }
}

/// Trains, evaluates, and leaves the record of one cell.
pub fn run<D: Backend>(
    plan: &Plan,
    device: D,
    options: &Options<'_>,
    observer: &mut dyn Observer,
) -> Result<Status, RunError> {
    memory::reset_peak();
    device.reset_peak();
    let folder = CellFolder::new(options.runs, plan.hash());
    let mut status = blank(plan);
    if options.resume {
        let before = record::read_status(&folder.path).ok().flatten().unwrap_or_default();
        (status.total_steps, status.planned_steps) = (before.total_steps, before.planned_steps);
        status.seconds = before.seconds;
    }
    folder.begin(&status)?;
    let (mut group, watched) = (None, device.clone());
    let carried = carry_out(plan, device, options, (&folder, &mut group), &mut status, observer);
    match carried.map_err(|error| of_the_group(group.as_deref(), error)) {
        Ok(()) => Ok(status),
        Err(error) => {
            status.state = match error {
                RunError::Interrupted { .. } => State::Interrupted,
                RunError::Stopped { .. } => State::Stopped,
                _ => State::Failed,
            };
            status.peak_memory_bytes = memory::peak_bytes() as u64;
            status.peak_device_bytes = watched.peak_bytes().unwrap_or(0);
            status.error = Some(error.to_string()).filter(|_| status.state != State::Stopped);
            // The error itself is worth more than that its record could not be written (a full disk causes both).
            let _ = folder.end(&mut status);
            Err(error)
        }
    }
}

fn carry_out<D: Backend>(
    plan: &Plan,
    device: D,
    options: &Options<'_>,
    (folder, group): (&CellFolder, &mut Option<Arc<Group>>),
    status: &mut Status,
    observer: &mut dyn Observer,
) -> Result<(), RunError> {
    let weights = weights::used(plan)?;
    weights::notes(&weights).into_iter().for_each(|note| observer.observe(&Progress::Note(note)));
    let data = open(plan, options.cache, observer)?;
    if let Some(crew) = options.crew {
        *group = Some(crew.group()?);
    }
    let ranks = group.as_ref().map_or(1, |group| group.ranks());
    let environment = environment::gather(plan, (&device, ranks), options.command, weights);
    record::write_json(&folder.path.join("environment.json"), &environment)?;
    record::write_json(&folder.path.join("summary.json"), options.summary)?;
    record::write_json(&folder.path.join("resolved.json"), plan.canonical())?;
    record::write_config(&folder.path, &graph::provenance(plan))?;
    let share = match group {
        Some(group) => {
            // The data are there by now: a procedural dataset that is kept is made once.
            group.order(&Order::Cell(plan.hash().into()))?;
            Some(Share { group: group.clone(), whole_statistics: plan.run.sync_batch_norm })
        }
        None => None,
    };
    let given = Given { interrupt: options.interrupt, stop: options.stop, share };
    let mut trainer = Trainer::new(plan, device, &data, folder, given)?;
    let resumed = if options.resume { trainer.resume(observer)? } else { None };
    if resumed.is_none() {
        trainer.start_over()?;
    }
    let resumed = trainer.begin_together(resumed, observer)?;
    trainer.run(resumed, observer)?;
    status.total_steps = trainer.total_steps();
    status.selected_step = Some(trainer.select()?);
    test(plan, &trainer, folder, status, observer)?;
    samples::write(plan, &trainer, &data, folder, status)?;
    status.seconds = trainer.seconds();
    status.peak_memory_bytes = memory::peak_bytes() as u64;
    status.peak_device_bytes = trainer.models.device.peak_bytes().unwrap_or(0);
    costs(options.summary, status);
    status.state = State::Done;
    folder.end(status)
}

/// What an error is where several processes work: one of them is gone, or they are to be told.
fn of_the_group(group: Option<&Group>, error: RunError) -> RunError {
    match group {
        Some(group) if !error.of_all() => told(group, error),
        _ => error,
    }
}

fn open(plan: &Plan, cache: &Path, observer: &mut dyn Observer) -> Result<Data, RunError> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let progress = std::sync::Arc::new(move |what: &str, done: usize, of: usize| {
        // Nobody listens any more once the datasets are open.
        let _ = sender.send((what.to_string(), done as u64, of as u64));
    });
    std::thread::scope(|scope| {
        let opening = scope.spawn(|| Data::open(plan, cache, Some(progress)));
        for (what, done, of) in receiver {
            observer.observe(&Progress::Preparing { what, done, of });
        }
        opening.join().unwrap_or_else(|_| Err(RunError::Internal("opening the datasets was interrupted".into())))
    })
}

fn test<D: Backend>(
    plan: &Plan,
    trainer: &Trainer<'_, D>,
    folder: &CellFolder,
    status: &mut Status,
    observer: &mut dyn Observer,
) -> Result<(), RunError> {
    let begun = std::time::Instant::now();
    let evaluator = Evaluator { plan, models: &trainer.models, data: trainer.data };
    let all: Vec<_> = plan.evaluations.iter().collect();
    let evaluated = evaluator.run(&all, Split::Test, true, observer)?;
    status.test.clone_from(&evaluated.columns);
    status.baselines.clone_from(&evaluated.baselines);
    let record = EvaluationRecord {
        stage: plan.stages.last().map(|s| s.name.clone()).unwrap_or_default(),
        step: status.selected_step.unwrap_or_default(),
        total_step: trainer.total_steps(),
        split: Split::Test.name().into(),
        columns: evaluated.columns,
        baselines: evaluated.baselines,
        seconds: begun.elapsed().as_secs_f64(),
        selected: true,
    };
    observer.observe(&Progress::Evaluated(record.clone()));
    folder.event(&Event::Evaluation(record))
}

/// The `cost.*` columns.
fn costs(summary: &ModelSummary, status: &mut Status) {
    let values = [
        ("cost.parameters", "Parameters", "", summary.parameters as f64, 0),
        ("cost.macs", "MACs", "", summary.macs as f64, 0),
        ("cost.seconds", "Time", "s", status.seconds, 0),
        ("cost.memory", "Peak memory", "MiB", status.peak_bytes() as f64 / 1_048_576.0, 0),
    ];
    for (name, label, unit, value, decimals) in values {
        status.columns.push(record::Column {
            name: name.into(),
            label: label.into(),
            unit: unit.into(),
            higher_is_better: Some(false),
            decimals,
            ..Default::default()
        });
        status.test.insert(name.into(), Summary { mean: value, n: 1, ..Default::default() });
    }
}

fn blank(plan: &Plan) -> Status {
    Status {
        format: record::FORMAT,
        state: State::Running,
        experiment: plan.experiment.clone(),
        variant: plan.variant.clone(),
        seed: plan.run.seed,
        hash: plan.hash().to_string(),
        worker: Some(Worker::this()),
        columns: evaluate::columns(plan),
        ..Default::default()
    }
}
