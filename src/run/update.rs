//! One update of a step: forward, backward, optimizer, for one player.

mod shared;

use super::value::{Begun, Later};
use super::{Draw, Models, Objective, Roles, RunError, Scene};
use crate::components::optimizer::{self, Rule};
use crate::components::schedule::{self, Clock, Schedule};
use crate::graph::plan::{self, Clip, Plan, Stage};
use crate::record::{Term, UpdateRecord};
use crate::tensor::ops::optimizer::{Adam, RmsProp, Sgd};
use crate::tensor::{Backend, Context, Tensor, Var, ops, storage_mut};
use std::time::Instant;

/// A parameter that an update learns, with what the optimizer keeps for it.
pub struct Learnt<D: Backend> {
    pub network: usize,
    pub op: usize,
    pub parameter: usize,
    /// `generator/first/conv/weight`.
    pub path: String,
    rate: f64,
    pub moments: Vec<Tensor<D>>,
    /// The moving copy, if the update keeps one.
    pub average: Option<Tensor<D>>,
}

/// An update of the plan at work in a stage.
pub struct Updater<D: Backend> {
    pub plan: plan::Update,
    rule: Rule,
    schedule: Box<dyn Schedule>,
    /// Ramps of the terms' weights, in the order of `plan.terms`.
    ramps: Vec<Box<dyn Schedule>>,
    roles: Roles,
    number: usize,
    /// The stage's updates after this one, each with how often it acts.
    later: Vec<(Later, usize)>,
    pub learnt: Vec<Learnt<D>>,
    /// Optimizer steps done in this stage.
    pub steps: u64,
}

/// By network and operation: whether an update learns it.
pub fn learns(plan: &Plan, update: &plan::Update) -> Vec<Vec<bool>> {
    let mut all: Vec<Vec<bool>> = plan.networks.iter().map(|n| vec![false; n.ops.len()]).collect();
    for part in &update.learns {
        for (op, _) in &part.ops {
            all[part.network][*op] = true;
        }
    }
    all
}

/// A term of a loss that the device has perhaps not come to yet.
struct Unread<D: Backend> {
    loss: String,
    raw: Var<D>,
    weight: f64,
}

impl<D: Backend> Unread<D> {
    /// Waits for its value.
    fn read(self) -> (String, Term) {
        let raw = f64::from(self.raw.item());
        (self.loss, Term { raw, weighted: raw * self.weight })
    }
}

impl<D: Backend> Updater<D> {
    pub fn new(plan: &Plan, number: usize, stage: &Stage, models: &Models<D>) -> Result<Self, RunError> {
        let update = plan.updates[number].clone();
        let problem = || RunError::problem(&update.name);
        let rule = optimizer::build(&update.optimizer.name, &update.optimizer.settings).map_err(problem())?;
        let schedule = schedule::build(&update.schedule.name, &update.schedule.settings).map_err(problem())?;
        let ramps = update.terms.iter().map(|(loss, _)| {
            let ramp = &plan.losses[*loss].ramp;
            schedule::build(&ramp.name, &ramp.settings)
        });
        let ramps = ramps.collect::<Result<_, _>>().map_err(problem())?;
        let mut together: Vec<Vec<bool>> = plan.networks.iter().map(|n| vec![false; n.ops.len()]).collect();
        for other in &stage.updates {
            for (all, one) in together.iter_mut().zip(learns(plan, &plan.updates[*other])) {
                all.iter_mut().zip(one).for_each(|(a, b)| *a |= b);
            }
        }
        let roles = |other: &plan::Update| Roles::new(plan, learns(plan, other), &together);
        let later = stage.updates.iter().skip_while(|u| **u != number).skip(1).map(|u| {
            let other = &plan.updates[*u];
            (Later { number: *u, roles: roles(other) }, other.every)
        });
        let later = later.collect();
        let roles = roles(&update);
        let learnt = learnt(&update, &rule, models)?;
        Ok(Updater { plan: update, rule, schedule, ramps, roles, number, later, learnt, steps: 0 })
    }

    /// `plan.times` optimizer steps. `first` is the step's own draw; more draws come from `more`.
    pub fn run(
        &mut self,
        plan: &Plan,
        models: &Models<D>,
        objectives: &mut [Objective<D>],
        clock: Clock,
        first: &Draw<D>,
        more: &mut dyn FnMut() -> Result<Draw<D>, RunError>,
    ) -> Result<UpdateRecord, RunError> {
        let start = Instant::now();
        let mut record =
            UpdateRecord { learning_rate: self.rule.lr() * self.schedule.factor(clock), ..Default::default() };
        let batches = self.plan.times * self.plan.accumulate;
        let share = 1.0 / batches as f64;
        for time in 0..self.plan.times {
            let mut gradients: Vec<Option<D::Vec>> = self.learnt.iter().map(|_| None).collect();
            for part in 0..self.plan.accumulate {
                let drawn;
                // The step's own draw is the later updates' too; the others are nobody else's.
                let draw = if time == 0 && part == 0 {
                    (first, true)
                } else {
                    drawn = more()?;
                    (&drawn, false)
                };
                self.differentiate(plan, models, objectives, clock, draw, share, &mut gradients, &mut record)?;
            }
            if let Some(share) = &first.share {
                share.average(&models.device, &mut gradients)?;
            }
            record.gradient_norm += self.clip(models, &mut gradients)? / self.plan.times as f64;
            self.step(models, record.learning_rate, gradients, clock)?;
        }
        record.seconds = start.elapsed().as_secs_f64();
        Ok(record)
    }

