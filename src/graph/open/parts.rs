//! Parts of networks that were opened before: the cells of a study differ in one part of a network (a gate, a fusion) and
//! share the rest, encoders above all.
//!
//! Remembered is what is made of operations, by all that its opening depends on. It may stand elsewhere this time: at
//! another path, its operations at other numbers, reading from others. The blocks of an encoder are alike, too.

use super::frame::{Inputs, Val};
use super::opener::{Opener, Prepared};
use super::outputs::OutputPort;
use crate::config::{Item, Table};
use crate::graph::library::Component;
use crate::graph::plan::{Op, OpSource};
use crate::graph::settings::Completed;
use crate::registry::Make;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known so far, by component, settings and shapes.
#[derive(Default)]
pub struct Parts {
    known: Mutex<HashMap<String, Vec<Arc<Part>>>>,
}

struct Part {
    path: String,
    name: Item,
    settings: Table,
    inputs: Arc<Inputs>,
    /// Number of the first operation.
    first: usize,
    ops: Vec<Op>,
    undecided: Vec<usize>,
    halvings: Vec<(String, u32)>,
    ports: Vec<OutputPort<Val>>,
}

/// What tells most parts apart.
fn asked(prepared: &Prepared<'_, '_>, done: &Completed, inputs: &Inputs) -> String {
    let mut asked = prepared.card.full();
    asked += &serde_json::to_string(&done.settings).unwrap_or_default();
    for (port, given) in inputs {
        asked.push_str(port);
        let dims = given.values.iter().flat_map(|(value, _)| value.edge.dims);
        dims.for_each(|dim| asked += &format!(" {dim}"));
    }
    asked
}

/// How far a walk is before a part is opened, and what is opened.
pub(super) struct Mark {
    asked: String,
    ops: usize,
    undecided: usize,
    halvings: usize,
}

impl Opener<'_> {
    /// `None` for what is not remembered: single operations, and whole networks.
    pub(super) fn mark(
        &self,
        around: &str,
        prepared: &Prepared<'_, '_>,
        done: &Completed,
        inputs: &Inputs,
    ) -> Option<Mark> {
        let leaf = matches!(prepared.component, Component::Primitive(entry) if matches!(entry.make, Make::Leaf(_)));
        (!around.is_empty() && !leaf).then(|| Mark {
            asked: asked(prepared, done, inputs),
            ops: self.ops.borrow().len(),
            undecided: self.undecided.borrow().len(),
            halvings: self.halvings.borrow().len(),
        })
    }

    /// The part as it was opened before, its operations added.
    pub(super) fn again(
        &self,
        mark: &Mark,
        path: &str,
        prepared: &Prepared<'_, '_>,
        done: &Completed,
        inputs: &Inputs,
    ) -> Option<Vec<OutputPort<Val>>> {
        let known =
            self.library.parts.known.lock().unwrap_or_else(PoisonError::into_inner).get(&mark.asked).cloned()?;
        let (part, moved) =
            known.iter().find_map(|part| Some((part, part.moved(self.ops.borrow().len(), prepared, done, inputs)?)))?;
        let number = |op: usize| op - part.first + moved.first;
        let (same_path, still) = (path == part.path, moved.stands_still());
        let op = |op: &Op| {
            let mut op = op.clone();
            if !same_path {
                op.path = format!("{path}{}", op.path.strip_prefix(&part.path)?).into();
            }
            if !still {
                let sources =
                    |all: &Vec<OpSource>| all.iter().map(|source| moved.source(*source)).collect::<Option<_>>();
                op.inputs = op.inputs.iter().map(|(port, all)| Some((*port, sources(all)?))).collect::<Option<_>>()?;
            }
            Some(op)
        };
        let ops = part.ops.iter().map(op).collect::<Option<Vec<Op>>>()?;
        let mut ports = part.ports.clone();
        for value in ports.iter_mut().flat_map(|port| &mut port.values) {
            value.source = moved.source(value.source)?;
            // What leaves as it came in keeps its name; the others get theirs from the caller.
            let same = inputs.values().flat_map(|given| &given.values).find(|(input, _)| input.source == value.source);
            value.label = same.map(|(input, _)| input.label.clone()).unwrap_or_default();
        }
        self.ops.borrow_mut().extend(ops);
        self.undecided.borrow_mut().extend(part.undecided.iter().map(|op| number(*op)));
        self.halvings.borrow_mut().extend(part.halvings.iter().cloned());
        Some(ports)
    }

    /// Keeps what was opened since `mark`.
    pub(super) fn keep(
        &self,
        mark: Mark,
        path: &str,
        (prepared, done, inputs): (&Prepared<'_, '_>, &Completed, Arc<Inputs>),
        ports: &[OutputPort<Val>],
    ) {
        self.decide_inside(&mark, ports);
        let part = Part {
            path: path.to_string(),
            name: prepared.name.clone(),
            settings: done.items.clone(),
            inputs,
            first: mark.ops,
            ops: self.ops.borrow()[mark.ops..].to_vec(),
            undecided: self.undecided.borrow()[mark.undecided..].to_vec(),
            halvings: self.halvings.borrow()[mark.halvings..].to_vec(),
            ports: ports.to_vec(),
        };
        let mut known = self.library.parts.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(mark.asked).or_default().push(Arc::new(part));
    }
}

