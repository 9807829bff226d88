//! How a component that can be a node is registered.

use crate::nn::Module;
use crate::registry::{Body, Card, Declared, Entry, Inferred, InputEdges, Make, Problem, Settings, ports};
use crate::tensor::Backend;

/// Builds a leaf from its settings and the edges of its inputs.
pub type Build<D> = fn(&Settings, &InputEdges) -> Result<Box<dyn Module<D>>, Problem>;

/// An entry of a family's list.
pub struct NodeEntry<D: Backend> {
    pub entry: Entry,
    /// `None`: it expands into other components and never runs by itself.
    pub build: Option<Build<D>>,
}

/// What a card says besides its settings.
#[derive(Clone, Copy)]
pub struct About {
    pub family: &'static str,
    pub name: &'static str,
    /// First sentence of the file's `//!`.
    pub doc: &'static str,
    pub paper: &'static str,
    /// As in `"links?: map[]"`.
    pub inputs: &'static [&'static str],
    pub outputs: &'static [&'static str],
}

impl About {
    pub fn card<S: Declared>(self) -> Card {
        Card {
            family: self.family,
            name: self.name,
            doc: self.doc,
            paper: self.paper,
            inputs: ports(self.inputs),
            outputs: ports(self.outputs),
            networks: Vec::new(),
            settings: S::schema(),
        }
    }
}

/// Registers a leaf component with settings `S`.
pub fn leaf<D: Backend, S: Declared>(
    about: About,
    infer: fn(&Settings, &InputEdges) -> Result<Inferred, Problem>,
    build: Build<D>,
) -> NodeEntry<D> {
    NodeEntry { entry: Entry { card: about.card::<S>(), make: Make::Leaf(infer) }, build: Some(build) }
}

/// Registers a component that consists of others.
pub fn expanding<D: Backend, S: Declared>(
    about: About,
    body: fn(&Settings, &InputEdges) -> Result<Body, Problem>,
) -> NodeEntry<D> {
    NodeEntry { entry: Entry { card: about.card::<S>(), make: Make::Expand(body) }, build: None }
}
