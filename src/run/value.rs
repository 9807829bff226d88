//! Values of the graph: what a wire holds for one draw of the data.
//!
//! Within a step (language.md, section 6) a value that the acting update differentiates is computed with the parameters
//! of now, on the tape; any other is the one first computed in this step, a constant. Where a later update of the step
//! differentiates that very value (the generator's output that a discriminator is shown first), it is computed once, on
//! the later update's tape: the numbers are the same, and a forward pass is spared.

use super::{Built, Run, RunError};
use crate::components::sample::Batch;
use crate::graph::plan::{Plan, Value};
use crate::nn::{BufferUpdate, Mode};
use crate::random::Stream;
use crate::tensor::{Backend, Context, Share, Var};
use std::cell::RefCell;
use std::collections::HashMap;

/// The networks of a run. Interior mutability because running statistics move while values are being computed.
pub struct Models<D: Backend> {
    pub device: D,
    pub networks: Vec<RefCell<Built<D>>>,
}

/// One draw of the data, and the constants computed from it.
pub struct Draw<D: Backend> {
    ports: HashMap<(usize, String), Var<D>>,
    /// Outputs of applications, as first computed.
    first: RefCell<HashMap<usize, Vec<Var<D>>>>,
    /// Passes that updates will go on with, by the update's number.
    begun: RefCell<HashMap<usize, Begun<D>>>,
    /// Of the step; forked for each draw of it.
    pub stream: Stream,
    /// Samples in the batch.
    pub count: usize,
    /// The share of the batch that this is, where other processes have the others.
    pub share: Option<Share>,
}

impl<D: Backend> Draw<D> {
    /// This draw as a share of a batch.
    pub fn sharing(self, share: Option<Share>) -> Self {
        Draw { share, ..self }
    }

    /// The same draw, with nothing computed from it yet, and as if it were a whole batch.
    pub fn again(&self) -> Self {
        Draw::of(self.ports.clone(), self.stream, self.count)
    }

    fn of(ports: HashMap<(usize, String), Var<D>>, stream: Stream, count: usize) -> Self {
        Draw { ports, first: RefCell::default(), begun: RefCell::default(), stream, count, share: None }
    }

    /// Ports of all datasets with their values.
    pub fn ports(&self) -> impl Iterator<Item = (&str, &Var<D>)> {
        self.ports.iter().map(|((_, port), value)| (port.as_str(), value))
    }

    /// The pass of an update, as far as others have begun it.
    pub fn pass(&self, update: usize, device: &D) -> Begun<D> {
        let begun = self.begun.borrow_mut().remove(&update);
        begun.unwrap_or_else(|| {
            let ctx = Context::recording(device).sharing(self.share.clone());
            Begun { ctx, values: HashMap::new(), moved: vec![] }
        })
    }

    /// `batches`: by the number of the dataset that the graph names.
    pub fn new(device: &D, batches: Vec<(usize, Batch)>, stream: Stream) -> Result<Self, RunError> {
        let ctx = Context::inference(device);
        let mut ports = HashMap::new();
        let mut count = 0;
        for (dataset, batch) in batches {
            count = batch.count;
            for (port, shape, values) in batch.ports {
                ports.insert((dataset, port), ctx.constant(values, shape)?);
            }
        }
        Ok(Draw::of(ports, stream, count))
    }
}

/// A recorded forward pass of an update: its tape, and the outputs of applications on it.
pub struct Begun<D: Backend> {
    pub ctx: Context<D>,
    pub values: HashMap<usize, Vec<Var<D>>>,
    /// By network: buffers that the pass moves once the update's turn has come.
    pub moved: Vec<(usize, Vec<BufferUpdate<D>>)>,
}

/// An update that comes later in the step.
pub struct Later {
    /// Of the update in the plan.
    pub number: usize,
    pub roles: Roles,
}

/// How each operation of each network runs for an actor: an update, or nobody.
#[derive(Clone, Debug)]
pub struct Roles {
    /// By network and operation.
    pub modes: Vec<Vec<Mode>>,
    pub learns: Vec<Vec<bool>>,
    /// By application: whether its value depends, through wires that are not detached, on what the actor learns.
    pub differentiated: Vec<bool>,
}

