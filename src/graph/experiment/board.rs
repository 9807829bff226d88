//! What is resolved so far of an experiment's graph, and the reading of wires against it.

use super::desk::{Desk, at_value, no_such};
use crate::config::{Item, Origin, Table};
use crate::diagnostic::{Diagnostic, Place};
use crate::graph::open::{Opened, OutputPort, Outputs, Wired, WiredValue};
use crate::graph::plan::{Application, Dataset, Value};
use crate::graph::wire::{Select, Wire};
use crate::registry::Edge;
use std::collections::HashMap;

/// Datasets, networks and applications, growing as nodes are resolved.
pub struct Board<'a> {
    pub desk: &'a Desk<'a>,
    pub nodes: &'a Table,
    /// Names of what was switched off, by kind: `nodes`, `datasets`.
    pub off: &'a super::switch::Off,
    /// `train.init`.
    pub train_init: Option<&'a Item>,
    pub datasets: Vec<Dataset>,
    /// By dataset: where its size was decided.
    pub sizes: Vec<Option<Origin>>,
    pub networks: Vec<Opened>,
    pub applications: Vec<Application>,
    /// By node: its network, its application. Missing: not reached yet, or failed and reported.
    pub network_of: HashMap<String, usize>,
    pub application_of: HashMap<String, usize>,
    /// Datasets and nodes that failed; what reads them says nothing more.
    pub failed: Vec<String>,
}

/// What a wire names: one value, or a list.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub values: Vec<(Value, Edge)>,
    pub list: bool,
}

/// Why a wire gives nothing.
pub enum Missing {
    /// An optional port that this network lacks.
    Absent(Diagnostic),
    Wrong(Box<Diagnostic>),
    /// What it names has failed already.
    Failed,
}

impl Missing {
    fn wrong(problem: Diagnostic) -> Self {
        Missing::Wrong(Box::new(problem))
    }

    pub fn diagnostic(self) -> Option<Diagnostic> {
        match self {
            Missing::Absent(d) => Some(d),
            Missing::Wrong(d) => Some(*d),
            Missing::Failed => None,
        }
    }
}

/// The wires on one port, as they were written.
pub struct Feed {
    pub port: String,
    pub bundle: Bundle,
    /// For each value where it was written, and as what.
    pub written: Vec<(Option<Place>, String)>,
    /// What stands on the port.
    pub item: Option<Item>,
}

