//! The loop: stages, steps, updates, evaluations, checkpoints. It knows no component.

use super::cell::{CellFolder, Stop};
use super::checkpoint::{Checkpoint, Folder, Position};
use super::data::{Data, Loaders, datasets_of};
use super::evaluate::{self, Evaluator};
use super::lines::Lines;
use super::update::learns;
use super::{Built, Draw, Models, Objective, RunError, Updater, state, weights};
use crate::components::sample::Split;
use crate::components::schedule::Clock;
use crate::graph::plan::{ElementInputs, Plan, Side, Stage, Value};
use crate::random::Stream;
use crate::record::{EvaluationRecord, Event, Observer, Progress, UpdateRecord};
use crate::tensor::{Backend, Share};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Steps between two lines of the record, at most; short stages get about fifty lines.
const LINE_EVERY: u64 = 20;

/// A run of one cell.
pub struct Trainer<'a, D: Backend> {
    pub plan: &'a Plan,
    pub models: Models<D>,
    pub data: &'a Data,
    pub objectives: Vec<Objective<D>>,
    folder: &'a CellFolder,
    checkpoints: Folder,
    given: Given<'a>,
    pub(super) share: Option<Share>,
    pub(super) position: Position,
    started: Instant,
}

/// What a run is told by whoever started it.
pub struct Given<'a> {
    /// Set when the run is to save and stop.
    pub interrupt: &'a AtomicBool,
    /// Where it goes no further.
    pub stop: Option<&'a Stop>,
    /// Its share of every batch, where other processes have the others.
    pub share: Option<Share>,
}

/// What a validation tells the loop.
#[derive(Clone, Copy, Default)]
struct Validated {
    /// The selected column is the best so far.
    best: bool,
    /// The run was asked to go no further than here.
    asked: bool,
}

/// What a stage works with.
pub(super) struct Scenery<D: Backend> {
    steps: u64,
    epoch: u64,
    pub updaters: Vec<Updater<D>>,
    pub loaders: Loaders,
}

impl<'a, D: Backend> Trainer<'a, D> {
    pub fn new(
        plan: &'a Plan,
        device: D,
        data: &'a Data,
        folder: &'a CellFolder,
        given: Given<'a>,
    ) -> Result<Self, RunError> {
        let build = |n| {
            let mut built = Built::new(n, &device, plan.run.seed)?;
            weights::load(&mut built, &device)?;
            Ok(RefCell::new(built))
        };
        let networks = plan.networks.iter().map(build).collect::<Result<_, RunError>>()?;
        let position = Position { hash: plan.hash().to_string(), ..Default::default() };
        Ok(Trainer {
            plan,
            models: Models { device, networks },
            data,
            objectives: Objective::all(plan)?,
            folder,
            checkpoints: Folder::new(&folder.path, plan.run.checkpoint_keep),
            share: given.share.clone(),
            given,
            position,
            started: Instant::now(),
        })
    }

    fn length(&self, stage: &Stage) -> u64 {
        stage.length.steps(self.epoch(stage), 0)
    }

    /// Steps of an epoch: the batches it takes to draw `epoch-of` once.
    fn epoch(&self, stage: &Stage) -> u64 {
        let drawn = drawn(self.plan, stage);
        let counted = self.plan.train.epoch_of.or_else(|| drawn.first().copied());
        let read = counted.map(|d| stage.data.iter().find(|(from, _)| *from == d).map_or(d, |(_, to)| *to));
        read.map_or(1, |d| self.data.len(d, Split::Train).div_ceil(stage.batch.max(1)).max(1) as u64)
    }

    pub fn total_steps(&self) -> u64 {
        self.position.total_step
    }

