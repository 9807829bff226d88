//! Parts of networks that were opened before: the cells of a study differ in one part of a network (a gate, a fusion) and
//! share the rest, encoders above all.
//!
//! Remembered are the components right inside of a network, by all that their opening depends on. Their operations may
//! stand at other numbers this time, and read from others.

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

/// What is known so far, by path.
#[derive(Default)]
pub struct Parts {
    known: Mutex<HashMap<String, Vec<Arc<Part>>>>,
}

struct Part {
    component: String,
    name: Item,
    settings: Table,
    inputs: Inputs,
    /// Number of the first operation.
    first: usize,
    ops: Vec<Op>,
    undecided: Vec<usize>,
    halvings: Vec<(String, u32)>,
    ports: Vec<OutputPort<Val>>,
}

/// How far a walk is before a part is opened.
pub(super) struct Mark {
    ops: usize,
    undecided: usize,
    halvings: usize,
}

impl Opener<'_> {
    /// `None` for what is not remembered: single operations, and what lies deeper.
    pub(super) fn mark(&self, frame_path: &str, prepared: &Prepared<'_, '_>) -> Option<Mark> {
        let leaf = matches!(prepared.component, Component::Primitive(entry) if matches!(entry.make, Make::Leaf(_)));
        (frame_path == self.network && !leaf).then(|| Mark {
            ops: self.ops.borrow().len(),
            undecided: self.undecided.borrow().len(),
            halvings: self.halvings.borrow().len(),
        })
    }

    /// The part as it was opened before, its operations added.
    pub(super) fn again(
        &self,
        path: &str,
        prepared: &Prepared<'_, '_>,
        done: &Completed,
        inputs: &Inputs,
    ) -> Option<Vec<OutputPort<Val>>> {
        let known = self.library.parts.known.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()?;
        let (part, moved) =
            known.iter().find_map(|part| Some((part, part.moved(self.ops.borrow().len(), prepared, done, inputs)?)))?;
        let number = |op: usize| op - part.first + moved.first;
        let op = |op: &Op| {
            let sources = |all: &Vec<OpSource>| all.iter().map(|source| moved.source(*source)).collect::<Option<_>>();
            let inputs = op.inputs.iter().map(|(port, all)| Some((port.clone(), sources(all)?)));
            Some(Op { inputs: inputs.collect::<Option<_>>()?, ..op.clone() })
        };
        let ops = part.ops.iter().map(op).collect::<Option<Vec<Op>>>()?;
        let mut ports = part.ports.clone();
        for value in ports.iter_mut().flat_map(|port| &mut port.values) {
            value.source = moved.source(value.source)?;
        }
        self.ops.borrow_mut().extend(ops);
        self.undecided.borrow_mut().extend(part.undecided.iter().map(|op| number(*op)));
        self.halvings.borrow_mut().extend(part.halvings.iter().cloned());
        Some(ports)
    }

    /// Keeps what was opened since `mark`.
    pub(super) fn keep(
        &self,
        mark: &Mark,
        path: &str,
        (prepared, done, inputs): (&Prepared<'_, '_>, &Completed, Inputs),
        ports: &[OutputPort<Val>],
    ) {
        let part = Part {
            component: prepared.card.full(),
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
        known.entry(path.to_string()).or_default().push(Arc::new(part));
    }
}

impl Part {
    /// Where its sources are now; `None` where something else was opened here.
    fn moved(&self, first: usize, prepared: &Prepared<'_, '_>, done: &Completed, inputs: &Inputs) -> Option<Moved> {
        let same = (&self.name.value, &self.name.origin) == (&prepared.name.value, &prepared.name.origin)
            && self.component == prepared.card.full()
            && self.inputs.len() == inputs.len()
            && self.settings == done.items;
        let mut outside = vec![];
        for ((port, then), (named, now)) in self.inputs.iter().zip(inputs).filter(|_| same) {
            let alike = port == named && then.list == now.list && then.values.len() == now.values.len();
            for ((a, _), (b, _)) in then.values.iter().zip(&now.values).filter(|_| alike) {
                let alike = (&a.edge, &a.label, &a.size, &a.decided) == (&b.edge, &b.label, &b.size, &b.decided);
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
        same.then_some(Moved { then: self.first, first, outside })
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
    fn source(&self, source: OpSource) -> Option<OpSource> {
        match source {
            OpSource::Op { op, output } if op >= self.then => {
                Some(OpSource::Op { op: op - self.then + self.first, output })
            }
            outside => self.outside.iter().find(|(then, _)| *then == outside).map(|(_, now)| *now),
        }
    }
}
