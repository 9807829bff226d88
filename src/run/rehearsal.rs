//! Steps without what surrounds them: no evaluation, no checkpoint, no record. For benches and quick checks.

use super::cell::CellFolder;
use super::data::Data;
use super::train::{Given, Scenery, Trainer};
use super::{Draw, Roles, RunError, Scene};
use crate::graph::plan::{Plan, Value};
use crate::tensor::{Backend, Context, Tensor, Var, memory};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// What a stage's first steps took.
pub struct Rehearsal {
    pub stage: String,
    /// Of each step: what each update minimised, and seconds.
    pub steps: Vec<(Vec<(String, f64)>, f64)>,
    /// What was held at most, less what was held before the first step. 0 where the program counts no memory.
    pub peak_bytes: usize,
}

/// Takes `steps` steps in every stage, the next stage going on from what the last has learnt. `cache` is where procedural
/// datasets are kept.
///
/// # Errors
/// As a run: a dataset that cannot be opened, a loss that is not finite.
pub fn rehearse<D: Backend>(plan: &Plan, device: D, cache: &Path, steps: u64) -> Result<Vec<Rehearsal>, RunError> {
    with_trainer(plan, device, cache, |trainer| {
        (0..plan.stages.len()).map(|number| stage(trainer, number, steps)).collect()
    })
}

fn stage<D: Backend>(trainer: &mut Trainer<'_, D>, number: usize, steps: u64) -> Result<Rehearsal, RunError> {
    let before = memory::current_bytes();
    memory::reset_peak();
    let stage = trainer.plan.stages[number].name.clone();
    let mut practice = Practice::open(trainer, number)?;
    let mut taken = Vec::new();
    for _ in 0..steps {
        let begun = Instant::now();
        let drawn = practice.draw()?;
        taken.push((practice.step(&drawn)?, begun.elapsed().as_secs_f64()));
    }
    Ok(Rehearsal { stage, steps: taken, peak_bytes: memory::peak_bytes().saturating_sub(before) })
}

/// Opens a stage and leaves its steps to `work`, which takes them one by one.
///
/// # Errors
/// As a run, and those of `work`.
pub fn practise<D: Backend, T, E: From<RunError>>(
    plan: &Plan,
    device: D,
    cache: &Path,
    stage: usize,
    work: impl FnOnce(&mut Practice<'_, '_, D>) -> Result<T, E>,
) -> Result<T, E> {
    with_trainer(plan, device, cache, |trainer| work(&mut Practice::open(trainer, stage)?))
}

fn with_trainer<D: Backend, T, E: From<RunError>>(
    plan: &Plan,
    device: D,
    cache: &Path,
    work: impl FnOnce(&mut Trainer<'_, D>) -> Result<T, E>,
) -> Result<T, E> {
    let data = Data::open(plan, cache, None)?;
    let interrupt = AtomicBool::new(false);
    let folder = CellFolder::unrecorded(cache, plan.hash());
    let given = Given { interrupt: &interrupt, stop: None, share: None };
    work(&mut Trainer::new(plan, device, &data, &folder, given)?)
}

/// A stage whose steps are taken one by one.
pub struct Practice<'p, 'a, D: Backend> {
    trainer: &'p mut Trainer<'a, D>,
    scenery: Scenery<D>,
    stage: usize,
    step: u64,
}

impl<'p, 'a, D: Backend> Practice<'p, 'a, D> {
    fn open(trainer: &'p mut Trainer<'a, D>, stage: usize) -> Result<Self, RunError> {
        let scenery = trainer.scenery(&trainer.plan.stages[stage])?;
        Ok(Practice { trainer, scenery, stage, step: 0 })
    }

    /// What the loop's next step would read.
    pub fn draw(&mut self) -> Result<Held<D>, RunError> {
        let stream = self.trainer.stream(&self.trainer.plan.stages[self.stage], self.step);
        Ok(Held(self.scenery.loaders.draw(&self.trainer.models.device, stream)?))
    }

    /// One step of the loop on a draw. Returns what each update minimised.
    pub fn step(&mut self, held: &Held<D>) -> Result<Vec<(String, f64)>, RunError> {
        let losses = self.trainer.single(&mut self.scenery, self.step, &held.0.again())?;
        self.step += 1;
        Ok(losses)
    }

    /// Seconds that draws were waited for since last asked.
    pub fn take_waited(&mut self) -> f64 {
        self.scenery.loaders.take_waited()
    }

    /// Outputs of a node as an evaluation computes them, on a draw.
    pub fn evaluate(&self, node: &str, held: &Held<D>) -> Result<Vec<Var<D>>, RunError> {
        let (plan, models) = (self.trainer.plan, &self.trainer.models);
        let application = plan.applications.iter().position(|a| a.node == node);
        let application = application.ok_or_else(|| RunError::Internal(format!("no node `{node}`")))?;
        let roles = Roles::evaluation(plan, false, false);
        let (ctx, draw) = (Context::inference(&models.device), held.0.again());
        let scene = Scene::new(plan, models, &ctx, &draw, &roles, false);
        let outputs = 0..plan.applications[application].edges.len();
        outputs.map(|output| scene.value(&Value::Node { application, output })).collect()
    }

    /// Every parameter and buffer of every network by its path.
    pub fn tensors(&self) -> Vec<(String, Tensor<D>)> {
        let networks = self.trainer.models.networks.iter().map(|n| n.borrow());
        networks.flat_map(|n| n.state.tensors().map(|(path, t)| (path, t.clone())).collect::<Vec<_>>()).collect()
    }

    /// How many numbers the stage's updates learn.
    pub fn learnt(&self) -> usize {
        let networks = &self.trainer.models.networks;
        let size = |(network, op, parameter): (usize, usize, usize)| {
            Var::constant(networks[network].borrow().state.ops[op].parameters[parameter].tensor.clone()).len()
        };
        let learnt = self.scenery.updaters.iter().flat_map(|u| &u.learnt);
        learnt.map(|l| size((l.network, l.op, l.parameter))).sum()
    }
}

/// A batch of each dataset that a stage reads; as many steps as wanted may be taken on it.
pub struct Held<D: Backend>(Draw<D>);

impl<D: Backend> Held<D> {
    /// Ports of all datasets with their values.
    pub fn ports(&self) -> impl Iterator<Item = (&str, &Var<D>)> {
        self.0.ports()
    }
}
