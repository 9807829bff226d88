//! Between a run in memory and a checkpoint: which tensor has which name.
//!
//! `generator/first/conv/weight` is a parameter or buffer; `update:generator:first-moment:<path>` what an optimizer
//! keeps, `update:generator:average:<path>` a moving copy, `pool:global/0:3:1` input 1 of the fourth fake of a pool.

use super::checkpoint::{Checkpoint, Position, Tensors};
use super::train::Trainer;
use super::{Models, RunError, Updater};
use crate::components::optimizer;
use crate::tensor::{Backend, Context, Tensor, Var};
use std::collections::HashMap;
use std::path::PathBuf;

/// Everything that a run needs to go on to the same bits.
pub fn gather<D: Backend>(mut position: Position, trainer: &Trainer<'_, D>, updaters: &[Updater<D>]) -> Checkpoint {
    let mut tensors = Tensors::new();
    for network in &trainer.models.networks {
        for (name, tensor) in network.borrow().state.tensors() {
            tensors.insert(name, host(tensor));
        }
    }
    for updater in updaters {
        position.optimizer_steps.insert(updater.plan.name.clone(), updater.steps);
        for (name, tensor) in kept(updater) {
            tensors.insert(name, host(tensor));
        }
    }
    for objective in &trainer.objectives {
        for (element, pool) in objective.pools.iter().enumerate() {
            let pool_name = format!("{}/{element}", objective.plan.name);
            position.pool_draws.insert(pool_name.clone(), pool.draws);
            for (i, bundle) in pool.kept.iter().enumerate() {
                for (j, (values, shape)) in bundle.iter().enumerate() {
                    tensors.insert(format!("pool:{pool_name}:{i}:{j}"), (shape.to_vec(), values.clone()));
                }
            }
        }
    }
    Checkpoint { position, tensors }
}

/// Puts a checkpoint back.
pub fn restore<D: Backend>(
    checkpoint: &Checkpoint,
    trainer: &mut Trainer<'_, D>,
    updaters: &mut [Updater<D>],
) -> Result<(), RunError> {
    restore_networks(checkpoint, &trainer.models, false)?;
    let ctx = Context::inference(&trainer.models.device);
    for updater in updaters {
        updater.steps = checkpoint.position.optimizer_steps.get(&updater.plan.name).copied().unwrap_or(0);
        let names: Vec<String> = kept(updater).into_iter().map(|(name, _)| name).collect();
        let mut names = names.into_iter();
        for learnt in &mut updater.learnt {
            for tensor in learnt.moments.iter_mut().chain(&mut learnt.average) {
                if let Some(name) = names.next() {
                    *tensor = load(&ctx, checkpoint, &name, tensor)?;
                }
            }
        }
    }
    for objective in &mut trainer.objectives {
        for (element, pool) in objective.pools.iter_mut().enumerate() {
            let name = format!("{}/{element}", objective.plan.name);
            pool.draws = checkpoint.position.pool_draws.get(&name).copied().unwrap_or(0);
            pool.kept = bundles(&checkpoint.tensors, &name);
        }
    }
    Ok(())
}

/// Puts back parameters and buffers; `average`: moving copies in the place of the parameters they are of.
pub fn restore_networks<D: Backend>(
    checkpoint: &Checkpoint,
    models: &Models<D>,
    average: bool,
) -> Result<(), RunError> {
    let ctx = Context::inference(&models.device);
    let copies: HashMap<&str, &str> = checkpoint
        .tensors
        .keys()
        .filter(|_| average)
        .filter_map(|key| key.split_once(":average:").map(|(_, name)| (name, key.as_str())))
        .collect();
    for network in &models.networks {
        for (name, tensor) in network.borrow_mut().state.tensors_mut() {
            let source = copies.get(name.as_str()).copied().unwrap_or(&name);
            *tensor = load(&ctx, checkpoint, source, tensor)?;
        }
    }
    Ok(())
}

/// What an update keeps, by name, in the order of `learnt`.
fn kept<D: Backend>(updater: &Updater<D>) -> Vec<(String, &Tensor<D>)> {
    let name = &updater.plan.name;
    let rule = optimizer::build(&updater.plan.optimizer.name, &updater.plan.optimizer.settings);
    let moments = rule.map(|r| r.moments()).unwrap_or_default();
    let mut all = Vec::new();
    for learnt in &updater.learnt {
        for (moment, tensor) in moments.iter().zip(&learnt.moments) {
            all.push((format!("update:{name}:{moment}:{}", learnt.path), tensor));
        }
        if let Some(tensor) = &learnt.average {
            all.push((format!("update:{name}:average:{}", learnt.path), tensor));
        }
    }
    all
}

fn host<D: Backend>(tensor: &Tensor<D>) -> (Vec<usize>, Vec<f32>) {
    let var = Var::constant(tensor.clone());
    (var.shape().to_vec(), var.to_vec())
}

fn load<D: Backend>(
    ctx: &Context<D>,
    checkpoint: &Checkpoint,
    name: &str,
    like: &Tensor<D>,
) -> Result<Tensor<D>, RunError> {
    let unfit = |reason: String| RunError::DoesNotFit { path: PathBuf::from("checkpoints"), reason };
    let shape = Var::constant(like.clone()).shape();
    match checkpoint.tensors.get(name) {
        None => Err(unfit(format!("it lacks `{name}`"))),
        Some((found, _)) if found[..] != shape => Err(unfit(format!("`{name}` is {found:?}, expected {shape:?}"))),
        Some((_, values)) => Ok(ctx.tensor(values.clone(), shape)?),
    }
}

/// Bundles of a pool, in order.
fn bundles(tensors: &Tensors, pool: &str) -> Vec<Vec<(Vec<f32>, [usize; 3])>> {
    let mut all = Vec::new();
    for i in 0.. {
        let input = |j: usize| tensors.get(&format!("pool:{pool}:{i}:{j}"));
        let bundle: Vec<_> = (0..)
            .map_while(input)
            .map(|(shape, values)| {
                let size = |k: usize| shape.get(k).copied().unwrap_or(1);
                (values.clone(), [size(0), size(1), size(2)])
            })
            .collect();
        if bundle.is_empty() {
            return all;
        }
        all.push(bundle);
    }
    all
}
