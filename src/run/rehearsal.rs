//! Steps without what surrounds them: no evaluation, no checkpoint, no record. For benches and quick checks.

use super::RunError;
use super::cell::CellFolder;
use super::data::Data;
use super::train::Trainer;
use crate::graph::plan::Plan;
use crate::tensor::{Backend, memory};
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
    let data = Data::open(plan, cache, None)?;
    let interrupt = AtomicBool::new(false);
    // Nothing is written there: the folder's log opens with its first event.
    let folder = CellFolder::new(cache, &plan.hash);
    let mut trainer = Trainer::new(plan, device, &data, &folder, (&interrupt, None))?;
    plan.stages.iter().enumerate().map(|(number, _)| stage(&mut trainer, number, steps)).collect()
}

fn stage<D: Backend>(trainer: &mut Trainer<'_, D>, number: usize, steps: u64) -> Result<Rehearsal, RunError> {
    let before = memory::current_bytes();
    memory::reset_peak();
    let mut taken = Vec::new();
    let mut begun = Instant::now();
    trainer.first_steps(number, steps, &mut |losses| {
        taken.push((losses, begun.elapsed().as_secs_f64()));
        begun = Instant::now();
    })?;
    let stage = trainer.plan.stages[number].name.clone();
    Ok(Rehearsal { stage, steps: taken, peak_bytes: memory::peak_bytes().saturating_sub(before) })
}
