//! Opens one component: composites and expanding primitives to leaf operations with known shapes.

mod apply;
mod before;
mod bias;
mod blame;
mod body;
mod check;
mod frame;
mod leaf;
mod opener;
mod outputs;
mod parts;
mod repeat;
mod wires;

pub use apply::{Applications, Applied};
pub use before::Before;
pub use outputs::{NoSuch, OutputPort, Outputs, Selected};
pub use parts::Parts;

use super::composite::{self, Graph};
use super::library::{ComponentCard, Library};
use super::plan::{Component, Network, NetworkOutput, NetworkPort, OpCost, OpSource, Weights};
use super::settings::{Scope, complete_component, find_full};
use crate::config::{Item, Origin, Table, Value};
use crate::diagnostic::Diagnostic;
use crate::registry::{Edge, Settings};
use frame::{Frame, Given, Inputs, Val};
use opener::Opener;
use std::cell::RefCell;
use std::sync::Arc;

/// What an input of a top-level node is given.
#[derive(Clone, Debug)]
pub struct Wired {
    /// Empty: the only required input (`in = "wire"`).
    pub port: String,
    /// Given as an array, or by a wire that names a list (also a list of none or one).
    pub list: bool,
    pub values: Vec<WiredValue>,
    /// Where the input is written, for errors.
    pub written: Option<Item>,
}

/// One value on an input.
#[derive(Clone, Debug)]
pub struct WiredValue {
    pub edge: Edge,
    /// As errors name it: `pairs.incomplete`, `generator.attention[2]`.
    pub label: String,
    /// What decided its size: the origin of the dataset's `size`, or what `Opened::decided` says of a node's output.
    pub decided: Option<Origin>,
}

/// A top-level node, opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// `frozen`, `weights` and `init` are left for the caller: nothing frozen, no weights, `init/normal`.
    pub network: Network,
    /// Edges of `network.outputs`, in its order.
    pub edges: Vec<Edge>,
    /// By output: what decided its size.
    pub decided: Vec<Option<Origin>>,
    /// By operation.
    pub costs: Vec<OpCost>,
    /// Output ports as wires see them.
    pub outputs: Outputs,
}

