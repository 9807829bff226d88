//! The walk: nodes of a component in file order, each after what it reads, down to leaf operations.

use super::frame::{Frame, Inputs, State, Val, uppermost};
use super::outputs::{OutputPort, Outputs};
use super::repeat::Repetition;
use super::{blame, check, leaf};
use crate::config::{Item, Table};
use crate::diagnostic::{Diagnostic, Place};
use crate::graph::composite::{Graph, Node, OutPort};
use crate::graph::library::{Component, ComponentCard, Library, PortCard};
use crate::graph::plan::Op;
use crate::graph::settings::{Completed, Scope, complete_component};
use crate::registry::{Make, Type};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// What is common to the whole walk of one network.
pub(super) struct Opener<'l> {
    pub library: &'l Library<'l>,
    /// The network's node.
    pub network: String,
    pub ops: RefCell<Vec<Op>>,
    /// Operations whose `bias = "auto"` is still to be decided.
    pub undecided: RefCell<Vec<usize>>,
    /// By which power of two components made their inputs smaller, with their names.
    pub halvings: RefCell<Vec<(String, u32)>>,
    /// Sizes of the network's inputs.
    pub sizes: Vec<usize>,
    /// Where the node names its component.
    pub at: Option<Place>,
}

/// One node about to be opened: everything but the copy's number is known.
pub(super) struct Prepared<'a, 'l> {
    pub node: &'a Node,
    pub component: Component<'l>,
    pub card: Arc<ComponentCard>,
    /// The name as in force, at the place that decided it.
    pub name: Item,
    pub settings: Table,
    pub inputs: Arc<Inputs>,
}

impl<'l> Opener<'l> {
    /// Opens every node of a component and gives its outputs.
    pub fn graph(&self, frame: &Frame<'_>, problems: &mut Vec<Diagnostic>) -> Option<Vec<OutputPort<Val>>> {
        let before = problems.len();
        for name in frame.graph.nodes.keys() {
            self.node(frame, name, problems);
        }
        let outputs: Vec<_> = frame.graph.outputs.iter().map(|out| self.output(frame, out, problems)).collect();
        if problems.len() > before { None } else { outputs.into_iter().collect() }
    }

    /// The outputs of an inner node, opened once.
    pub fn node(&self, frame: &Frame<'_>, name: &str, problems: &mut Vec<Diagnostic>) -> Option<Rc<Outputs<Val>>> {
        match frame.states.borrow().get(name) {
            Some(State::Done(outputs)) => return Some(outputs.clone()),
            Some(State::Failed) => return None,
            Some(State::Opening) => {
                problems.push(blame::circle(frame, name));
                return None;
            }
            None => {}
        }
        let node = frame.graph.nodes.get(name)?;
        frame.states.borrow_mut().insert(name.to_string(), State::Opening);
        frame.opening.borrow_mut().push(name.to_string());
        let opened = self.open(frame, node, None, problems).map(Rc::new);
        frame.opening.borrow_mut().pop();
        let state = opened.clone().map_or(State::Failed, State::Done);
        frame.states.borrow_mut().insert(name.to_string(), state);
        opened
    }