impl Opener<'_> {
    /// Decides the biases of operations that nobody outside of the part reads, once for all that are like it.
    fn decide_inside(&self, mark: &Mark, ports: &[OutputPort<Val>]) {
        let mut undecided = self.undecided.borrow_mut();
        if undecided.len() == mark.undecided {
            return;
        }
        let mut ops = self.ops.borrow_mut();
        let read = || ports.iter().flat_map(|port| &port.values).map(|value| value.source);
        let outside = |op: usize| read().any(|source| matches!(source, OpSource::Op { op: read, .. } if read == op));
        let (open, inside): (Vec<usize>, Vec<usize>) =
            undecided.split_off(mark.undecided).into_iter().partition(|op| outside(*op));
        // What is wrong with one is said where the whole network is looked at.
        let wrong = self.decide_biases(&inside, &mut ops, read()).err().map(|(op, _)| op);
        undecided.extend(open.into_iter().chain(wrong));
        undecided.sort_unstable();
    }
}

impl Part {
    /// Where its sources are now; `None` where something else was opened here.
    fn moved(&self, first: usize, prepared: &Prepared<'_, '_>, done: &Completed, inputs: &Inputs) -> Option<Moved> {
        let same = (&self.name.value, &self.name.origin) == (&prepared.name.value, &prepared.name.origin)
            && self.inputs.len() == inputs.len();
        let mut outside = vec![];
        for ((port, then), (named, now)) in self.inputs.iter().zip(inputs).filter(|_| same) {
            let alike = port == named && then.list == now.list && then.values.len() == now.values.len();
            for ((a, _), (b, _)) in then.values.iter().zip(&now.values).filter(|_| alike) {
                let alike = (&a.edge, &a.size, &a.decided) == (&b.edge, &b.size, &b.decided);
                // One value that became two, or two that became one, would be told apart inside.
                let before = outside.iter().find(|(from, to)| *from == a.source || *to == b.source);
                if !alike || before.is_some_and(|pair| *pair != (a.source, b.source)) {
                    return None;
                }
                outside.push((a.source, b.source));
            }
            if !alike {
                return None;
            }
        }
        (same && self.settings == done.items).then_some(Moved { then: self.first, first, outside })
    }
}

/// Where operations stood and where they stand.
struct Moved {
    then: usize,
    first: usize,
    /// Sources of the inputs, then and now.
    outside: Vec<(OpSource, OpSource)>,
}

impl Moved {
    /// Everything is where it was.
    fn stands_still(&self) -> bool {
        self.then == self.first && self.outside.iter().all(|(then, now)| then == now)
    }

    fn source(&self, source: OpSource) -> Option<OpSource> {
        match source {
            OpSource::Op { op, output } if op >= self.then => {
                Some(OpSource::Op { op: op - self.then + self.first, output })
            }
            outside => self.outside.iter().find(|(then, _)| *then == outside).map(|(_, now)| *now),
        }
    }
}