impl Board<'_> {
    /// What the wire in `item` names.
    pub fn wire(&self, item: &Item) -> Result<Bundle, Missing> {
        let wire = Wire::read(item).map_err(Missing::wrong)?;
        if let Some(dataset) = self.datasets.iter().position(|d| d.name == wire.name) {
            return self.dataset_port(dataset, &wire, item);
        }
        if let Some(application) = self.application_of.get(&wire.name) {
            return self.node_port(*application, &wire, item);
        }
        Err(self.unknown(&wire, item))
    }

    /// What a wire given as text names, if anything; says nothing.
    pub fn wire_text(&self, text: &str) -> Option<Bundle> {
        let item = Item { value: crate::config::Value::Text(text.into()), ..Item::default() };
        self.wire(&item).ok()
    }

    fn unknown(&self, wire: &Wire, item: &Item) -> Missing {
        let name = wire.name.as_str();
        if self.failed.iter().any(|f| f == name) {
            return Missing::Failed;
        }
        if self.off.has("nodes", name) || self.off.has("datasets", name) {
            let problem = at_value(format!("`{name}` is switched off"), item, "this needs it");
            return Missing::wrong(problem.with_help("switch off what reads it too, or give it another wire"));
        }
        if let Some(node) = self.nodes.get(name) {
            if node.get(&["in"]).is_none() {
                let problem = at_value(format!("`{name}` gives nothing: it is a network without `in`"), item, "");
                let help = format!("apply it in a node: `apply = \"{name}\"` with an `in`");
                return Missing::wrong(problem.with_help(help));
            }
            return Missing::Failed;
        }
        let known = self.datasets.iter().map(|d| d.name.as_str()).chain(self.nodes.keys().map(String::as_str));
        Missing::wrong(no_such("", name, item, known.chain(self.failed.iter().map(String::as_str))))
    }

    fn dataset_port(&self, dataset: usize, wire: &Wire, item: &Item) -> Result<Bundle, Missing> {
        let Dataset { name, ports, .. } = &self.datasets[dataset];
        let names = || ports.iter().map(|(p, _)| p.as_str()).collect::<Vec<_>>();
        let found = match &wire.port {
            Some(port) => ports.iter().find(|(p, _)| p == port),
            None if ports.len() == 1 => ports.first(),
            None => return Err(several(name, &names(), item)),
        };
        let Some((port, edge)) = found else {
            return Err(Missing::wrong(self.no_port(wire, item, &names())));
        };
        if wire.select.is_some() {
            return Err(no_list(&format!("{name}.{port}"), item));
        }
        let value = Value::Dataset { dataset, port: port.clone() };
        Ok(Bundle { values: vec![(value, edge.clone())], list: false })
    }

    fn node_port(&self, application: usize, wire: &Wire, item: &Item) -> Result<Bundle, Missing> {
        let applied = &self.applications[application];
        let Outputs { copies, repeated } = &self.networks[applied.network].outputs;
        let names: Vec<&str> =
            copies.first().into_iter().flatten().filter(|p| !p.values.is_empty()).map(|p| p.name.as_str()).collect();
        let port = match &wire.port {
            Some(port) => port.as_str(),
            None if names.len() == 1 => names[0],
            None => return Err(several(&wire.name, &names, item)),
        };
        let of_copy = |ports: &Vec<OutputPort>| -> (Vec<usize>, bool) {
            ports.iter().find(|p| p.name == port).map(|p| (p.values.clone(), p.list)).unwrap_or_default()
        };
        let (indices, list) = match (repeated, wire.select) {
            (true, Some(_)) => (copies.iter().flat_map(|c| of_copy(c).0).collect(), true),
            _ => copies.last().map(of_copy).unwrap_or_default(),
        };
        if indices.is_empty() && !names.contains(&port) {
            return Err(self.no_output(wire, port, item, &names));
        }
        let at = |output: usize| Some((Value::Node { application, output }, applied.edges.get(output)?.clone()));
        let values = indices.into_iter().filter_map(at).collect();
        self.select(Bundle { values, list }, wire, item)
    }

    fn select(&self, bundle: Bundle, wire: &Wire, item: &Item) -> Result<Bundle, Missing> {
        let Bundle { mut values, list } = bundle;
        match wire.select {
            None => Ok(Bundle { values, list }),
            Some(_) if !list => Err(no_list(&Wire { select: None, ..wire.clone() }.to_string(), item)),
            Some(Select::All) => Ok(Bundle { values, list }),
            Some(Select::Reversed) => {
                values.reverse();
                Ok(Bundle { values, list })
            }
            Some(Select::At(index)) => {
                let n = values.len() as i64;
                let at = if index < 0 { n + index } else { index };
                if at < 0 || at >= n {
                    let problem = at_value(format!("`{wire}` does not exist"), item, format!("the list has {n}"));
                    return Err(Missing::wrong(problem));
                }
                Ok(Bundle { values: vec![values.swap_remove(at as usize)], list: false })
            }
        }
    }

    /// What decided the size of a value, for errors about shapes.
    fn decided(&self, value: &Value) -> Option<Origin> {
        match value {
            Value::Dataset { dataset, .. } => self.sizes.get(*dataset).cloned().flatten(),
            Value::Node { application, output } => {
                let opened = &self.networks[self.applications[*application].network];
                opened.decided.get(*output).cloned().flatten()
            }
        }
    }

    /// A feed as opening a network takes it.
    pub fn wired(&self, feed: &Feed) -> Wired {
        let values = feed.bundle.values.iter().zip(&feed.written);
        let value = |((value, edge), (_, label)): (&(Value, Edge), &(Option<Place>, String))| WiredValue {
            edge: edge.clone(),
            label: label.clone(),
            decided: self.decided(value),
        };
        Wired {
            port: feed.port.clone(),
            list: feed.bundle.list,
            values: values.map(value).collect(),
            written: feed.item.clone(),
        }
    }

    fn no_output(&self, wire: &Wire, port: &str, item: &Item, names: &[&str]) -> Missing {
        let component = self.nodes.get(&wire.name).and_then(|n| self.owner(n)).and_then(|n| n.get(&["use"]));
        let card = component.and_then(Item::as_text).and_then(|name| self.desk.card(name));
        let optional = card.is_some_and(|card| card.output(port).is_some_and(|p| p.optional));
        let problem = self.no_port(wire, item, names);
        if optional { Missing::Absent(problem) } else { Missing::wrong(problem) }
    }

    /// The entry that owns a node's parameters: itself, or what it applies.
    pub fn owner<'i>(&'i self, node: &'i Item) -> Option<&'i Item> {
        match node.get(&["apply"]).and_then(Item::as_text) {
            Some(owner) => self.nodes.get(owner),
            None => Some(node),
        }
    }

    /// "`generator.intermediate` does not exist", with what there is, and what took the place of a component that had it.
    fn no_port(&self, wire: &Wire, item: &Item, names: &[&str]) -> Diagnostic {
        let has = names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
        let mut problem = at_value(format!("`{wire}` does not exist"), item, format!("`{}` has {has}", wire.name));
        if let Some(near) = wire.port.as_deref().and_then(|p| crate::diagnostic::nearest(p, names.iter().copied())) {
            problem = problem.with_help(format!("did you mean `{}.{near}`", wire.name));
        }
        match self.nodes.get(&wire.name).and_then(|node| self.owner(node)).and_then(|node| node.get(&["use"])) {
            Some(used) => replaced(problem, used),
            None => problem,
        }
    }
}

/// Says which component took the place of which, where a layer changed it.
fn replaced(problem: Diagnostic, used: &Item) -> Diagnostic {
    let now = used.as_text().unwrap_or_default();
    let before = used.history.iter().rev().map(|s| s.text.trim_matches('"')).find(|old| *old != now);
    match (before, used.place()) {
        (Some(old), Some(place)) => problem.at(place, format!("since this replaced `{old}`")),
        _ => problem,
    }
}

fn several(name: &str, ports: &[&str], item: &Item) -> Missing {
    let problem = at_value(format!("`{name}` has several outputs, name one"), item, "");
    Missing::wrong(problem.with_note("outputs", ports.join(", ")))
}

fn no_list(name: &str, item: &Item) -> Missing {
    Missing::wrong(at_value(format!("`{name}` is one value, no list"), item, "brackets are for lists"))
}
