//! What a value depends on: the operations a gradient arrives at, and everything needed to compute it.

use crate::graph::open::Opened;
use crate::graph::plan::{Application, ElementInputs, Loss, Network, OpSource, Value};
use std::collections::BTreeSet;

/// Operations, by network.
#[derive(Clone, Debug, Default)]
pub struct Ops(Vec<Vec<bool>>);

impl Ops {
    /// Whether it is a new one.
    pub fn insert(&mut self, network: usize, op: usize) -> bool {
        self.0.resize_with(self.0.len().max(network + 1), Vec::new);
        let ops = &mut self.0[network];
        ops.resize(ops.len().max(op + 1), false);
        !std::mem::replace(&mut ops[op], true)
    }

    pub fn contains(&self, network: usize, op: usize) -> bool {
        self.0.get(network).and_then(|ops| ops.get(op)).is_some_and(|there| *there)
    }

    /// The networks that operations are of.
    pub fn networks(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(|(_, ops)| !ops.is_empty()).map(|(network, _)| network)
    }

    /// (network, operation), in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        let ops = |(network, ops): (usize, &'_ Vec<bool>)| {
            let there = ops.iter().enumerate().filter(|(_, there)| **there).map(|(op, _)| (network, op));
            there.collect::<Vec<_>>()
        };
        self.0.iter().enumerate().flat_map(ops)
    }
}

/// What is needed to compute some values.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    pub applications: BTreeSet<usize>,
    pub datasets: BTreeSet<usize>,
}

/// The resolved graph, to be walked against its wires.
pub struct Graph<'a> {
    pub networks: Vec<&'a Network>,
    pub applications: &'a [Application],
}

impl<'a> Graph<'a> {
    pub fn of(opened: &'a [Opened], applications: &'a [Application]) -> Self {
        Graph { networks: opened.iter().map(|o| &o.network).collect(), applications }
    }

    /// Operations that a gradient from `values` arrives at, not passing through networks that `closed` names.
    pub fn gradient(&self, values: &[Value], closed: &dyn Fn(usize) -> bool) -> Ops {
        let mut ops = Ops::default();
        // By application: an operation of a network may be reached in one application and not in another.
        let (mut inputs, mut passed) = (Ops::default(), Ops::default());
        let mut todo: Vec<Value> = values.to_vec();
        while let Some(value) = todo.pop() {
            let Value::Node { application, output } = value else { continue };
            let applied = &self.applications[application];
            if closed(applied.network) {
                continue;
            }
            let network = self.networks[applied.network];
            let mut sources = vec![network.outputs[output].from];
            while let Some(source) = sources.pop() {
                let new = match source {
                    OpSource::Input(i) => inputs.insert(application, i),
                    OpSource::Op { op, .. } => passed.insert(application, op),
                };
                if !new {
                    continue;
                }
                match source {
                    OpSource::Input(i) if applied.detach.get(i).copied().unwrap_or(false) => {}
                    OpSource::Input(i) => todo.extend(applied.inputs.get(i).cloned()),
                    OpSource::Op { op, .. } => {
                        ops.insert(applied.network, op);
                        sources.extend(network.ops[op].inputs.iter().flat_map(|(_, from)| from.iter().copied()));
                    }
                }
            }
        }
        ops
    }

    /// All of a network's operations that its outputs depend on.
    pub fn of_network(&self, index: usize) -> Ops {
        let network = self.networks[index];
        let mut ops = Ops::default();
        let mut sources: Vec<OpSource> = network.outputs.iter().map(|o| o.from).collect();
        while let Some(source) = sources.pop() {
            if let OpSource::Op { op, .. } = source
                && ops.insert(index, op)
            {
                sources.extend(network.ops[op].inputs.iter().flat_map(|(_, from)| from.iter().copied()));
            }
        }
        ops
    }

    /// Applications and datasets that `values` are computed from, gradient or not.
    pub fn needs<'v>(&self, values: impl IntoIterator<Item = &'v Value>) -> Needs {
        let mut needs = Needs::default();
        let mut todo: Vec<Value> = values.into_iter().cloned().collect();
        while let Some(value) = todo.pop() {
            match value {
                Value::Dataset { dataset, .. } => {
                    needs.datasets.insert(dataset);
                }
                Value::Node { application, .. } => {
                    if needs.applications.insert(application) {
                        todo.extend(self.applications[application].inputs.iter().cloned());
                    }
                }
            }
        }
        needs
    }

    /// Whether a network has anything to learn.
    pub fn holds_parameters(&self, network: usize) -> bool {
        self.networks[network].ops.iter().any(|op| !op.inferred.parameters.is_empty())
    }
}

/// Every value that a loss reads.
pub fn read_by(loss: &Loss) -> Vec<&Value> {
    loss.elements
        .iter()
        .flat_map(|e| match &e.inputs {
            ElementInputs::Plain(ports) => ports.iter().map(|(_, v)| v).collect::<Vec<_>>(),
            ElementInputs::Shown { real, fake } => real.iter().chain(fake).collect(),
        })
        .collect()
}

/// The values through which a loss's gradient leaves: not the detached ones, of an adversarial loss the fakes.
pub fn differentiated(loss: &Loss) -> Vec<Value> {
    let attached = |port: &str| !loss.detach.iter().any(|d| d == port);
    let of = |inputs: &ElementInputs| -> Vec<Value> {
        match inputs {
            ElementInputs::Plain(ports) => {
                ports.iter().filter(|(port, _)| attached(port)).map(|(_, v)| v.clone()).collect()
            }
            ElementInputs::Shown { fake, .. } if attached("fake") => fake.clone(),
            ElementInputs::Shown { .. } => vec![],
        }
    };
    loss.elements.iter().flat_map(|e| of(&e.inputs)).collect()
}