    /// Adds the gradients of one draw; `shared`: later updates of the step have it too.
    #[allow(clippy::too_many_arguments, reason = "one pass reads the whole step")]
    fn differentiate(
        &self,
        plan: &Plan,
        models: &Models<D>,
        objectives: &mut [Objective<D>],
        clock: Clock,
        (draw, shared): (&Draw<D>, bool),
        share: f64,
        gradients: &mut [Option<D::Vec>],
        record: &mut UpdateRecord,
    ) -> Result<(), RunError> {
        let Begun { ctx, values, moved } = draw.pass(self.number, &models.device);
        let acting = self.later.iter().filter(|(_, every)| clock.step.is_multiple_of(*every as u64));
        let later = if shared { acting.map(|(later, _)| later).collect() } else { vec![] };
        let scene = Scene::new(plan, models, &ctx, draw, &self.roles, false).going_on(values, moved, later);
        let (total, terms) = self.total(&scene, objectives, clock)?;
        drop(scene);
        let scaled = ops::arithmetic::affine(&ctx, &total, 1.0 / self.plan.accumulate as f32, 0.0)?;
        drop(total);
        let mut found = ctx.backward(&scaled)?;
        // Read only now: a device has computed the way back meanwhile.
        let mut terms: Vec<(String, Term)> = terms.into_iter().map(Unread::read).collect();
        if let Some(share) = &draw.share {
            shared::mean(share, &mut terms)?;
        }
        self.check(plan, models, objectives, clock, draw, &terms)?;
        for (name, term) in terms {
            let sum = record.terms.entry(name).or_default();
            sum.raw += term.raw * share;
            sum.weighted += term.weighted * share;
        }
        for (learnt, sum) in self.learnt.iter().zip(gradients) {
            let gradient = {
                let network = models.networks[learnt.network].borrow();
                found.take(&network.state.ops[learnt.op].parameters[learnt.parameter].tensor)?
            };
            *sum = match (sum.take(), gradient) {
                (Some(mut sum), Some(new)) => {
                    models
                        .device
                        .accumulate(&mut sum, &new)
                        .map_err(|e| crate::tensor::Error::device("gradient", e))?;
                    Some(sum)
                }
                (sum, new) => new.or(sum),
            };
        }
        Ok(())
    }

    /// The weighted sum of the terms, and each by itself.
    fn total(
        &self,
        scene: &Scene<'_, D>,
        objectives: &mut [Objective<D>],
        clock: Clock,
    ) -> Result<(Var<D>, Vec<Unread<D>>), RunError> {
        let mut total: Option<Var<D>> = None;
        let mut terms = Vec::with_capacity(self.plan.terms.len());
        for ((loss, side), ramp) in self.plan.terms.iter().zip(&self.ramps) {
            let objective = &mut objectives[*loss];
            let weight = objective.weight(*side) * ramp.factor(clock);
            let raw = objective.term(scene, *side)?;
            terms.push(Unread { loss: objective.plan.name.clone(), raw: raw.detach(), weight });
            // Weight 0 computes and logs without gradient.
            let raw = if weight == 0.0 { raw.detach() } else { raw };
            let weighted = ops::arithmetic::affine(scene.ctx, &raw, weight as f32, 0.0)?;
            total = Some(match total {
                None => weighted,
                Some(sum) => ops::arithmetic::add(scene.ctx, &sum, &weighted)?,
            });
        }
        let total = total.ok_or_else(|| RunError::Internal(format!("update `{}` has no loss", self.plan.name)))?;
        Ok((total, terms))
    }

    /// Stops at a loss that is not finite, naming it and the first node whose value is not.
    fn check(
        &self,
        plan: &Plan,
        models: &Models<D>,
        objectives: &mut [Objective<D>],
        clock: Clock,
        draw: &Draw<D>,
        terms: &[(String, Term)],
    ) -> Result<(), RunError> {
        let Some((loss, term)) = terms.iter().find(|(_, t)| !t.raw.is_finite()) else { return Ok(()) };
        let ctx = Context::inference(&models.device);
        let again = draw.again();
        let scene = Scene::new(plan, models, &ctx, &again, &self.roles, true);
        let node = match self.total(&scene, objectives, clock) {
            Err(RunError::NotFiniteAt { path }) => Some(path),
            _ => None,
        };
        let node = match &draw.share {
            Some(share) => shared::first_said(share, node)?,
            None => node,
        };
        let (update, value, step) = (self.plan.name.clone(), term.raw, clock.step + 1);
        Err(RunError::NotFinite { loss: loss.clone(), update, value, step, node })
    }