impl Library<'_> {
    /// Opens the top-level node `node` (its table after `$`; `in`, `detach`, `freeze`, `weights`, `init`, `enabled` are
    /// the caller's) on the edges of its inputs. Every error goes to `problems`; `None` where there was one.
    ///
    /// `like` gives the edge of a top-level wire for `{ like = "pairs.identity" }`, `None` where there is none.
    pub fn open(
        &self,
        node: &str,
        item: &Item,
        inputs: &[Wired],
        like: &dyn Fn(&str) -> Option<Edge>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Opened> {
        let before = problems.len();
        let mut table = item.as_table().cloned().unwrap_or_default();
        table.shift_remove("in");
        let bare = Item { value: Value::Table(table), ..item.clone() };
        let asked = before::Asked::new(node, &bare, inputs);
        if let Some(opened) = asked.as_ref().and_then(|asked| self.before.find(asked)) {
            return Some(opened);
        }
        let definition = composite::node(node, &bare, problems)?;
        let card = self.card_of(find_full(self, &definition.component, problems)?);
        let ports = network_inputs(&card, inputs);
        let at = definition.component.place().or(item.key_place()).cloned();
        let opener = Opener {
            library: self,
            network: node.to_string(),
            ops: RefCell::default(),
            undecided: RefCell::default(),
            halvings: RefCell::default(),
            sizes: ports.iter().map(|(_, value)| value.edge.dims[1]).filter(|h| *h > 1).collect(),
            at: at.clone(),
        };
        let graph = Graph::default();
        let settings = Table::new();
        let frame = Frame {
            path: String::new(),
            graph: &graph,
            settings: &settings,
            schema: &[],
            inputs: Arc::default(),
            ports: vec![],
            at,
            like: Some(like),
            states: RefCell::default(),
            opening: RefCell::default(),
        };
        let given = given(&card, inputs, &ports);
        let outputs = opener.open(&frame, &definition, Some(given), problems)?;
        if problems.len() > before {
            return None;
        }
        let opened = self.finish(&opener, &card, ports, outputs, problems)?;
        if let Some(asked) = asked {
            self.before.keep(asked, &opened);
        }
        Some(opened)
    }

    /// What can be said of a node's name and settings without its inputs: for nodes whose wires failed, or that nothing
    /// applies. What is read off edges is passed over.
    pub fn check_settings(&self, node: &str, item: &Item, problems: &mut Vec<Diagnostic>) {
        let mut table = item.as_table().cloned().unwrap_or_default();
        table.shift_remove("in");
        let bare = Item { value: Value::Table(table), ..item.clone() };
        let Some(definition) = composite::node(node, &bare, problems) else { return };
        let Some(component) = find_full(self, &definition.component, problems) else { return };
        let mut settings = definition.settings;
        for (name, item) in definition.each {
            match item.as_array() {
                Some(all) => settings.extend(all.first().map(|first| (name, first.clone()))),
                None => problems.push(item.expected("an array, one element for each copy")),
            }
        }
        let (owner, at) = (self.card_of(component).full(), definition.component.place());
        let like = |_: &Item, _: &mut Vec<Diagnostic>| None;
        let scope = Scope { library: self, owner: &owner, word: "setting", at, like: &like };
        complete_component(component, settings, at, &scope, problems);
    }

    fn finish(
        &self,
        opener: &Opener<'_>,
        card: &ComponentCard,
        inputs: Vec<(NetworkPort, &WiredValue)>,
        outputs: Outputs<Val>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Opened> {
        let (numbered, values) = number(outputs);
        let mut ops = opener.ops.take();
        let outputs: Vec<NetworkOutput> =
            values.iter().map(|(port, v)| NetworkOutput { port: port.clone(), from: v.source }).collect();
        let outside = outputs.iter().map(|output| output.from);
        if let Err((op, problem)) = opener.decide_biases(&opener.undecided.borrow(), &mut ops, outside) {
            problems.push(Diagnostic::error(format!("`{}`: {}", ops[op].path, problem.message)));
            return None;
        }
        let costs = ops.iter().map(|op| leaf::cost(&op.inferred)).collect();
        let network = Network {
            node: opener.network.clone(),
            component: card.full(),
            inputs: inputs.into_iter().map(|(port, _)| port).collect(),
            outputs,
            frozen: vec![false; ops.len()],
            ops: Arc::new(ops),
            weights: Weights::None,
            init: Component { family: "init".into(), name: "normal".into(), settings: Settings::new() },
        };
        let decided = values.iter().map(|(_, v)| v.size.clone().or_else(|| v.decided.clone())).collect();
        let edges = values.into_iter().map(|(_, v)| v.edge).collect();
        Some(Opened { network, edges, decided, costs, outputs: numbered })
    }
}

/// Inputs in the order of the card, lists flattened.
pub(super) fn network_inputs<'w>(card: &ComponentCard, inputs: &'w [Wired]) -> Vec<(NetworkPort, &'w WiredValue)> {
    let mut all = vec![];
    for wired in inputs {
        let port = port_of(card, wired);
        let list = wired.list || card.input(&port).is_some_and(|p| p.list);
        for (i, value) in wired.values.iter().enumerate() {
            all.push((NetworkPort { port: port.clone(), element: list.then_some(i) }, value));
        }
    }
    all.sort_by_key(|(port, _)| card.inputs.iter().position(|p| p.name == port.port));
    all
}

fn port_of(card: &ComponentCard, wired: &Wired) -> String {
    let only = || card.only_input().map(|p| p.name.clone()).unwrap_or_default();
    if wired.port.is_empty() { only() } else { wired.port.clone() }
}

fn given(card: &ComponentCard, inputs: &[Wired], flat: &[(NetworkPort, &WiredValue)]) -> Inputs {
    let mut all = Inputs::new();
    for wired in inputs {
        let port = port_of(card, wired);
        let values = flat.iter().enumerate().filter(|(_, (p, _))| p.port == port).map(|(i, (_, value))| {
            let source = OpSource::Input(i);
            // A size decides no counts or channels inside, so it is not among what `decided` chooses from.
            let (edge, label, size) = (value.edge.clone(), value.label.clone(), value.decided.clone());
            let value = Val { edge, source, label, size, decided: None };
            (value, wired.written.clone())
        });
        let key = wired.written.as_ref().and_then(|i| i.entry_place());
        let given = Given { list: wired.list, values: values.collect(), key };
        all.insert(port, given);
    }
    all
}

/// Output values in one row, and the ports that name them.
fn number(outputs: Outputs<Val>) -> (Outputs, Vec<(NetworkPort, Val)>) {
    let mut row: Vec<(NetworkPort, Val)> = vec![];
    let repeated = outputs.repeated;
    let copies = outputs.copies.into_iter().map(|copy| {
        let ports = copy.into_iter().map(|port| {
            let mut indices = vec![];
            for value in port.values {
                let before = row.iter().filter(|(p, _)| p.port == port.name).count();
                let element = (repeated || port.list).then_some(before);
                indices.push(row.len());
                row.push((NetworkPort { port: port.name.clone(), element }, value));
            }
            OutputPort { name: port.name, values: indices, list: port.list, optional: port.optional }
        });
        ports.collect()
    });
    let copies = copies.collect();
    (Outputs { copies, repeated }, row)
}
