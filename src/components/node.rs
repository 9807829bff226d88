//! How a component that can be a node is registered.

use crate::nn::Module;
use crate::registry::{
    Body, Card, Declared, Edge, Entry, Inferred, InputEdges, Make, Parameter, Problem, Settings, Type, ports,
};
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
            revision: 1,
        }
    }
}

/// The settings of a component that runs by itself. They are its [`Module`] too: a leaf owns no tensors, its parameters
/// come with the pass.
pub trait Leaf: Declared {
    const ABOUT: About;

    /// Output edges, parameters, buffers and cost for these inputs.
    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem>;
}

/// The settings of a component that consists of others.
pub trait Composed: Declared {
    const ABOUT: About;

    /// The components it is opened to; input edges are given for presence, list lengths and channels.
    fn body(&self, inputs: &InputEdges) -> Result<Body, Problem>;
}

/// Registers a leaf component.
pub fn leaf<D: Backend, L: Leaf + Module<D> + 'static>() -> NodeEntry<D> {
    let infer = |settings: &Settings, inputs: &InputEdges| L::read(settings)?.infer(inputs);
    let build = |settings: &Settings, _: &InputEdges| -> Result<Box<dyn Module<D>>, Problem> {
        Ok(Box::new(L::read(settings)?))
    };
    NodeEntry { entry: Entry { card: L::ABOUT.card::<L>(), make: Make::Leaf(infer) }, build: Some(build) }
}

/// Registers a component that consists of others.
pub fn composed<D: Backend, C: Composed>() -> NodeEntry<D> {
    expanding::<D, C>(C::ABOUT, |settings, inputs| C::read(settings)?.body(inputs))
}

/// Registers a component that consists of others, where several share settings `S`.
pub fn expanding<D: Backend, S: Declared>(
    about: About,
    body: fn(&Settings, &InputEdges) -> Result<Body, Problem>,
) -> NodeEntry<D> {
    NodeEntry { entry: Entry { card: about.card::<S>(), make: Make::Expand(body) }, build: None }
}

/// A component with one output and nothing to learn.
pub(super) fn gives(edge: Edge) -> Result<Inferred, Problem> {
    Ok(Inferred { outputs: vec![Some(edge)], ..Default::default() })
}

/// The same shape as a map: what activations, norms, gates, fusions and up-samplings give (language.md, section 10).
pub(super) fn as_map(edge: &Edge) -> Edge {
    edge.with(Type::Map, edge.dims)
}

/// A kernel or matrix, initialised by the node's `init`.
pub(super) fn weight(name: &'static str, shape: [usize; 4]) -> Parameter {
    Parameter { name, shape, init: crate::registry::Start::Weight { transposed: false } }
}

/// A value for each channel (`1 x C x 1 x 1`), constant at the start.
pub(super) fn per_channel(name: &'static str, channels: usize, start: f32) -> Parameter {
    Parameter { name, shape: [1, channels, 1, 1], init: crate::registry::Start::Constant(start) }
}
