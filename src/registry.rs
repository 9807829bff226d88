//! What may be named in an experiment: cards, settings, ports, the shapes that travel on edges. Knows no component.
//!
//! Entries are plain values in an ordered list ([`Catalogue`]), built by `components::catalogue()` from the Rust
//! primitives; TOML composites are opened by `graph`.

mod settings;
mod shape;

pub use settings::{
    Bounds, Declared, KernelSize, Kind, OfKind, Padding, Setting, SettingsError, Slot, join_doc, settings,
};
pub use shape::{Edge, Type};

use std::collections::BTreeMap;

/// Typed, complete settings of one component: defaults filled in, dims resolved to integers, slots as
/// `{"use": name, settings..}` objects. JSON because it is ordered, hashable as text, and serde reads it.
pub type Settings = serde_json::Map<String, serde_json::Value>;

/// One port of a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    pub name: &'static str,
    pub accepts: Accepts,
    /// A list of maps rather than one.
    pub list: bool,
    pub optional: bool,
}

/// What a port takes or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    Type(Type),
    /// `T` of primitives.toml: image, mask or map, the same at every `T` of one component.
    Same,
    /// What a discriminator is shown: a wire, or one wire for each of its inputs.
    Bundle,
}

/// What `describe` prints of a component, and what `check` holds a file against.
#[derive(Clone, Debug)]
pub struct Card {
    /// The folder: `gate`, `loss`, `dataset`, ...
    pub family: &'static str,
    /// Kebab-case; the file has the same name in snake case.
    pub name: &'static str,
    /// First sentence of the file's `//!`.
    pub doc: &'static str,
    /// Where it is from, or empty.
    pub paper: &'static str,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    /// Keys that name a node whose network the component applies: `network`, `discriminator`.
    pub networks: Vec<&'static str>,
    pub settings: Vec<Setting>,
    /// Which version of the component's numbers this is: part of the identity of every cell that uses it.
    pub revision: u32,
}

/// Edges at the inputs of a component: port name to its edges (one, or a list's). Absent optional ports are missing.
#[derive(Clone, Debug, Default)]
pub struct InputEdges {
    pub ports: BTreeMap<String, Vec<Edge>>,
}

impl InputEdges {
    /// The only edge of a required port. The graph checks presence before any component sees its inputs.
    pub fn one(&self, port: &str) -> Result<&Edge, Problem> {
        self.ports.get(port).and_then(|e| e.first()).ok_or_else(|| Problem::new(format!("input `{port}` is missing")))
    }

    pub fn list(&self, port: &str) -> &[Edge] {
        self.ports.get(port).map_or(&[], Vec::as_slice)
    }

    pub fn has(&self, port: &str) -> bool {
        !self.list(port).is_empty()
    }
}

/// A learnable tensor of a component. Shapes are four-dimensional everywhere (a bias of C is `1 x C x 1 x 1`).
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: &'static str,
    pub shape: [usize; 4],
    pub init: Start,
}

/// Where a parameter's values come from before training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// Kernels and matrices: by the node's `init` component; fans are `shape[1..]` (in) and `shape[0] * shape[2..]` (out).
    /// The flag is true for transposed convolutions, whose kernel is stored in x out x k x k.
    Weight { transposed: bool },
    /// Biases and shifts: zero. PyTorch's own rule (uniform in the fan) is what `init = "none"`-less files do not need.
    Constant(f32),
}

/// State that is not learnt by gradient: running statistics, spectral-norm vectors. Saved with the parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer {
    pub name: &'static str,
    pub shape: [usize; 4],
    pub fill: f32,
}

/// What a leaf component says of itself once its settings and input edges are known. Allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Inferred {
    /// One for each output port of the card; `None` where an optional output is absent.
    pub outputs: Vec<Option<Edge>>,
    pub parameters: Vec<Parameter>,
    pub buffers: Vec<Buffer>,
    /// Multiply-accumulates of one sample's forward pass (convolutions and linear layers; 0 elsewhere).
    pub macs: u64,
}

/// Why a component refuses its inputs or settings. The graph adds the place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problem {
    pub message: String,
    /// Input ports (with the element of a list) to be marked, each with a label such as `128x64x64`.
    pub ports: Vec<(String, usize, String)>,
    /// A setting to be marked.
    pub setting: Option<String>,
    pub help: Option<String>,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Self {
        Problem { message: message.into(), ..Default::default() }
    }

    pub fn at_setting(mut self, name: impl Into<String>) -> Self {
        self.setting = Some(name.into());
        self
    }

    pub fn at_port(mut self, port: impl Into<String>, element: usize, label: impl Into<String>) -> Self {
        self.ports.push((port.into(), element, label.into()));
        self
    }

    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<SettingsError> for Problem {
    fn from(e: SettingsError) -> Self {
        Problem::new(e.to_string())
    }
}