    /// Opens a node; `inputs` are given at the top and read off its wires elsewhere.
    pub fn open(
        &self,
        frame: &Frame<'_>,
        node: &Node,
        inputs: Option<Inputs>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Outputs<Val>> {
        let before = problems.len();
        let (component, name, mut settings) = self.component(frame, node, problems)?;
        let card = self.library.card_of(component);
        check::offers(frame, node, &card, problems);
        settings.extend(frame.substitute_all(&node.settings));
        let inputs = match inputs {
            Some(inputs) => Some(inputs),
            None => self.inputs(frame, node, &card, problems),
        };
        let whole = inputs.is_some();
        let prepared = Prepared { node, component, card, name, settings, inputs: inputs.unwrap_or_default().into() };
        let prepared = blame::contract(frame, prepared, problems);
        let repetition = Repetition::of(self, frame, &prepared, problems);
        let settings = repetition.as_ref().map(|r| self.settings(frame, &prepared, r, problems));
        if whole {
            self.check_inputs(frame, &prepared, problems);
        }
        if problems.len() > before || !whole {
            return None;
        }
        self.copies(frame, &prepared, &repetition?, settings??, problems)
    }

    /// What `use` names, where that was decided, and the settings that came with it.
    fn component(
        &self,
        frame: &Frame<'_>,
        node: &Node,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<(Component<'l>, Item, Table)> {
        let given = frame.substitute(&node.component);
        let Some(table) = given.as_table() else {
            let component = crate::graph::settings::find_full(self.library, &given, problems)?;
            return Some((component, given, Table::new()));
        };
        let slot = node.component.as_text().and_then(crate::graph::wire::setting)?;
        let family = frame.schema.iter().find(|s| s.name == slot).and_then(|s| match &s.kind {
            crate::registry::Kind::Slot(family) => Some(family.as_str()),
            _ => None,
        })?;
        let mut name = table.get("use")?.clone();
        name.origin.key = given.origin.key.clone();
        let component = self.library.get(family, name.as_text()?)?;
        let rest = table.iter().filter(|(k, _)| *k != "use").map(|(k, v)| (k.clone(), v.clone())).collect();
        Some((component, name, rest))
    }

    /// Complete settings of each copy.
    fn settings(
        &self,
        frame: &Frame<'_>,
        prepared: &Prepared<'_, 'l>,
        repetition: &Repetition,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Vec<Completed>> {
        let like = |item: &Item, problems: &mut Vec<Diagnostic>| self.like(frame, item, problems);
        let at = prepared.name.key_place().or(frame.at.as_ref());
        let owner = prepared.card.full();
        let scope = Scope { library: self.library, owner: &owner, word: "setting", at, like: &like };
        let copy = |i: usize, problems: &mut Vec<Diagnostic>| {
            let mut table = prepared.settings.clone();
            table.extend(repetition.each.iter().filter_map(|(k, all)| Some((k.clone(), all.get(i)?.clone()))));
            let mut found = vec![];
            let done = complete_component(prepared.component, table, at, &scope, &mut found);
            for problem in found.into_iter() {
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
            done
        };
        let all: Vec<Option<Completed>> = (0..repetition.count).map(|i| copy(i, problems)).collect();
        all.into_iter().collect()
    }

    fn copies(
        &self,
        frame: &Frame<'_>,
        prepared: &Prepared<'_, 'l>,
        repetition: &Repetition,
        settings: Vec<Completed>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Outputs<Val>> {
        let mut outputs = Outputs { copies: vec![], repeated: repetition.repeated };
        for (i, done) in settings.into_iter().enumerate() {
            let mut path = frame.inner(&prepared.node.name);
            if repetition.repeated {
                path += &format!("[{i}]");
            }
            let inputs = repetition.inputs(i, prepared, outputs.copies.last().map(Vec::as_slice));
            let mark = self.mark(&frame.path, prepared, &done, &inputs);
            let known = mark.as_ref().and_then(|mark| self.again(mark, &path, prepared, &done, &inputs));
            let mut ports = match known {
                Some(ports) => ports,
                None => {
                    let ports = self.copy(frame, prepared, &path, &done, inputs.clone(), problems)?;
                    if let Some(mark) = mark {
                        self.keep(mark, &path, (prepared, &done, inputs.clone()), &ports);
                    }
                    ports
                }
            };
            self.record_halvings(prepared, &inputs, &ports);
            self.relabel(&path, &prepared.name, &inputs, &mut ports);
            outputs.copies.push(ports);
        }
        Some(outputs)
    }

    fn copy(
        &self,
        frame: &Frame<'_>,
        prepared: &Prepared<'_, 'l>,
        path: &str,
        done: &Completed,
        inputs: Arc<Inputs>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Vec<OutputPort<Val>>> {
        let entry = match prepared.component {
            Component::Composite(composite) => {
                let inside = self.inside(frame, prepared, path, &composite.graph, done, inputs);
                return self.graph(&inside, problems);
            }
            Component::Primitive(entry) => entry,
        };
        match entry.make {
            Make::Leaf(infer) => leaf::push(self, frame, prepared, path, done, &inputs, (entry, infer), problems),
            Make::Expand(body) => {
                let edges = leaf::edges(&inputs);
                match body(&done.settings, &edges) {
                    Ok(body) => {
                        let graph = super::body::graph(body);
                        let ports = self.graph(&self.inside(frame, prepared, path, &graph, done, inputs), problems)?;
                        Some(prepared.card.outputs.iter().map(|card| as_on_card(card, &ports)).collect())
                    }
                    Err(problem) => {
                        problems.push(blame::refused(self, frame, prepared, path, done, &inputs, problem));
                        None
                    }
                }
            }
            _ => {
                let message = format!("`{}` is not something a node can use", prepared.card.full());
                problems.push(blame::at_item(frame, message, &prepared.name, ""));
                None
            }
        }
    }

    fn inside<'f>(
        &self,
        frame: &Frame<'_>,
        prepared: &'f Prepared<'_, 'l>,
        path: &str,
        graph: &'f Graph,
        done: &'f Completed,
        inputs: Arc<Inputs>,
    ) -> Frame<'f> {
        Frame {
            path: path.to_string(),
            graph,
            settings: &done.items,
            schema: &prepared.card.settings,
            inputs,
            ports: prepared.card.inputs.iter().map(|p| p.name.clone()).collect(),
            at: prepared.name.key_place().cloned().or_else(|| frame.at.clone()),
            like: None,
            states: RefCell::default(),
            opening: RefCell::default(),
        }
    }

    /// An output port, its declared type put on.
    fn output(&self, frame: &Frame<'_>, out: &OutPort, problems: &mut Vec<Diagnostic>) -> Option<OutputPort<Val>> {
        let given = self.wires(frame, &out.from, problems)?;
        if given.values.is_empty() && !out.optional {
            problems.push(blame::absent(frame, &out.from));
            return None;
        }
        let mut values: Vec<Val> = given.values.into_iter().map(|(v, _)| v).collect();
        for value in &mut values {
            if let Some(ty) = out.ty {
                if let Some(problem) = blame::declared(frame, out, ty, &value.edge) {
                    problems.push(problem);
                    return None;
                }
                value.edge.ty = ty;
            }
        }
        Some(OutputPort { name: out.name.clone(), values, list: given.list, optional: out.optional })
    }

    /// Values that leave a node bear its name, and are of its choosing if that was made in as high a layer; one that
    /// leaves as it came in stays what it was.
    fn relabel(&self, path: &str, name: &Item, inputs: &Inputs, ports: &mut [OutputPort<Val>]) {
        let passes = |value: &Val| inputs.values().flat_map(|g| &g.values).any(|(v, _)| v.source == value.source);
        let inner = path.strip_prefix(&self.network).and_then(|p| p.strip_prefix('/')).unwrap_or(path);
        let single = ports.len() == 1;
        for port in ports {
            let label = if single { inner.to_string() } else { format!("{inner}.{}", port.name) };
            for (i, value) in port.values.iter_mut().enumerate().filter(|(_, value)| !passes(value)) {
                value.label = if port.list { format!("{label}[{i}]") } else { label.clone() };
                value.decided = uppermost([&name.origin].into_iter().chain(&value.decided)).cloned();
            }
        }
    }

    fn record_halvings(&self, prepared: &Prepared<'_, 'l>, inputs: &Inputs, ports: &[OutputPort<Val>]) {
        let height = |v: &Val| (v.edge.ty != Type::Vector).then_some(v.edge.dims[1] as f64).filter(|h| *h > 1.0);
        let from = inputs.values().flat_map(|g| &g.values).filter_map(|(v, _)| height(v)).fold(0.0, f64::max);
        let to = ports.iter().flat_map(|p| &p.values).filter_map(height).fold(f64::INFINITY, f64::min);
        if from > to {
            let times = (from / to).log2().round() as u32;
            self.halvings.borrow_mut().push((prepared.card.name.clone(), times));
        }
    }
}

/// An expanding primitive's output as its card declares it; absent where the body does not give it.
fn as_on_card(card: &PortCard, ports: &[OutputPort<Val>]) -> OutputPort<Val> {
    let found = ports.iter().find(|p| p.name == card.name);
    let values = found.map(|p| p.values.clone()).unwrap_or_default();
    OutputPort { name: card.name.clone(), values, list: card.list, optional: card.optional }
}
