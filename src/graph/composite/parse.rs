//! One composite's file to its parts, and what can be said of it without opening it: names, references, what is unused.

use super::{Composite, Graph, InPort, Input, Node, OutPort, Wires};
use crate::config::{self, Item, Layer, Table, Value};
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::graph::settings::{self, or_list};
use crate::graph::wire::{Wire, is_name};
use crate::registry::{Bounds, Kind, Setting, Type};
use std::sync::Arc;

/// Keys of a node that are not settings of its component (language.md, section 4).
pub const NODE_KEYS: [&str; 10] =
    ["use", "apply", "in", "each", "repeat", "detach", "freeze", "weights", "init", "enabled"];

const KINDS: [(&str, Kind); 12] = [
    ("integer", Kind::Integer),
    ("number", Kind::Number),
    ("boolean", Kind::Boolean),
    ("text", Kind::Text),
    ("choice", Kind::Choice),
    ("dim", Kind::Dim),
    ("padding", Kind::Padding),
    ("kernel", Kind::Kernel),
    ("integers", Kind::Integers),
    ("numbers", Kind::Numbers),
    ("texts", Kind::Texts),
    ("file", Kind::File),
];

/// Reads a composite; every problem of its file goes to `problems`.
pub(super) fn composite(
    source: &Arc<Source>,
    family: &str,
    name: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<Composite> {
    let mut tree = match config::parse(source) {
        Ok(tree) => tree,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    // What a composite writes is a default: the layer beneath every experiment.
    lower(&mut tree);
    let before = problems.len();
    problems.extend(config::check_format(source, &tree));
    let top = tree.as_table()?;
    let mut reader = Reader { problems };
    reader.known(top, "key", &["format", "doc", "paper", "in", "settings", "nodes", "out"]);
    let doc = reader.text(&tree, "doc");
    if doc.is_empty() && problems.len() == before {
        let message = format!("`doc` is missing in `{}`", source.name);
        problems.push(Diagnostic::error(message).with_help("doc = \"What it is, in one sentence.\""));
    }
    let mut reader = Reader { problems };
    let paper = reader.text(&tree, "paper");
    let inputs = reader.entries(&tree, "in").iter().filter_map(|(n, i)| reader.input(n, i)).collect();
    let mut defaults = Table::new();
    let declared = reader.entries(&tree, "settings");
    let settings = declared.iter().filter_map(|(n, i)| reader.setting(n, i, &mut defaults)).collect();
    let nodes = reader.entries(&tree, "nodes");
    nodes.iter().for_each(|(_, item)| reader.misplaced(item));
    let nodes = nodes.iter().filter_map(|(n, i)| reader.node(n, i)).collect::<Vec<_>>();
    let outputs = reader.entries(&tree, "out").iter().filter_map(|(n, i)| reader.output(n, i)).collect();
    let nodes = nodes.into_iter().map(|n| (n.name.clone(), n)).collect();
    let graph = Graph { nodes, outputs };
    let (family, name, source) = (family.to_string(), name.to_string(), source.clone());
    let composite = Composite { family, name, source, doc, paper, inputs, settings, defaults, graph };
    if problems.len() == before {
        super::references::check(&composite, problems);
    }
    (problems.len() == before).then_some(composite)
}

fn lower(item: &mut Item) {
    item.origin.layer = Layer::Default;
    match &mut item.value {
        Value::Table(table) => table.values_mut().for_each(lower),
        Value::Array(all) => all.iter_mut().for_each(lower),
        _ => {}
    }
}

/// A node from its table: also of an experiment's, for `use`, `each`, `repeat` and settings.
pub fn node(name: &str, item: &Item, problems: &mut Vec<Diagnostic>) -> Option<Node> {
    Reader { problems }.node(name, item)
}

/// A wire or an array of wires, arrays inside arrays flattened.
pub fn wires(item: &Item, problems: &mut Vec<Diagnostic>) -> Wires {
    let mut all = Wires { array: item.as_array().is_some(), items: vec![], key: item.entry_place() };
    flatten(item, &mut all.items, problems);
    all
}

fn flatten(item: &Item, to: &mut Vec<Item>, problems: &mut Vec<Diagnostic>) {
    match (item.as_array(), Wire::read(item)) {
        (Some(all), _) => all.iter().for_each(|inner| flatten(inner, to, problems)),
        (None, Ok(_)) => to.push(item.clone()),
        (None, Err(problem)) => problems.push(problem),
    }
}

struct Reader<'a> {
    problems: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn fail(&mut self, item: &Item, message: String, label: &str) {
        let problem = Diagnostic::error(message);
        self.problems.push(match item.key_place() {
            Some(place) => problem.at(place, label),
            None => problem,
        });
    }

    fn known(&mut self, table: &Table, word: &str, known: &[&str]) {
        for (name, item) in table.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            let label = format!("expected {}", or_list(known));
            self.fail(item, format!("unknown {word} `{name}`"), &label);
            if let (Some(near), Some(last)) = (nearest(name, known.iter().copied()), self.problems.last_mut()) {
                last.help.push(format!("a {word} with a similar name exists: `{near}`"));
            }
        }
    }

    fn text(&mut self, item: &Item, key: &str) -> String {
        match item.get(&[key]) {
            None => String::new(),
            Some(found) => found.as_text().map(str::to_string).unwrap_or_else(|| {
                self.problems.push(found.expected("text"));
                String::new()
            }),
        }
    }

    fn flag(&mut self, item: &Item, key: &str) -> bool {
        match item.get(&[key]) {
            None => false,
            Some(Item { value: Value::Boolean(b), .. }) => *b,
            Some(found) => {
                self.problems.push(found.expected("a boolean"));
                false
            }
        }
    }

    fn ty(&mut self, item: &Item) -> Option<Type> {
        let found = item.get(&["type"])?;
        let known: Vec<&str> = Type::ALL.iter().map(|t| t.name()).collect();
        let ty = found.as_text().and_then(Type::parse);
        if ty.is_none() {
            self.problems.push(found.expected(&or_list(&known)));
        }
        ty
    }

    /// The tables of `[in]`, `[settings]`, `[nodes]`, `[out]`, names checked.
    fn entries(&mut self, tree: &Item, key: &str) -> Vec<(String, Item)> {
        let Some(section) = tree.get(&[key]) else { return vec![] };
        let Some(table) = section.as_table() else {
            self.problems.push(section.expected("a table"));
            return vec![];
        };
        for (name, item) in table {
            let reserved = key == "nodes" && ["in", "out", "batch", "cost", "all", "reversed"].contains(&name.as_str());
            let taken = key == "settings" && NODE_KEYS.contains(&name.as_str());
            if !is_name(name) {
                self.fail(item, format!("`{name}` is not a name"), "small letters, digits and hyphens");
            } else if reserved || taken {
                self.fail(item, format!("`{name}` is a reserved word"), "choose another name");
            }
        }
        table.iter().map(|(n, i)| (n.clone(), i.clone())).collect()
    }

    fn input(&mut self, name: &str, item: &Item) -> Option<InPort> {
        let table = self.table(item)?;
        self.known(table, "key", &["type", "list", "optional", "doc"]);
        let ty = self.ty(item);
        if item.get(&["type"]).is_none() {
            self.fail(item, format!("`in.{name}` has no `type`"), "expected `type`");
        }
        let (list, optional, doc) = (self.flag(item, "list"), self.flag(item, "optional"), self.text(item, "doc"));
        Some(InPort { name: name.into(), ty: ty?, list, optional, doc, place: item.key_place().cloned() })
    }

    fn output(&mut self, name: &str, item: &Item) -> Option<OutPort> {
        let table = self.table(item)?;
        self.known(table, "key", &["from", "type", "optional", "doc"]);
        let ty = self.ty(item);
        let optional = self.flag(item, "optional");
        self.text(item, "doc");
        let Some(from) = item.get(&["from"]) else {
            self.fail(item, format!("`out.{name}` has no `from`"), "expected `from`");
            return None;
        };
        let from = wires(from, self.problems);
        Some(OutPort { name: name.into(), from, ty, optional, place: item.entry_place() })
    }

    fn table<'t>(&mut self, item: &'t Item) -> Option<&'t Table> {
        if item.as_table().is_none() {
            self.problems.push(item.expected("a table"));
        }
        item.as_table()
    }

    /// Keys that only an experiment's nodes have.
    fn misplaced(&mut self, item: &Item) {
        for key in ["apply", "detach", "freeze", "weights", "init", "enabled"] {
            if let Some(found) = item.get(&[key]) {
                self.fail(found, format!("unknown key `{key}`"), "a composite's nodes do not have it");
            }
        }
    }

    fn node(&mut self, name: &str, item: &Item) -> Option<Node> {
        let table = self.table(item)?;
        let Some(component) = table.get("use") else {
            self.fail(item, format!("node `{name}` has no `use`"), "expected `use = \"family/name\"`");
            return None;
        };
        let each = match table.get("each") {
            None => Table::new(),
            Some(found) => self.table(found)?.clone(),
        };
        let inputs = match table.get("in") {
            None => vec![],
            Some(Item { value: Value::Table(ports), .. }) => {
                ports.iter().map(|(p, i)| Input { port: p.clone(), wires: wires(i, self.problems) }).collect()
            }
            Some(one) => vec![Input { port: String::new(), wires: wires(one, self.problems) }],
        };
        let settings = table.iter().filter(|(k, _)| !NODE_KEYS.contains(&k.as_str()));
        Some(Node {
            name: name.to_string(),
            place: item.entry_place(),
            component: component.clone(),
            inputs,
            each,
            repeat: table.get("repeat").cloned(),
            settings: settings.map(|(k, v)| (k.clone(), v.clone())).collect(),
        })
    }

    fn setting(&mut self, name: &str, item: &Item, defaults: &mut Table) -> Option<Setting> {
        let keys = ["default", "doc", "type", "of", "family", "min", "max", "above", "below", "length"];
        let table = self.table(item)?;
        self.known(table, "key", &keys);
        let default = item.get(&["default"]);
        let kind = self.setting_kind(name, item, default)?;
        let of = item.get(&["of"]).map(settings::json_of).and_then(|j| j.as_array().cloned()).unwrap_or_default();
        let bound = |key| match item.get(&[key]).map(|i| &i.value) {
            Some(Value::Integer(i)) => Some(*i as f64),
            Some(Value::Float(x)) => Some(*x),
            _ => None,
        };
        let bounds = Bounds {
            min: bound("min"),
            max: bound("max"),
            above: bound("above"),
            below: bound("below"),
            length: bound("length").map(|l| l as usize),
        };
        if let Some(like) = default.and_then(|d| d.get(&["like"])) {
            let message = format!("the default of `{name}` reads an edge");
            self.fail(like, message, "write the `like` at the node that takes the setting");
        }
        if let Some(default) = default {
            defaults.insert(name.to_string(), default.clone());
        }
        let default = default.map(settings::json_of);
        Some(Setting { name: name.to_string(), doc: self.text(item, "doc"), kind, default, bounds, of })
    }

    fn setting_kind(&mut self, name: &str, item: &Item, default: Option<&Item>) -> Option<Kind> {
        if let Some(family) = item.get(&["family"]) {
            return Some(Kind::Slot(family.as_text().unwrap_or_default().to_string()));
        }
        if let Some(found) = item.get(&["type"]) {
            let kind = KINDS.iter().find(|(k, _)| Some(*k) == found.as_text()).map(|(_, kind)| kind.clone());
            if kind.is_none() {
                self.problems.push(found.expected(&or_list(&KINDS.map(|(k, _)| k))));
            }
            return kind;
        }
        match default.map(|d| &d.value) {
            Some(Value::Boolean(_)) => Some(Kind::Boolean),
            Some(Value::Integer(_)) => Some(Kind::Integer),
            Some(Value::Float(_)) => Some(Kind::Number),
            Some(Value::Text(_)) => Some(Kind::Text),
            _ => {
                self.fail(
                    item,
                    format!("setting `{name}` has no type"),
                    "expected `type`, `family` or a plain `default`",
                );
                None
            }
        }
    }
}