/// A graph written by Rust instead of TOML: what an expanding primitive (a ResNet) consists of. The graph opens it as
/// it opens a composite, so that shapes, parameters, summaries and execution know leaf components only.
#[derive(Clone, Debug, Default)]
pub struct Body {
    pub nodes: Vec<BodyNode>,
    /// Output port to the wires it is made of (several, or an `[all]`: a list).
    pub outputs: Vec<(String, Vec<String>)>,
}

/// A node of a [`Body`], in the terms of language.md section 4 (no `$`; wires as there, `in.PORT` for the inputs).
#[derive(Clone, Debug)]
pub struct BodyNode {
    /// May be a path, as `layer1/0/conv1`; its only output is then wired by that.
    pub name: String,
    /// `family/name`.
    pub component: String,
    /// Port to wires.
    pub inputs: Vec<(String, Vec<String>)>,
    /// As they would be written in TOML: slots as text or `{"use": ..}`, dims as integers or `{"like": .., "times": ..}`.
    pub settings: Settings,
}

impl Body {
    /// Adds a node with one wire to each named port.
    pub fn node(&mut self, name: &str, component: &str, inputs: &[(&str, &str)], settings: serde_json::Value) {
        let settings = match settings {
            serde_json::Value::Object(map) => map,
            _ => Settings::new(),
        };
        let inputs = inputs.iter().fold(Vec::<(String, Vec<String>)>::new(), |mut all, (port, wire)| {
            match all.iter_mut().find(|(p, _)| p == port) {
                Some((_, wires)) => wires.push(wire.to_string()),
                None => all.push((port.to_string(), vec![wire.to_string()])),
            }
            all
        });
        self.nodes.push(BodyNode { name: name.into(), component: component.into(), inputs, settings });
    }

    pub fn output(&mut self, port: &str, wires: &[&str]) {
        self.outputs.push((port.into(), wires.iter().map(|w| w.to_string()).collect()));
    }
}

/// How the graph learns what a component is.
#[derive(Clone, Copy)]
pub enum Make {
    /// Runs by itself: shapes, parameters and cost from settings and input edges.
    Leaf(fn(&Settings, &InputEdges) -> Result<Inferred, Problem>),
    /// Consists of other components. Input edges are given for presence, list lengths and channels.
    Expand(fn(&Settings, &InputEdges) -> Result<Body, Problem>),
    /// A dataset: its output ports with their edges. `None` settings that depend on files are filled by `manifest`.
    Dataset(fn(&Settings) -> Result<Vec<(String, Edge)>, Problem>),
    /// A loss or metric: checks its input edges beyond the types on the card. A tracker: its settings beyond their types.
    Measure(fn(&Settings, &InputEdges) -> Result<(), Problem>),
    /// Optimizers, schedules, inits, transforms, holes, figures, trackers, launchers: settings only.
    Plain,
}

/// A component as the graph sees it.
#[derive(Clone)]
pub struct Entry {
    pub card: Card,
    pub make: Make,
}

impl Entry {
    /// A component without ports, that no node can use: an optimizer, a transform.
    pub fn plain(
        family: &'static str,
        name: &'static str,
        doc: &'static str,
        paper: &'static str,
        settings: Vec<Setting>,
    ) -> Entry {
        let (inputs, outputs, networks) = (vec![], vec![], vec![]);
        let card = Card { family, name, doc, paper, inputs, outputs, networks, settings, revision: 1 };
        Entry { card, make: Make::Plain }
    }
}

/// Every Rust primitive, by family and name.
#[derive(Clone, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

impl Catalogue {
    pub fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|a, b| (a.card.family, a.card.name).cmp(&(b.card.family, b.card.name)));
        Catalogue { entries }
    }

    pub fn get(&self, family: &str, name: &str) -> Option<&Entry> {
        let found = self.entries.binary_search_by(|e| (e.card.family, e.card.name).cmp(&(family, name)));
        found.ok().map(|number| &self.entries[number])
    }

    /// All, in the order in which they are printed.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn family<'a>(&'a self, family: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |e| e.card.family == family)
    }
}

/// Ports from text as in primitives.toml: `"map: map"`, `"links?: map[]"`, `"maps: T[]"`, `"real: bundle"`.
pub fn ports(texts: &[&'static str]) -> Vec<Port> {
    texts.iter().map(|t| port(t)).collect()
}

fn port(text: &'static str) -> Port {
    let (name, ty) = text.split_once(": ").unwrap_or((text, "any"));
    let (name, optional) = name.strip_suffix('?').map_or((name, false), |n| (n, true));
    let (ty, list) = ty.strip_suffix("[]").map_or((ty, false), |t| (t, true));
    let accepts = match ty {
        "T" => Accepts::Same,
        "bundle" => Accepts::Bundle,
        other => Accepts::Type(Type::parse(other).unwrap_or(Type::Any)),
    };
    Port { name, accepts, list, optional }
}
