//! Opens one component: composites and expanding primitives to leaf operations with known shapes.

use super::library::Library;
use super::plan::{Network, OpCost};
use crate::config::{Item, Origin};
use crate::diagnostic::Diagnostic;
use crate::registry::Edge;

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

/// Output ports of a node: what a wire to it may name.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    /// Copies of the node (one without `each` and `repeat`), each with its ports.
    pub copies: Vec<Vec<OutputPort>>,
    pub repeated: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OutputPort {
    pub name: String,
    /// Indices into `network.outputs`; empty where an optional output is absent.
    pub values: Vec<usize>,
    pub list: bool,
    pub optional: bool,
}

impl Library<'_> {
    /// Opens the top-level node `node` (its table after `$`; `in`, `detach`, `freeze`, `weights`, `init`, `enabled` are
    /// the caller's) on the edges of its inputs. Every error goes to `problems`; `None` where there was one.
    ///
    /// `like` gives the edge of a top-level wire for `{ like = "pairs.identity" }`, `None` where there is none.
    pub fn open(
        &self,
        _node: &str,
        _item: &Item,
        _inputs: &[Wired],
        _like: &dyn Fn(&str) -> Option<Edge>,
        _problems: &mut Vec<Diagnostic>,
    ) -> Option<Opened> {
        None
    }

    /// The same network, same parameters, on other inputs (`apply`, discriminators, feature losses). Gives the edges of
    /// `network.outputs` and the costs by operation. Inputs must be those of the first application in number; they may
    /// differ in size. An error where that would need other parameters.
    ///
    /// `label` names the application in errors.
    pub fn apply(
        &self,
        _opened: &Opened,
        _label: &str,
        _inputs: &[Wired],
        _problems: &mut Vec<Diagnostic>,
    ) -> Option<(Vec<Edge>, Vec<OpCost>)> {
        None
    }
}