    /// Goes on from the newest whole checkpoint, if there is one.
    pub fn resume(&mut self, observer: &mut dyn Observer) -> Result<Option<Checkpoint>, RunError> {
        let Some((checkpoint, notes)) = self.checkpoints.newest()? else { return Ok(None) };
        notes.into_iter().for_each(|n| observer.observe(&Progress::Note(n)));
        self.position = checkpoint.position.clone();
        self.folder.cut_records(self.position.total_step)?;
        self.folder.event(&Event::Resumed { total_step: self.position.total_step })?;
        self.reached()?;
        observer.observe(&Progress::Resumed { total_step: self.position.total_step });
        Ok(Some(checkpoint))
    }

    /// Starts from nothing.
    pub fn start_over(&self) -> Result<(), RunError> {
        self.checkpoints.clear()?;
        self.folder.cut_records(0)?;
        self.reached()
    }

    /// Tells the cell's status how far the last checkpoint is.
    fn reached(&self) -> Result<(), RunError> {
        self.folder.reached(self.position.total_step, self.planned(), self.position.seconds)
    }

    /// Steps of all stages.
    fn planned(&self) -> u64 {
        self.plan.stages.iter().map(|stage| self.length(stage)).sum()
    }

    /// All stages, from where the run is.
    pub fn run(&mut self, resumed: Option<Checkpoint>, observer: &mut dyn Observer) -> Result<(), RunError> {
        let mut resumed = resumed;
        for number in self.position.stage..self.plan.stages.len() {
            let stage = &self.plan.stages[number];
            let mut scenery = self.scenery(stage)?;
            match resumed.take() {
                Some(checkpoint) => {
                    state::restore(&checkpoint, self, &mut scenery.updaters)?;
                    scenery.loaders.seek(&self.position.draws);
                }
                None => self.position.step = 0,
            }
            let (from, steps) = (self.position.step, scenery.steps);
            observer.observe(&Progress::StageStarted { stage: stage.name.clone(), steps, from });
            self.stage(stage, &mut scenery, observer)?;
            self.position.stage = number + 1;
            self.position.step = 0;
        }
        Ok(())
    }

    /// One step on a draw, outside of the loop. Returns what each update minimised.
    pub(super) fn single(
        &mut self,
        scenery: &mut Scenery<D>,
        step: u64,
        draw: &Draw<D>,
    ) -> Result<Vec<(String, f64)>, RunError> {
        self.position.step = step;
        Ok(losses(&self.step_on(scenery, draw)?))
    }

    /// The random stream of a step.
    pub(super) fn stream(&self, stage: &Stage, step: u64) -> Stream {
        Stream::new(self.plan.run.seed, "step").named(&stage.name).fork(step)
    }

    pub(super) fn scenery(&self, stage: &Stage) -> Result<Scenery<D>, RunError> {
        let updaters =
            stage.updates.iter().map(|u| Updater::new(self.plan, *u, stage, &self.models)).collect::<Result<_, _>>()?;
        let loaders = self.data.loaders(self.plan, stage, &drawn(self.plan, stage), self.share.as_ref())?;
        Ok(Scenery { steps: self.length(stage), epoch: self.epoch(stage), updaters, loaders })
    }

