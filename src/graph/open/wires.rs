//! What wires take inside a component: inputs of nodes, outputs of the component, edges that a `like` reads.

use super::blame;
use super::frame::{Frame, Given, Inputs, Val};
use super::opener::Opener;
use super::outputs::{OutputPort, Outputs, Selected};
use crate::config::Item;
use crate::diagnostic::Diagnostic;
use crate::graph::composite::{Node, Wires};
use crate::graph::library::ComponentCard;
use crate::graph::wire::{Wire, setting};
use crate::registry::{Edge, Kind};
use std::rc::Rc;

impl Opener<'_> {
    /// The inputs of a node, absent optional ones left out.
    pub(super) fn inputs(
        &self,
        frame: &Frame<'_>,
        node: &Node,
        card: &ComponentCard,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Inputs> {
        let mut all = Inputs::new();
        let mut whole = true;
        for input in &node.inputs {
            let port = match input.port.as_str() {
                "" => card.only_input().map(|p| p.name.clone()),
                named => Some(named.to_string()),
            };
            let Some(port) = port else {
                problems.push(blame::name_an_input(frame, node, card));
                continue;
            };
            match self.wires(frame, &input.wires, problems) {
                None => whole = false,
                Some(given) if given.values.is_empty() && !given.list => {
                    let optional = card.input(&port).is_none_or(|p| p.optional);
                    if !optional {
                        problems.push(blame::absent(frame, &input.wires));
                    }
                }
                Some(given) => drop(all.insert(port, given)),
            }
        }
        whole.then_some(all)
    }

    /// What wires give; absent optional outputs vanish.
    pub(super) fn wires(&self, frame: &Frame<'_>, wires: &Wires, problems: &mut Vec<Diagnostic>) -> Option<Given> {
        let mut given = Given { list: wires.array, values: vec![], key: wires.key.clone() };
        let mut whole = true;
        for item in &wires.items {
            match self.wire(frame, item, problems) {
                None => whole = false,
                Some(Selected::Absent) => {}
                Some(Selected::One(value)) => given.values.push((value, Some(item.clone()))),
                Some(Selected::List(values)) => {
                    given.list = true;
                    given.values.extend(values.into_iter().map(|v| (v, Some(item.clone()))));
                }
            }
        }
        whole.then_some(given)
    }

    fn wire(&self, frame: &Frame<'_>, item: &Item, problems: &mut Vec<Diagnostic>) -> Option<Selected<Val>> {
        // Nodes that Rust writes may be named by a path (`layer1/0/conv1`), so that tensors are named as in public files.
        let whole = item.as_text().filter(|text| text.contains('/') && frame.graph.nodes.contains_key(*text));
        let read = match whole {
            Some(name) => Ok(Wire { name: name.to_string(), port: None, select: None }),
            None => Wire::read(item),
        };
        let wire = match read {
            Ok(wire) => wire,
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        };
        let outputs = match wire.name.as_str() {
            "in" => Rc::new(frame.own_inputs()),
            name if frame.graph.nodes.contains_key(name) => self.node(frame, name, problems)?,
            _ => {
                problems.push(blame::nothing_called(frame, &wire, item));
                return None;
            }
        };
        match outputs.select(&wire, |port| self.in_contract(frame, &wire.name, port)) {
            Ok(selected) => Some(selected),
            Err(none) => {
                problems.push(blame::no_such(frame, none, item));
                None
            }
        }
    }

    /// Whether other members of a slot's family give a port: a wire may name it though this member lacks it.
    fn in_contract(&self, frame: &Frame<'_>, name: &str, port: &str) -> bool {
        let node = frame.graph.nodes.get(name);
        let slot = node.and_then(|n| n.component.as_text()).and_then(setting);
        let setting = slot.and_then(|slot| frame.schema.iter().find(|s| s.name == slot));
        let Some(Kind::Slot(family)) = setting.map(|s| &s.kind) else { return false };
        let members = self.library.members(family).into_iter();
        let mut cards = members.filter_map(|name| self.library.card(family, name));
        cards.any(|card| card.output(port).is_some())
    }

    /// The edge that a `like` names.
    pub(super) fn like(&self, frame: &Frame<'_>, item: &Item, problems: &mut Vec<Diagnostic>) -> Option<Edge> {
        if let Some(like) = frame.like {
            let edge = like(item.as_text()?);
            if edge.is_none() {
                problems.push(blame::at_item(frame, format!("`{}` does not exist", item.as_text()?), item, ""));
            }
            return edge;
        }
        match self.wire(frame, item, problems)? {
            Selected::One(value) => Some(value.edge),
            Selected::List(all) => {
                let message = format!("`like` reads one edge, this is a list of {}", all.len());
                problems.push(blame::at_item(frame, message, item, "name one of them, as in `[0]`"));
                None
            }
            Selected::Absent => {
                problems.push(blame::at_item(frame, "`like` reads an edge that is absent".into(), item, ""));
                None
            }
        }
    }
}

impl Frame<'_> {
    /// The component's own inputs as a node called `in`.
    fn own_inputs(&self) -> Outputs<Val> {
        let port = |name: &String| {
            let given = self.inputs.get(name);
            OutputPort {
                name: name.clone(),
                values: given.map(|g| g.values.iter().map(|(v, _)| v.clone()).collect()).unwrap_or_default(),
                list: given.is_some_and(|g| g.list),
                optional: given.is_none(),
            }
        };
        Outputs { copies: vec![self.ports.iter().map(port).collect()], repeated: false }
    }
}
