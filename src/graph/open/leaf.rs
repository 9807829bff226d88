//! Leaf operations: what a component that runs by itself says of its shapes, parameters and cost.

use super::blame;
use super::frame::{Frame, Inputs, Val, uppermost};
use super::opener::{Opener, Prepared};
use super::outputs::OutputPort;
use crate::diagnostic::Diagnostic;
use crate::graph::plan::{Component, Op, OpCost, OpSource};
use crate::graph::settings::Completed;
use crate::registry::{Entry, Inferred, InputEdges, Problem, Settings};
use std::sync::Arc;

pub(super) type Infer = fn(&Settings, &InputEdges) -> Result<Inferred, Problem>;

/// Edges of the present inputs.
pub(super) fn edges(inputs: &Inputs) -> InputEdges {
    InputEdges { ports: inputs.iter().map(|(name, given)| (name.clone(), given.edges())).collect() }
}

/// Adds an operation; `bias = "auto"` stands as `"on"` until its consumers are known.
#[expect(clippy::too_many_arguments, reason = "an operation is all of these")]
pub(super) fn push(
    opener: &Opener<'_>,
    frame: &Frame<'_>,
    prepared: &Prepared<'_, '_>,
    path: &str,
    done: &Completed,
    inputs: &Inputs,
    (entry, infer): (&Entry, Infer),
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<OutputPort<Val>>> {
    let mut settings = done.settings.clone();
    let auto = settings.get("bias").is_some_and(|b| b == "auto");
    if auto {
        settings.insert("bias".to_string(), "on".into());
    }
    let input_edges = edges(inputs);
    let inferred = match infer(&settings, &input_edges) {
        Ok(inferred) => inferred,
        Err(problem) => {
            problems.push(blame::refused(opener, frame, prepared, path, done, inputs, problem));
            return None;
        }
    };
    let number = opener.ops.borrow().len();
    if auto {
        opener.undecided.borrow_mut().push(number);
    }
    let ports = outputs(prepared, done, inputs, &inferred, number);
    let sources = entry.card.inputs.iter().filter_map(|port| {
        let given = inputs.get(port.name).filter(|given| !given.values.is_empty())?;
        Some((port.name, given.values.iter().map(|(v, _)| v.source).collect()))
    });
    let component = Component { family: prepared.card.family.clone(), name: prepared.card.name.clone(), settings };
    opener.ops.borrow_mut().push(Op {
        path: path.into(),
        component: Arc::new(component),
        inputs: sources.collect(),
        input_edges: Arc::new(input_edges),
        inferred: Arc::new(inferred),
    });
    Some(ports)
}

fn outputs(
    prepared: &Prepared<'_, '_>,
    done: &Completed,
    inputs: &Inputs,
    inferred: &Inferred,
    op: usize,
) -> Vec<OutputPort<Val>> {
    let passed = || inputs.values().flat_map(|g| &g.values).map(|(v, _)| v);
    let size = passed().find_map(|v| v.size.clone());
    let own = [&prepared.name.origin].into_iter().chain(done.items.values().map(|i| &i.origin));
    let decided = uppermost(own.chain(passed().flat_map(|v| &v.decided))).cloned();
    let port = |(output, card): (usize, &crate::graph::library::PortCard)| {
        let edge = inferred.outputs.get(output).cloned().flatten();
        let value = edge.map(|edge| Val {
            edge,
            source: OpSource::Op { op, output },
            label: String::new(),
            size: size.clone(),
            decided: decided.clone(),
        });
        OutputPort {
            name: card.name.clone(),
            values: value.into_iter().collect(),
            list: false,
            optional: card.optional,
        }
    };
    prepared.card.outputs.iter().enumerate().map(port).collect()
}

/// Cost of one sample.
pub(super) fn cost(inferred: &Inferred) -> OpCost {
    let outputs = || inferred.outputs.iter().flatten();
    let batch = outputs().map(|e| e.batch).max().unwrap_or(1) as u64;
    let activations = outputs().map(|e| (e.elements() * e.batch) as u64).sum();
    OpCost { macs: inferred.macs * batch, activations }
}