    fn stage(&mut self, stage: &Stage, scenery: &mut Scenery<D>, observer: &mut dyn Observer) -> Result<(), RunError> {
        let every = |span: crate::graph::plan::Span| span.steps(scenery.epoch, scenery.steps).max(1);
        let (evaluate_every, save_every) = (every(self.plan.evaluate.every), every(self.plan.run.checkpoint_every));
        let line_every = (scenery.steps / 50).clamp(1, LINE_EVERY);
        let mut lines = Lines::default();
        while self.position.step < scenery.steps {
            if self.anyone(self.given.interrupt.load(Ordering::SeqCst))? {
                self.save(scenery, false, observer)?;
                return Err(RunError::Interrupted { step: self.position.total_step });
            }
            let begun = Instant::now();
            let updates = self.step(stage, scenery)?;
            self.position.step += 1;
            self.position.total_step += 1;
            let seconds = begun.elapsed().as_secs_f64();
            let (step, of) = (self.position.step, scenery.steps);
            let losses = losses(&updates);
            lines.add(updates, scenery.loaders.take_waited(), seconds);
            observer.observe(&Progress::Step { stage: stage.name.clone(), step, of, losses, seconds });
            if step % line_every == 0 || step == of {
                let epoch = step as f64 / scenery.epoch as f64;
                let line = lines.take(&stage.name, step, self.position.total_step, epoch);
                self.folder.event(&Event::Step(line))?;
            }
            let mut validated = Validated::default();
            if step % evaluate_every == 0 || step == of {
                if self.is_first() {
                    validated = self.validate(stage, scenery, observer)?;
                }
                let [best, asked] = self.as_first([validated.best, validated.asked])?;
                validated = Validated { best, asked };
            }
            let stops = validated.asked && self.position.total_step < self.planned();
            if validated.best || stops || step % save_every == 0 || step == of {
                self.save(scenery, validated.best, observer)?;
            }
            if stops {
                return Err(RunError::Stopped { step: self.position.total_step });
            }
        }
        Ok(())
    }

    /// One step: each update of the stage in order, on one draw.
    fn step(&mut self, stage: &Stage, scenery: &mut Scenery<D>) -> Result<BTreeMap<String, UpdateRecord>, RunError> {
        let stream = self.stream(stage, self.position.step);
        let first = scenery.loaders.draw(&self.models.device, stream)?;
        self.step_on(scenery, &first)
    }

    fn step_on(
        &mut self,
        scenery: &mut Scenery<D>,
        first: &Draw<D>,
    ) -> Result<BTreeMap<String, UpdateRecord>, RunError> {
        let clock = Clock { step: self.position.step, stage_steps: scenery.steps, epoch_steps: scenery.epoch };
        let mut extra = 0;
        let mut records = BTreeMap::new();
        for updater in scenery.updaters.iter_mut().filter(|u| u.acts(clock.step)) {
            let loaders = &mut scenery.loaders;
            let device = &self.models.device;
            let mut more = || {
                extra += 1;
                loaders.draw(device, first.stream.fork(extra))
            };
            let record = updater.run(self.plan, &self.models, &mut self.objectives, clock, first, &mut more)?;
            records.insert(updater.plan.name.clone(), record);
        }
        Ok(records)
    }

    /// Evaluates on the validation split what this stage changes.
    fn validate(
        &mut self,
        stage: &Stage,
        scenery: &Scenery<D>,
        observer: &mut dyn Observer,
    ) -> Result<Validated, RunError> {
        let learnt: Vec<Vec<bool>> = stage
            .updates
            .iter()
            .map(|u| learns(self.plan, &self.plan.updates[*u]))
            .reduce(|a, b| {
                a.into_iter().zip(b).map(|(a, b)| a.into_iter().zip(b).map(|(a, b)| a | b).collect()).collect()
            })
            .unwrap_or_default();
        let changed: Vec<_> =
            self.plan.evaluations.iter().filter(|e| evaluate::depends(self.plan, e, &learnt)).collect();
        if changed.is_empty() {
            return Ok(Validated::default());
        }
        let begun = Instant::now();
        let live = self.plan.evaluate.average.then(|| state::gather(self.position.clone(), self, &scenery.updaters));
        if let Some(live) = &live {
            state::restore_networks(live, &self.models, true)?;
        }
        let evaluator = Evaluator { plan: self.plan, models: &self.models, data: self.data };
        let evaluated = evaluator.run(&changed, Split::Validation, false, observer)?;
        if let Some(live) = &live {
            state::restore_networks(live, &self.models, false)?;
        }
        if evaluated.columns.is_empty() {
            return Ok(Validated::default());
        }
        let (done, planned) = (self.position.total_step, self.planned());
        let asked =
            self.given.stop.is_some_and(|s| evaluated.columns.contains_key(&s.column) && s.reached(done, planned));
        let best = match &self.plan.evaluate.select {
            None => false,
            Some(column) => match evaluated.columns.get(column).map(|s| s.mean).filter(|m| m.is_finite()) {
                None => false,
                Some(value) => self.is_best(column, value),
            },
        };
        let record = EvaluationRecord {
            stage: stage.name.clone(),
            step: self.position.step,
            total_step: self.position.total_step,
            split: Split::Validation.name().into(),
            columns: evaluated.columns,
            baselines: evaluated.baselines,
            seconds: begun.elapsed().as_secs_f64(),
            selected: false,
        };
        observer.observe(&Progress::Evaluated(record.clone()));
        self.folder.event(&Event::Evaluation(record))?;
        Ok(Validated { best, asked })
    }

