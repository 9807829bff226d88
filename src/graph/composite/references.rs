//! What a composite's file refers to: `$settings`, wires, ports of its own; nodes that nothing uses.

use super::{Composite, Node, Wires};
use crate::config::{Item, Table, Value, unknown_key};
use crate::diagnostic::{Diagnostic, nearest, one_edit, or_list};
use crate::graph::wire::{Wire, setting};
use std::collections::BTreeSet;

/// Every reference must lead somewhere, and every node must be read by something.
pub(super) fn check(composite: &Composite, problems: &mut Vec<Diagnostic>) {
    let mut walk = Walk { composite, used: BTreeSet::new(), problems };
    for node in composite.graph.nodes.values() {
        walk.node(node);
    }
    for output in &composite.graph.outputs {
        walk.wires(&output.from);
    }
    let used = walk.used;
    let before = problems.len();
    for node in composite.graph.nodes.values().filter(|n| !used.contains(&n.name)) {
        let problem = Diagnostic::error(format!("node `{}` is unused", node.name));
        problems.push(match &node.place {
            Some(place) => problem.at(place, "nothing reads it"),
            None => problem,
        });
    }
    if problems.len() > before {
        problems.extend(composite.graph.nodes.values().filter_map(misspelt_in));
    }
}

/// Where a node is unused, another may have wanted to read it under a misspelt `in`.
fn misspelt_in(node: &Node) -> Option<Diagnostic> {
    let (key, value) = node.settings.iter().find(|(key, _)| one_edit(key, "in"))?;
    Some(unknown_key("key", key, value, &["in"]))
}

struct Walk<'a> {
    composite: &'a Composite,
    used: BTreeSet<String>,
    problems: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node) {
        self.value(&node.component);
        node.inputs.iter().for_each(|input| self.wires(&input.wires));
        self.table(&node.each);
        self.table(&node.settings);
        node.repeat.iter().for_each(|item| self.value(item));
    }

    fn wires(&mut self, wires: &Wires) {
        wires.items.iter().for_each(|item| self.wire(item));
    }

    fn table(&mut self, table: &Table) {
        if let Some(like) = table.get("like") {
            self.wire(like);
        }
        table.values().for_each(|item| self.value(item));
    }

    fn value(&mut self, item: &Item) {
        match &item.value {
            Value::Table(table) => self.table(table),
            Value::Array(all) => all.iter().for_each(|inner| self.value(inner)),
            Value::Text(text) => {
                let known = || self.composite.settings.iter().map(|s| s.name.as_str());
                if let Some(name) = setting(text).filter(|name| !known().any(|k| k == *name)) {
                    let problem = not_there("setting", name, &known().collect::<Vec<_>>(), item);
                    self.problems.push(problem);
                }
            }
            _ => {}
        }
    }

    fn wire(&mut self, item: &Item) {
        let Ok(wire) = Wire::read(item) else { return };
        if wire.name != "in" {
            match self.composite.graph.nodes.contains_key(&wire.name) {
                true => drop(self.used.insert(wire.name)),
                false => {
                    let known: Vec<&str> = self.composite.graph.nodes.keys().map(String::as_str).collect();
                    self.problems.push(not_there("node", &wire.name, &known, item));
                }
            }
            return;
        }
        let ports: Vec<&str> = self.composite.inputs.iter().map(|p| p.name.as_str()).collect();
        let named = wire.port.as_deref();
        if named.is_none() && ports.len() != 1 {
            let problem = Diagnostic::error("`in` has several ports, name one");
            let label = format!("expected {}", or_list(&ports));
            self.problems.push(item.place().map_or(problem.clone(), |place| problem.at(place, label)));
        } else if let Some(port) = named.filter(|p| !ports.contains(p)) {
            self.problems.push(not_there("input", port, &ports, item));
        }
    }
}

fn not_there(what: &str, name: &str, known: &[&str], item: &Item) -> Diagnostic {
    let message = match what {
        "node" => format!("nothing is called `{name}`"),
        _ => format!("no {what} is called `{name}`"),
    };
    let problem = match nearest(name, known.iter().copied()) {
        Some(near) => Diagnostic::error(format!("{message}, did you mean `{near}`?")),
        None => Diagnostic::error(message).with_note("known", known.join(", ")),
    };
    match item.place() {
        Some(place) => problem.at(place, ""),
        None => problem,
    }
}