    /// Clips, and gives the common norm before.
    fn clip(&self, models: &Models<D>, gradients: &mut [Option<D::Vec>]) -> Result<f64, RunError> {
        let device = &models.device;
        let failed = |e: D::Err| RunError::Tensor(crate::tensor::Error::device("clip", e));
        let all: Vec<&D::Vec> = gradients.iter().flatten().collect();
        let norm = device.sums_of_squares(&all).map_err(failed)?.into_iter().sum::<f64>().sqrt();
        match self.plan.clip {
            Clip::Norm(most) if norm > most => {
                for gradient in gradients.iter_mut().flatten() {
                    device.scale(gradient, (most / norm) as f32).map_err(failed)?;
                }
            }
            Clip::Value(most) => {
                for gradient in gradients.iter_mut().flatten() {
                    device.clamp(gradient, -most as f32, most as f32).map_err(failed)?;
                }
            }
            _ => {}
        }
        Ok(norm)
    }

    fn step(
        &mut self,
        models: &Models<D>,
        lr: f64,
        gradients: Vec<Option<D::Vec>>,
        clock: Clock,
    ) -> Result<(), RunError> {
        self.steps += 1;
        let device = &models.device;
        let failed = |e: D::Err| RunError::Tensor(crate::tensor::Error::device("optimizer", e));
        for (learnt, gradient) in self.learnt.iter_mut().zip(gradients) {
            let mut network = models.networks[learnt.network].borrow_mut();
            let tensor = &mut network.state.ops[learnt.op].parameters[learnt.parameter].tensor;
            let shared = || RunError::Internal(format!("`{}` is still in use", learnt.path));
            let parameter = storage_mut(tensor)?.ok_or_else(shared)?;
            if let Some(gradient) = gradient {
                let mut moments = Vec::with_capacity(learnt.moments.len());
                for moment in &mut learnt.moments {
                    moments.push(storage_mut(moment)?.ok_or_else(shared)?);
                }
                apply(device, &self.rule, lr * learnt.rate, self.steps, parameter, &gradient, moments)
                    .map_err(failed)?;
            }
            if let Some(bound) = self.plan.clamp {
                device.clamp(parameter, -bound as f32, bound as f32).map_err(failed)?;
            }
            if let (Some(copy), Some(average)) = (&mut learnt.average, &self.plan.average) {
                let copy = storage_mut(copy)?.ok_or_else(shared)?;
                let begun = clock.step >= average.from.steps(clock.epoch_steps, clock.stage_steps);
                let decay = if begun { average.decay as f32 } else { 0.0 };
                device.moving_average(copy, parameter, decay).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Whether an update acts in a step (zero-based).
    pub fn acts(&self, step: u64) -> bool {
        step.is_multiple_of(self.plan.every as u64)
    }
}

fn learnt<D: Backend>(update: &plan::Update, rule: &Rule, models: &Models<D>) -> Result<Vec<Learnt<D>>, RunError> {
    let ctx = Context::inference(&models.device);
    let mut all = Vec::new();
    for part in &update.learns {
        let network = models.networks[part.network].borrow();
        for (op, rate) in &part.ops {
            let state = &network.state.ops[*op];
            for (parameter, named) in state.parameters.iter().enumerate() {
                let value = Var::constant(named.tensor.clone());
                let zeros = || ctx.tensor(vec![0.0; value.len()], value.shape());
                let moments = rule.moments().iter().map(|_| zeros()).collect::<Result<_, _>>()?;
                let average = match update.average {
                    Some(_) => Some(ctx.tensor(value.to_vec(), value.shape())?),
                    None => None,
                };
                let path = format!("{}/{}", state.path, named.name);
                all.push(Learnt { network: part.network, op: *op, parameter, path, rate: *rate, moments, average });
            }
        }
    }
    Ok(all)
}

/// One optimizer step of one parameter.
fn apply<D: Backend>(
    device: &D,
    rule: &Rule,
    lr: f64,
    step: u64,
    parameter: &mut D::Vec,
    gradient: &D::Vec,
    mut moments: Vec<&mut D::Vec>,
) -> Result<(), D::Err> {
    match (*rule, &mut moments[..]) {
        (Rule::Adam { betas, epsilon, weight_decay, decoupled, .. }, [first, second]) => {
            let rule = Adam { lr, betas, epsilon, weight_decay, decoupled, step };
            device.adam_step(&rule, parameter, gradient, first, second)
        }
        (Rule::RmsProp { alpha, epsilon, weight_decay, .. }, [second]) => {
            device.rmsprop_step(&RmsProp { lr, alpha, epsilon, weight_decay }, parameter, gradient, second)
        }
        (Rule::Sgd { momentum, nesterov, weight_decay, .. }, velocity) => {
            let velocity = velocity.first_mut().map(|v| &mut **v);
            device.sgd_step(&Sgd { lr, momentum, nesterov, weight_decay }, parameter, gradient, velocity)
        }
        // `Rule::moments` names as many as are matched here.
        _ => Ok(()),
    }
}
