//! Where a node is opened: the component it stands in, with that component's settings, inputs and other nodes.

use super::outputs::Outputs;
use crate::config::{Item, Layer, Origin, Table, Value};
use crate::diagnostic::Place;
use crate::graph::composite::Graph;
use crate::graph::plan::OpSource;
use crate::graph::wire::setting;
use crate::registry::{Edge, Setting};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// A value on its way through a network.
#[derive(Clone, Debug)]
pub(super) struct Val {
    pub edge: Edge,
    pub source: OpSource,
    /// As errors name it, without the network's name: `decoder-1[2]/up`, `encoder-1.skips[2]`, `pairs.incomplete`.
    pub label: String,
    /// What decided the size of the network's input that it comes from.
    pub size: Option<Origin>,
    /// The uppermost layer's choice of a component or setting that it went through, the nearest of equals.
    pub decided: Option<Origin>,
}

/// What one input is given.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    pub list: bool,
    /// Each with the wire as written.
    pub values: Vec<(Val, Option<Item>)>,
    /// The key in front of the wires: `in.skip`.
    pub key: Option<Place>,
}

pub(super) type Inputs = BTreeMap<String, Given>;

pub(super) enum State {
    Opening,
    Failed,
    Done(Rc<Outputs<Val>>),
}

/// The edge of a top-level wire.
pub(super) type Like<'a> = dyn Fn(&str) -> Option<Edge> + 'a;

/// A composite or expanding primitive while it is being opened.
pub(super) struct Frame<'a> {
    /// `generator/decoder-1[2]`; empty at the top.
    pub path: String,
    pub graph: &'a Graph,
    /// Complete.
    pub settings: &'a Table,
    pub schema: &'a [Setting],
    pub inputs: Arc<Inputs>,
    /// Inputs that the component has, present or not.
    pub ports: Vec<String>,
    /// Where the component is named, for nodes that no file wrote.
    pub at: Option<Place>,
    /// Edges of wires at the top.
    pub like: Option<&'a Like<'a>>,
    pub states: RefCell<BTreeMap<String, State>>,
    pub opening: RefCell<Vec<String>>,
}

impl Frame<'_> {
    /// Path of an inner node.
    pub fn inner(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_string() } else { format!("{}/{name}", self.path) }
    }

    /// A value as written here, `$` replaced: it stands where the setting's value was decided and remembers this key.
    pub fn substitute(&self, item: &Item) -> Item {
        let inner = match &item.value {
            Value::Text(text) => match setting(text).and_then(|name| self.settings.get(name)) {
                Some(found) => {
                    let key = item.key_place().cloned();
                    let origin = Origin { key, ..found.origin.clone() };
                    return Item { origin, ..found.clone() };
                }
                None => item.value.clone(),
            },
            Value::Array(all) => Value::Array(all.iter().map(|i| self.substitute(i)).collect()),
            Value::Table(table) => Value::Table(self.substitute_all(table)),
            _ => item.value.clone(),
        };
        Item { value: inner, ..item.clone() }
    }

    pub fn substitute_all(&self, table: &Table) -> Table {
        table.iter().map(|(name, item)| (name.clone(), self.substitute(item))).collect()
    }
}

impl Given {
    pub fn edges(&self) -> Vec<Edge> {
        self.values.iter().map(|(v, _)| v.edge.clone()).collect()
    }
}

/// The origin of the uppermost layer, the first of equals. Defaults are nobody's choice.
pub(super) fn uppermost<'o>(origins: impl IntoIterator<Item = &'o Origin>) -> Option<&'o Origin> {
    let mut best: Option<&Origin> = None;
    for origin in origins.into_iter().filter(|o| o.place.is_some() && o.layer != Layer::Default) {
        if best.is_none_or(|b| origin.layer > b.layer) {
            best = Some(origin);
        }
    }
    best
}
