//! A network at work: modules, parameters, and the forward pass over its operations.

use super::RunError;
use crate::components::{self, NodeEntry, init};
use crate::graph::plan::{Network, Op, OpSource};
use crate::nn::{BufferUpdate, Inputs, Mode, Module, Named, NetworkState, OpState, Pass};
use crate::random::Stream;
use crate::registry::{Parameter, Start};
use crate::tensor::{Backend, Context, Var};
use std::cell::RefCell;

/// A network of the plan with its modules and tensors.
pub struct Built<D: Backend> {
    pub plan: Network,
    pub state: NetworkState<D>,
    pub(super) modules: Vec<Box<dyn Module<D>>>,
    /// By operation: the last operation that reads it, or its own number if none does; outputs live to the end.
    last_use: Vec<usize>,
}

/// How a forward pass runs.
pub struct Run<'a> {
    /// By operation.
    pub modes: &'a [Mode],
    /// By operation: whether parameters want gradients.
    pub learns: &'a [bool],
    /// Of this step.
    pub stream: Stream,
    /// Look at every value; the path of the first that is not finite is an error.
    pub check_finite: bool,
}

impl<D: Backend> Built<D> {
    /// Modules, and parameters by the node's `init` (each drawn from a stream of its own path).
    pub fn new(plan: &Network, device: &D, seed: u64) -> Result<Self, RunError> {
        let init = init::build(&plan.init.name, &plan.init.settings).map_err(RunError::problem(&plan.node))?;
        let stream = Stream::new(seed, "init");
        Self::filled(plan, device, |op, p| match p.init {
            Start::Constant(value) => vec![value; p.shape.iter().product()],
            Start::Weight { transposed } => {
                init.fill(init::Fans { shape: p.shape, transposed }, stream.named(&op.path).named(p.name))
            }
        })
    }

    /// Modules, and zeros for parameters that a checkpoint is about to give.
    pub fn blank(plan: &Network, device: &D) -> Result<Self, RunError> {
        Self::filled(plan, device, |_, p| vec![0.0; p.shape.iter().product()])
    }

    /// Modules, and what `fill` gives for parameters.
    pub(super) fn filled(
        plan: &Network,
        device: &D,
        fill: impl Fn(&Op, &Parameter) -> Vec<f32>,
    ) -> Result<Self, RunError> {
        let entries = components::nodes::<D>();
        let modules = plan.ops.iter().map(|op| build(&entries, op)).collect::<Result<_, _>>()?;
        let ctx = Context::inference(device);
        let mut ops = Vec::with_capacity(plan.ops.len());
        for op in plan.ops.iter() {
            let mut state = OpState { path: op.path.to_string(), parameters: vec![], buffers: vec![] };
            for p in &op.inferred.parameters {
                state.parameters.push(Named { name: p.name, tensor: ctx.tensor(fill(op, p), p.shape)? });
            }
            for b in &op.inferred.buffers {
                let values = vec![b.fill; b.shape.iter().product()];
                state.buffers.push(Named { name: b.name, tensor: ctx.tensor(values, b.shape)? });
            }
            ops.push(state);
        }
        Ok(Built { plan: plan.clone(), state: NetworkState { ops }, modules, last_use: last_use(plan) })
    }

    /// Runs the operations in order. `inputs` in the order of the plan's; outputs likewise. Values that nothing later
    /// reads are dropped as it goes.
    pub fn forward(
        &self,
        ctx: &Context<D>,
        inputs: &[Var<D>],
        run: &Run<'_>,
        moved: &RefCell<Vec<BufferUpdate<D>>>,
    ) -> Result<Vec<Var<D>>, RunError> {
        let mut values: Vec<Vec<Option<Var<D>>>> = vec![Vec::new(); self.plan.ops.len()];
        for (i, op) in self.plan.ops.iter().enumerate() {
            let ports = op
                .inputs
                .iter()
                .map(|(port, sources)| Ok((port.to_string(), self.gather(i, sources, inputs, &values)?)))
                .collect::<Result<Vec<_>, RunError>>()?;
            let state = (i, &self.state.ops[i]);
            let pass = Pass::new(ctx, run.modes[i], state, run.learns[i], &run.stream, moved);
            let outputs = self.modules[i]
                .forward(&pass, &Inputs::new(ports))
                .map_err(|error| RunError::Operation { path: op.path.to_string(), error })?;
            if run.check_finite && outputs.iter().flatten().any(|v| v.to_vec().iter().any(|x| !x.is_finite())) {
                return Err(RunError::NotFiniteAt { path: op.path.to_string() });
            }
            values[i] = outputs;
            for (_, sources) in op.inputs.iter() {
                for source in sources {
                    if let OpSource::Op { op, .. } = *source
                        && self.last_use[op] == i
                    {
                        values[op].clear();
                    }
                }
            }
        }
        let end = self.plan.ops.len();
        self.plan.outputs.iter().map(|o| self.value(end, o.from, inputs, &values)).collect()
    }

    fn gather(
        &self,
        at: usize,
        sources: &[OpSource],
        inputs: &[Var<D>],
        values: &[Vec<Option<Var<D>>>],
    ) -> Result<Vec<Var<D>>, RunError> {
        sources.iter().map(|s| self.value(at, *s, inputs, values)).collect()
    }

    fn value(
        &self,
        at: usize,
        source: OpSource,
        inputs: &[Var<D>],
        values: &[Vec<Option<Var<D>>>],
    ) -> Result<Var<D>, RunError> {
        let found = match source {
            OpSource::Input(i) => inputs.get(i).cloned(),
            OpSource::Op { op, output } => values.get(op).and_then(|v| v.get(output)).cloned().flatten(),
        };
        found
            .ok_or_else(|| RunError::Internal(format!("`{}`: {source:?} is missing at operation {at}", self.plan.node)))
    }

    /// Applies what a forward pass moved.
    pub fn apply(&mut self, moved: Vec<BufferUpdate<D>>) {
        for update in moved {
            let buffers = &mut self.state.ops[update.op].buffers;
            if let Some(buffer) = buffers.iter_mut().find(|b| b.name == update.name) {
                buffer.tensor = update.tensor;
            }
        }
    }
}

fn build<D: Backend>(entries: &[NodeEntry<D>], op: &Op) -> Result<Box<dyn Module<D>>, RunError> {
    let card = |e: &&NodeEntry<D>| e.entry.card.family == op.component.family && e.entry.card.name == op.component.name;
    let build = entries.iter().find(card).and_then(|e| e.build).ok_or_else(|| {
        RunError::Internal(format!("`{}/{}` cannot run by itself", op.component.family, op.component.name))
    })?;
    build(&op.component.settings, &op.input_edges).map_err(RunError::problem(&op.path))
}

fn last_use(plan: &Network) -> Vec<usize> {
    let mut last: Vec<usize> = (0..plan.ops.len()).collect();
    for (i, op) in plan.ops.iter().enumerate() {
        for source in op.inputs.iter().flat_map(|(_, s)| s) {
            if let OpSource::Op { op, .. } = source {
                last[*op] = i;
            }
        }
    }
    for output in &plan.outputs {
        if let OpSource::Op { op, .. } = output.from {
            last[op] = plan.ops.len();
        }
    }
    last
}