impl Roles {
    /// Roles in a stage for the update that learns `learns`, beside what all the stage's updates learn.
    pub fn new(plan: &Plan, learns: Vec<Vec<bool>>, stage: &[Vec<bool>]) -> Self {
        let mode = |n: usize, op: usize| match (learns[n][op], stage[n][op]) {
            (true, _) => Mode::LEARNING,
            (false, true) => Mode::TRAINING,
            (false, false) => Mode::FROZEN,
        };
        let modes = (0..plan.networks.len()).map(|n| (0..learns[n].len()).map(|op| mode(n, op)).collect()).collect();
        let mut differentiated = vec![false; plan.applications.len()];
        for (i, application) in plan.applications.iter().enumerate() {
            let own = learns[application.network].contains(&true);
            let wired = application.inputs.iter().zip(&application.detach).any(|(value, detached)| match value {
                Value::Node { application, .. } => !detached && differentiated[*application],
                Value::Dataset { .. } => false,
            });
            differentiated[i] = own || wired;
        }
        Roles { modes, learns, differentiated }
    }

    /// Roles when nothing learns: evaluation and prediction.
    pub fn evaluation(plan: &Plan, batch_statistics: bool, dropout: bool) -> Self {
        let mode = Mode { batch_statistics, dropout, move_buffers: false };
        let modes = plan.networks.iter().map(|n| vec![mode; n.ops.len()]).collect();
        let learns = plan.networks.iter().map(|n| vec![false; n.ops.len()]).collect();
        Roles { modes, learns, differentiated: vec![false; plan.applications.len()] }
    }
}

/// Values as one actor sees them in one pass.
pub struct Scene<'a, D: Backend> {
    pub plan: &'a Plan,
    pub models: &'a Models<D>,
    pub ctx: &'a Context<D>,
    pub draw: &'a Draw<D>,
    pub roles: &'a Roles,
    pub check_finite: bool,
    differentiated: RefCell<HashMap<usize, Vec<Var<D>>>>,
    /// Updates that come later in the step, in order.
    later: Vec<&'a Later>,
    /// Where moved buffers wait, in a pass begun ahead.
    waiting: Option<RefCell<Vec<(usize, Vec<BufferUpdate<D>>)>>>,
    constants: Context<D>,
}

impl<'a, D: Backend> Scene<'a, D> {
    pub fn new(
        plan: &'a Plan,
        models: &'a Models<D>,
        ctx: &'a Context<D>,
        draw: &'a Draw<D>,
        roles: &'a Roles,
        check_finite: bool,
    ) -> Self {
        let constants = Context::inference(&models.device).sharing(draw.share.clone());
        let differentiated = RefCell::default();
        let (later, waiting) = (Vec::new(), None);
        Scene { plan, models, ctx, draw, roles, check_finite, differentiated, later, waiting, constants }
    }

    /// Goes on with a pass that others have begun, and begins those of later updates.
    pub fn going_on(
        mut self,
        values: HashMap<usize, Vec<Var<D>>>,
        moved: Vec<(usize, Vec<BufferUpdate<D>>)>,
        later: Vec<&'a Later>,
    ) -> Self {
        for (network, moved) in moved {
            self.models.networks[network].borrow_mut().apply(moved);
        }
        self.differentiated = RefCell::new(values);
        self.later = later;
        self
    }

    /// A value; with its gradient if the actor differentiates it.
    pub fn value(&self, value: &Value) -> Result<Var<D>, RunError> {
        match value {
            Value::Node { application, output } if self.roles.differentiated[*application] => {
                self.output(*application, *output, true)
            }
            other => self.constant(other),
        }
    }

    /// A value as first computed in this step, without gradient.
    pub fn constant(&self, value: &Value) -> Result<Var<D>, RunError> {
        match value {
            Value::Dataset { dataset, port } => {
                let found = self.draw.ports.get(&(*dataset, port.clone())).cloned();
                found.ok_or_else(|| RunError::Internal(format!("`{port}` of dataset {dataset} was not drawn")))
            }
            Value::Node { application, output } => self.output(*application, *output, false),
        }
    }

    /// Applies a network to values. `fixed`: its parameters take no gradient and its buffers stand still, whoever acts.
    pub fn network(&self, network: usize, inputs: &[Var<D>], fixed: bool) -> Result<Vec<Var<D>>, RunError> {
        self.forward(self.ctx, network, inputs, fixed)
    }

