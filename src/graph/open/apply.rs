//! A network on other inputs than those it was opened with: same operations, same parameters, shapes anew.

use super::{Opened, Wired, leaf, network_inputs};
use crate::diagnostic::Diagnostic;
use crate::graph::library::Library;
use crate::graph::plan::{NetworkPort, Op, OpCost, OpSource};
use crate::registry::{Edge, Inferred, InputEdges, Make, Problem};
use std::sync::{Arc, Mutex, PoisonError};

/// Edges of the network's outputs and costs by operation.
pub type Applied = (Vec<Edge>, Vec<OpCost>);

/// What came of networks on other inputs: cells that share a network apply it alike.
#[derive(Default)]
pub struct Applications {
    known: Mutex<Vec<(Arc<Vec<Op>>, Vec<Edge>, Applied)>>,
}

impl Applications {
    fn find(&self, ops: &Arc<Vec<Op>>, edges: &[Edge]) -> Option<Applied> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let same =
            |(theirs, inputs, _): &&(Arc<Vec<Op>>, Vec<Edge>, Applied)| Arc::ptr_eq(theirs, ops) && inputs == edges;
        known.iter().find(same).map(|(.., applied)| applied.clone())
    }

    fn keep(&self, ops: &Arc<Vec<Op>>, edges: Vec<Edge>, applied: &Applied) {
        let known = (ops.clone(), edges, applied.clone());
        self.known.lock().unwrap_or_else(PoisonError::into_inner).push(known);
    }
}

impl Library<'_> {
    /// The same network, same parameters, on other inputs (`apply`, discriminators, feature losses). Gives the edges of
    /// `network.outputs` and the costs by operation. The inputs are those of the first application in number and may
    /// differ in size; an error where that would need other parameters. `label` names the application in errors.
    pub fn apply(
        &self,
        opened: &Opened,
        label: &str,
        inputs: &[Wired],
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Applied> {
        let network = &opened.network;
        let card = network.component.split_once('/').and_then(|(family, name)| self.card(family, name))?;
        let given = network_inputs(&card, inputs);
        let (ports, edges): (Vec<_>, Vec<_>) = given.into_iter().map(|(port, v)| (port, v.edge.clone())).unzip();
        if ports != network.inputs {
            let mut problem = Diagnostic::error(format!(
                "`{label}` gives `{}` {}, elsewhere it is given {}",
                network.node,
                listed(&ports),
                listed(&network.inputs)
            ));
            if let Some(place) = inputs.iter().find_map(|w| w.written.as_ref()).and_then(|i| i.entry_place()) {
                problem = problem.at(&place, "");
            }
            problems.push(problem);
            return None;
        }
        if let Some(applied) = self.applications.find(&network.ops, &edges) {
            return Some(applied);
        }
        let mut done: Vec<Inferred> = Vec::with_capacity(network.ops.len());
        for op in network.ops.iter() {
            match self.again(op, &edges, &done) {
                Ok(inferred) => done.push(inferred),
                Err(problem) => {
                    problems.push(told(op, label, inputs, problem));
                    return None;
                }
            }
        }
        let read = |from: &OpSource| edge(from, &edges, &done);
        let outputs: Option<Vec<Edge>> = network.outputs.iter().map(|o| read(&o.from)).collect();
        let outputs = outputs?.into_iter().zip(&opened.edges).map(|(e, first)| Edge { ty: first.ty, ..e }).collect();
        let applied = (outputs, done.iter().map(leaf::cost).collect());
        self.applications.keep(&network.ops, edges, &applied);
        Some(applied)
    }

    /// One operation on new edges, of the types that it had.
    fn again(&self, op: &Op, inputs: &[Edge], done: &[Inferred]) -> Result<Inferred, Problem> {
        let mut edges = InputEdges::default();
        for (port, sources) in op.inputs.iter() {
            let first = op.input_edges.list(port);
            let now = sources.iter().zip(first).filter_map(|(s, f)| Some(Edge { ty: f.ty, ..edge(s, inputs, done)? }));
            edges.ports.insert(port.to_string(), now.collect());
        }
        let entry = self.catalogue.get(&op.component.family, &op.component.name);
        let Some(Make::Leaf(infer)) = entry.map(|e| e.make) else {
            return Err(Problem::new(format!("`{}` is not in the catalogue", op.component.name)));
        };
        let inferred = infer(&op.component.settings, &edges)?;
        let differs = inferred.parameters.iter().zip(&op.inferred.parameters).find(|(a, b)| a != b);
        match differs {
            Some((now, first)) => Err(Problem::new(format!(
                "cannot have one `{}` of {} and of {}",
                first.name,
                shape(first.shape),
                shape(now.shape)
            ))),
            None => Ok(inferred),
        }
    }
}

fn shape(dims: [usize; 4]) -> String {
    dims.map(|d| d.to_string()).join("x")
}

fn edge(source: &OpSource, inputs: &[Edge], done: &[Inferred]) -> Option<Edge> {
    match source {
        OpSource::Input(i) => inputs.get(*i).cloned(),
        OpSource::Op { op, output } => done.get(*op)?.outputs.get(*output).cloned().flatten(),
    }
}

/// "`image`, `condition`".
fn listed(ports: &[NetworkPort]) -> String {
    let name = |p: &NetworkPort| match p.element {
        Some(i) => format!("`{}[{i}]`", p.port),
        None => format!("`{}`", p.port),
    };
    if ports.is_empty() { "nothing".to_string() } else { ports.iter().map(name).collect::<Vec<_>>().join(", ") }
}

fn told(op: &Op, label: &str, inputs: &[Wired], problem: Problem) -> Diagnostic {
    let joint = if problem.message.starts_with("cannot ") { "" } else { ":" };
    let message = format!("`{}`{joint} {}", op.path, problem.message);
    let mut told = Diagnostic::error(message);
    for wired in inputs {
        if let Some(place) = wired.written.as_ref().and_then(|i| i.entry_place()) {
            let edges: Vec<String> = wired.values.iter().map(|v| v.edge.to_string()).collect();
            told = told.at(&place, format!("{} here", edges.join(", ")));
        }
    }
    told.help.extend(problem.help);
    told.with_note("applied", format!("by `{label}`"))
}
