//! Composites: components written in TOML, `registry/<family>/<name>.toml` (language.md, 4.2).

use super::library::{ComponentCard, PortCard};
use crate::config::{Item, Table};
use crate::diagnostic::{Diagnostic, Place, Source};
use crate::registry::{Accepts, Setting, Type};
use indexmap::IndexMap;
use std::sync::Arc;

/// A component written in TOML.
#[derive(Clone, Debug)]
pub struct Composite {
    pub family: String,
    pub name: String,
    pub source: Arc<Source>,
    pub doc: String,
    pub paper: String,
    pub inputs: Vec<InPort>,
    pub settings: Vec<Setting>,
    /// Defaults with their places.
    pub defaults: Table,
    pub graph: Graph,
}

/// `[in.PORT]`.
#[derive(Clone, Debug)]
pub struct InPort {
    pub name: String,
    pub ty: Type,
    pub list: bool,
    pub optional: bool,
    pub doc: String,
    pub place: Option<Place>,
}

/// Nodes and what the outside sees of them: the inside of a composite or of an expanding primitive.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub nodes: IndexMap<String, Node>,
    pub outputs: Vec<OutPort>,
}

/// `[nodes.X]` of a composite.
#[derive(Clone, Debug)]
pub struct Node {
    pub name: String,
    pub place: Option<Place>,
    pub component: Item,
    pub inputs: Vec<Input>,
    pub each: Table,
    pub repeat: Option<Item>,
    pub settings: Table,
}

/// What one input takes.
#[derive(Clone, Debug)]
pub struct Input {
    /// Empty: the only required one.
    pub port: String,
    pub wires: Wires,
}

/// A wire or an array of wires, flattened.
#[derive(Clone, Debug)]
pub struct Wires {
    pub array: bool,
    pub items: Vec<Item>,
    /// The key in front of them.
    pub key: Option<Place>,
}

/// `[out.PORT]`.
#[derive(Clone, Debug)]
pub struct OutPort {
    pub name: String,
    pub from: Wires,
    pub ty: Option<Type>,
    pub optional: bool,
    pub place: Option<Place>,
}

/// All composites of a run.
#[derive(Clone, Debug, Default)]
pub struct Composites {
    all: Vec<Composite>,
}

impl Composites {
    pub fn get(&self, family: &str, name: &str) -> Option<&Composite> {
        self.all.iter().find(|c| c.family == family && c.name == name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Composite> {
        self.all.iter()
    }

    /// Those that the binary carries.
    pub fn embedded() -> (Composites, Vec<Diagnostic>) {
        (Composites::default(), vec![])
    }

    /// Adds the files `<family>/<name>.toml` of a folder, each named as it is printed. A name that is there already,
    /// here or in the catalogue, is an error.
    pub fn add_folder(&mut self, _folder: &std::path::Path) -> Vec<Diagnostic> {
        vec![]
    }
}

impl Composite {
    pub fn card(&self) -> ComponentCard {
        let input = |p: &InPort| PortCard {
            name: p.name.clone(),
            accepts: Some(Accepts::Type(p.ty)),
            list: p.list,
            optional: p.optional,
        };
        let output = |p: &OutPort| PortCard {
            name: p.name.clone(),
            accepts: p.ty.map(Accepts::Type),
            list: p.from.array,
            optional: p.optional,
        };
        ComponentCard {
            family: self.family.clone(),
            name: self.name.clone(),
            doc: self.doc.clone(),
            paper: self.paper.clone(),
            inputs: self.inputs.iter().map(input).collect(),
            outputs: self.graph.outputs.iter().map(output).collect(),
            networks: vec![],
            settings: self.settings.clone(),
            composite: true,
        }
    }
}