    fn output(&self, application: usize, output: usize, differentiated: bool) -> Result<Var<D>, RunError> {
        let memo = if differentiated { &self.differentiated } else { &self.draw.first };
        if let Some(known) = memo.borrow().get(&application) {
            return pick(known, output);
        }
        if !differentiated && self.begin(application)? {
            return pick(self.draw.first.borrow().get(&application).map_or(&[], Vec::as_slice), output);
        }
        let outputs = self.apply(application, differentiated)?;
        let found = pick(&outputs, output);
        if differentiated {
            // Whoever sees it detached later in the step sees this value, though its parameters will have moved.
            let mut first = self.draw.first.borrow_mut();
            first.entry(application).or_insert_with(|| outputs.iter().map(Var::detach).collect());
        }
        memo.borrow_mut().insert(application, outputs);
        found
    }

    /// Computes an application on the tape of the next update that differentiates it, if there is one and this one does
    /// not: then nothing that it depends on moves before that update's turn.
    fn begin(&self, application: usize) -> Result<bool, RunError> {
        if self.roles.differentiated[application] {
            return Ok(false);
        }
        let Some(later) = self.later.iter().find(|l| l.roles.differentiated[application]) else { return Ok(false) };
        let begun = self.draw.pass(later.number, &self.models.device);
        let mut networks: Vec<usize> = begun.moved.iter().map(|(network, _)| *network).collect();
        if !once(self.plan, &later.roles, &begun.values, application, &mut networks) {
            self.draw.begun.borrow_mut().insert(later.number, begun);
            return Ok(false);
        }
        let Begun { ctx, values, moved } = begun;
        let mut scene = Scene::new(self.plan, self.models, &ctx, self.draw, &later.roles, self.check_finite);
        scene.differentiated = RefCell::new(values);
        scene.waiting = Some(RefCell::new(moved));
        scene.output(application, 0, true)?;
        let (values, moved) = (scene.differentiated.into_inner(), scene.waiting.map(RefCell::into_inner));
        self.draw.begun.borrow_mut().insert(later.number, Begun { ctx, values, moved: moved.unwrap_or_default() });
        Ok(true)
    }

    fn apply(&self, application: usize, differentiated: bool) -> Result<Vec<Var<D>>, RunError> {
        let plan = &self.plan.applications[application];
        let inputs = plan
            .inputs
            .iter()
            .zip(&plan.detach)
            .map(|(value, detach)| if differentiated && !detach { self.value(value) } else { self.constant(value) })
            .collect::<Result<Vec<_>, _>>()?;
        let ctx = if differentiated { self.ctx } else { &self.constants };
        self.forward(ctx, plan.network, &inputs, !differentiated)
    }

    fn forward(
        &self,
        ctx: &Context<D>,
        network: usize,
        inputs: &[Var<D>],
        fixed: bool,
    ) -> Result<Vec<Var<D>>, RunError> {
        let still: Vec<Mode> = self.roles.modes[network].iter().map(|m| Mode { move_buffers: false, ..*m }).collect();
        let nothing = vec![false; still.len()];
        let (modes, learns) = match fixed {
            true => (&still, &nothing),
            false => (&self.roles.modes[network], &self.roles.learns[network]),
        };
        let run = Run { modes, learns, stream: self.draw.stream, check_finite: self.check_finite };
        let moved = RefCell::default();
        let outputs = self.models.networks[network].borrow().forward(ctx, inputs, &run, &moved)?;
        let moved = moved.into_inner();
        if moved.is_empty() || self.check_finite {
            return Ok(outputs);
        }
        if let Some(waiting) = &self.waiting {
            waiting.borrow_mut().push((network, moved));
        } else {
            self.models.networks[network].borrow_mut().apply(moved);
        }
        Ok(outputs)
    }
}

/// Whether computing an application applies no network a second time: the second would have to see the buffers as the
/// first has moved them, and they wait.
fn once<D: Backend>(
    plan: &Plan,
    roles: &Roles,
    known: &HashMap<usize, Vec<Var<D>>>,
    application: usize,
    networks: &mut Vec<usize>,
) -> bool {
    let this = &plan.applications[application];
    if known.contains_key(&application) {
        return true;
    }
    if networks.contains(&this.network) {
        return false;
    }
    networks.push(this.network);
    this.inputs.iter().zip(&this.detach).all(|(value, detached)| match value {
        Value::Node { application, .. } if !detached && roles.differentiated[*application] => {
            once(plan, roles, known, *application, networks)
        }
        _ => true,
    })
}

fn pick<D: Backend>(outputs: &[Var<D>], output: usize) -> Result<Var<D>, RunError> {
    outputs.get(output).cloned().ok_or_else(|| RunError::Internal(format!("output {output} is missing")))
}