    fn is_best(&mut self, column: &str, value: f64) -> bool {
        let columns = evaluate::columns(self.plan);
        let higher = columns.iter().find(|c| c.name == column).and_then(|c| c.higher_is_better).unwrap_or(true);
        let better = match self.position.best {
            None => true,
            Some((best, _)) => (higher && value > best) || (!higher && value < best),
        };
        if better {
            self.position.best = Some((value, self.position.total_step));
        }
        better
    }

    fn save(&mut self, scenery: &Scenery<D>, best: bool, observer: &mut dyn Observer) -> Result<(), RunError> {
        if !self.is_first() {
            return Ok(());
        }
        self.position.draws = scenery.loaders.positions();
        self.position.seconds += self.started.elapsed().as_secs_f64();
        self.started = Instant::now();
        let checkpoint = state::gather(self.position.clone(), self, &scenery.updaters);
        let path = self.checkpoints.save(&checkpoint, best)?;
        let total_step = self.position.total_step;
        let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        self.folder.event(&Event::Checkpoint { total_step, file, best })?;
        self.reached()?;
        observer.observe(&Progress::CheckpointWritten { total_step, best });
        Ok(())
    }

    /// Loads the checkpoint that the test numbers are of: the best by `select`, else what is in memory. Its step.
    pub fn select(&mut self) -> Result<u64, RunError> {
        let best = self.position.best.filter(|_| self.plan.evaluate.select.is_some());
        let (step, checkpoint) = match best {
            Some((_, step)) => (step, Checkpoint::read(&self.checkpoints.best())?),
            None if !self.plan.evaluate.average => return Ok(self.position.total_step),
            None => match self.checkpoints.newest()? {
                Some((checkpoint, _)) => (self.position.total_step, checkpoint),
                None => return Ok(self.position.total_step),
            },
        };
        state::restore_networks(&checkpoint, &self.models, self.plan.evaluate.average)?;
        Ok(step)
    }

    /// Seconds trained, over all resumes.
    pub fn seconds(&self) -> f64 {
        self.position.seconds + self.started.elapsed().as_secs_f64()
    }
}

/// Datasets that a stage draws: what its updates' losses read.
pub(super) fn drawn(plan: &Plan, stage: &Stage) -> BTreeSet<usize> {
    let mut values: Vec<&Value> = Vec::new();
    for (loss, side) in stage.updates.iter().flat_map(|u| &plan.updates[*u].terms) {
        for element in &plan.losses[*loss].elements {
            match &element.inputs {
                ElementInputs::Plain(ports) => values.extend(ports.iter().map(|(_, v)| v)),
                ElementInputs::Shown { real, fake } => {
                    values.extend(fake);
                    if *side == Side::Discriminator {
                        values.extend(real);
                    }
                }
            }
        }
    }
    datasets_of(plan, values)
}

/// What each player minimised: the sum of its weighted terms.
fn losses(updates: &BTreeMap<String, UpdateRecord>) -> Vec<(String, f64)> {
    let total = |record: &UpdateRecord| record.terms.values().map(|t| t.weighted).sum();
    updates.iter().map(|(update, record)| (update.clone(), total(record))).collect()
}
