//! The checked experiment: names resolved, composites opened to leaf operations, every edge's shape known, every update
//! with its losses. `graph` makes it, `run` carries it out; nothing in it is looked up by text any more.

mod canonical;
mod identity;
mod shown;

pub use canonical::Canonical;
pub use identity::Identity;
pub use shown::{Absent, Evaluate, Evaluation, GroupBy, Metric, Pick, Predict, Shown};

use crate::config::Item;
use crate::record::ReportPlan;
use crate::registry::{Edge, Inferred, InputEdges, Settings};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// One cell: a variant of an experiment with one seed. What does not depend on the seed is read through it.
#[derive(Clone, Debug)]
pub struct Plan {
    pub run: Run,
    /// Which cell it is: [`Plan::hash`] and [`Plan::canonical`] say it.
    pub identity: Identity,
    /// The tree that it was made of, without what is switched off or not needed: every value with its origin.
    pub tree: Item,
    /// One for all cells that differ in their seeds alone.
    pub common: Arc<Common>,
}

impl Deref for Plan {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.common
    }
}

/// All of a plan but its `[run]`.
#[derive(Clone, Debug)]
pub struct Common {
    /// Stem of the experiment's file, and the row's label.
    pub experiment: String,
    pub variant: String,
    pub train: Train,
    pub datasets: Vec<Dataset>,
    pub networks: Vec<Network>,
    /// Top-level nodes that are applied, each after the ones it reads.
    pub applications: Vec<Application>,
    pub losses: Vec<Loss>,
    pub updates: Vec<Update>,
    /// In the order in which they run.
    pub stages: Vec<Stage>,
    pub evaluate: Evaluate,
    pub evaluations: Vec<Evaluation>,
    pub predict: Option<Predict>,
    pub report: ReportPlan,
    /// What the report's sample figures show, as values to compute.
    pub shown: Vec<Shown>,
    /// Wires and columns of the report that this cell lacks; an error only where every cell of the study lacks them.
    pub absent: Vec<Absent>,
    /// By `family/name`, of all components that it holds those beyond the first.
    pub revisions: BTreeMap<String, u32>,
    /// The canonical form but for `[run]`, once somebody asked for it.
    pub form: OnceLock<Canonical>,
}

/// A component with complete settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    pub family: String,
    pub name: String,
    pub settings: Settings,
}

/// A length: `"300 steps"`, `"10 epochs"`, `"50 %"` of the stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    Steps(u64),
    Epochs(u64),
    Percent(u64),
}

impl Span {
    /// Steps of this span, given the steps of an epoch and of the stage.
    pub fn steps(self, epoch: u64, stage: u64) -> u64 {
        match self {
            Span::Steps(n) => n,
            Span::Epochs(n) => n * epoch,
            Span::Percent(p) => stage * p / 100,
        }
    }

    /// Reads `"5 epochs"`; the graph has checked the text.
    pub fn parse(text: &str) -> Option<Span> {
        let (number, unit) = text.split_once(' ')?;
        let n = number.parse().ok()?;
        match unit {
            "step" | "steps" => Some(Span::Steps(n)),
            "epoch" | "epochs" => Some(Span::Epochs(n)),
            "%" => Some(Span::Percent(n)),
            _ => None,
        }
    }
}

/// `[run]`.
#[derive(Clone, Debug)]
pub struct Run {
    pub seed: u64,
    /// `auto`, `cpu`, `cuda`, `cuda:0,1`.
    pub device: String,
    pub precision: String,
    /// `None`: all cores.
    pub threads: Option<usize>,
    /// How many processes share each batch; `None`: one for each device of `device`.
    pub processes: Option<usize>,
    /// Batch norm in several processes: the statistics of the whole batch, not of each process's share.
    pub sync_batch_norm: bool,
    /// Folder of the runs, as written, relative to the current folder.
    pub out: String,
    pub checkpoint_every: Span,
    pub checkpoint_keep: usize,
    pub track: Vec<Component>,
}

impl Run {
    /// How many processes share each batch.
    pub fn processes(&self) -> usize {
        let listed = self.device.strip_prefix("cuda:").map_or(1, |numbers| numbers.split(',').count());
        self.processes.unwrap_or(listed).max(1)
    }
}

/// `[train]`, as far as updates and stages do not hold it already.
#[derive(Clone, Debug)]
pub struct Train {
    pub batch: usize,
    /// Dataset whose length is an epoch; the only one drawn, where one is.
    pub epoch_of: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct Dataset {
    pub name: String,
    pub component: Component,
    /// `size`, where the dataset has one.
    pub size: usize,
    pub transforms: Vec<Component>,
    /// Ports with their edges, after the transforms.
    pub ports: Vec<(String, Edge)>,
    /// Folder of the file that wrote its paths.
    pub base: std::path::PathBuf,
}

/// Who owns parameters: a top-level node with `use`, opened to leaf operations.
#[derive(Clone, Debug)]
pub struct Network {
    /// The node's name.
    pub node: String,
    /// `family/name`.
    pub component: String,
    /// Present inputs, lists flattened.
    pub inputs: Vec<NetworkPort>,
    pub outputs: Vec<NetworkOutput>,
    /// In an order in which each comes after what it reads; networks of several cells that are the same share them.
    pub ops: Arc<Vec<Op>>,
    /// By operation: no update learns it, running statistics stand still, dropout is off.
    pub frozen: Vec<bool>,
    pub weights: Weights,
    pub init: Component,
}

/// A value that goes into or comes out of a network: a port, or one element of a list port.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkPort {
    pub port: String,
    pub element: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct NetworkOutput {
    pub port: NetworkPort,
    pub from: OpSource,
}

/// Where an operation's input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpSource {
    /// Index into [`Network::inputs`].
    Input(usize),
    /// An operation of the network and one of its output ports, by number on the card.
    Op { op: usize, output: usize },
}

/// A leaf operation.
#[derive(Clone, Debug)]
pub struct Op {
    /// `generator/decoder-1[2]/gate/theta/conv`; parameters are `<path>/<name>`.
    pub path: Arc<str>,
    pub component: Arc<Component>,
    /// Port to its sources (one, or a list's), in the order of the card, so that the first is the one that a map passes
    /// through; absent optional ports are missing.
    pub inputs: Arc<[(&'static str, Vec<OpSource>)]>,
    /// Edges of the network's first application; later ones may differ in size, not in parameters.
    pub input_edges: Arc<InputEdges>,
    pub inferred: Arc<Inferred>,
}

/// Where a network's values come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// By `init`.
    None,
    File {
        path: std::path::PathBuf,
        /// Names of the tensors there: one of [`super::layout::LAYOUTS`].
        layout: String,
        /// What is missing, unexpected or of another shape is an error.
        strict: bool,
        /// Where in the file the values are, as the file writes it; `None`: found by name.
        node: Option<String>,
        /// Inner paths that take the values; empty: the whole node.
        at: Vec<String>,
    },
    /// A node of a finished cell, by the folder of that cell.
    Cell {
        folder: std::path::PathBuf,
        node: String,
        which: String,
        /// As in a file.
        at: Vec<String>,
    },
}

impl Weights {
    /// Inner paths that take the values; `None`: nothing does.
    pub fn at(&self) -> Option<&[String]> {
        match self {
            Weights::None => None,
            Weights::File { at, .. } | Weights::Cell { at, .. } => Some(at),
        }
    }

    /// Whether every tensor of the node gets its value so.
    pub fn cover_all(&self) -> bool {
        self.at().is_some_and(<[String]>::is_empty)
    }
}

/// A network applied to values: a top-level node with `in`.
#[derive(Clone, Debug)]
pub struct Application {
    pub node: String,
    pub network: usize,
    /// In the order of [`Network::inputs`].
    pub inputs: Vec<Value>,
    /// By input: no gradient leaves through it.
    pub detach: Vec<bool>,
    /// Edges of [`Network::outputs`], in its order.
    pub edges: Vec<Edge>,
    /// Multiply-accumulates and activation elements of one sample, by operation.
    pub costs: Vec<OpCost>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OpCost {
    pub macs: u64,
    /// Elements of the outputs.
    pub activations: u64,
}

/// A value that a wire names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    Dataset {
        dataset: usize,
        port: String,
    },
    /// An element of [`Network::outputs`] of the application's network.
    Node {
        application: usize,
        output: usize,
    },
}

/// An entry of `[losses]`.
#[derive(Clone, Debug)]
pub struct Loss {
    pub name: String,
    pub component: Component,
    pub weight: f64,
    /// A schedule; multiplies `weight` over the stage.
    pub ramp: Component,
    pub hardest: f64,
    /// Input ports through which no gradient passes.
    pub detach: Vec<String>,
    /// Network applied to prediction and target, held fixed.
    pub network: Option<usize>,
    pub discriminator: Option<usize>,
    pub pool: usize,
    pub discriminator_weight: f64,
    pub elements: Vec<Element>,
}

/// One summand of a loss, with its share.
#[derive(Clone, Debug)]
pub struct Element {
    pub share: f64,
    pub inputs: ElementInputs,
}

#[derive(Clone, Debug)]
pub enum ElementInputs {
    /// Port to value.
    Plain(Vec<(String, Value)>),
    /// What the discriminator is shown, in the order of its network's inputs. `fake` is empty for `r1`.
    Shown { real: Vec<Value>, fake: Vec<Value> },
}

/// Which side of a loss an update minimises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A loss with one side.
    Plain,
    /// `discriminator-weight * (real(D(x)) + fake(D(y)))`, or a penalty.
    Discriminator,
    /// `weight * g(D(y))`.
    Generator,
}

#[derive(Clone, Debug)]
pub struct Update {
    pub name: String,
    pub learns: Vec<Learns>,
    /// Losses by index, with the side.
    pub terms: Vec<(usize, Side)>,
    pub optimizer: Component,
    pub schedule: Component,
    pub clip: Clip,
    pub accumulate: usize,
    pub every: usize,
    pub times: usize,
    /// Bound on each weight after the step.
    pub clamp: Option<f64>,
    pub average: Option<Average>,
}

/// What an update learns of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Learns {
    pub network: usize,
    /// Operations, by number; frozen ones left out. With the factor on the learning rate.
    pub ops: Vec<(usize, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clip {
    None,
    /// Scales all gradients of the update so that their common norm is at most this.
    Norm(f64),
    /// Bounds each gradient.
    Value(f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Average {
    pub decay: f64,
    pub from: Span,
}

#[derive(Clone, Debug)]
pub struct Stage {
    pub name: String,
    pub length: Span,
    /// In order.
    pub updates: Vec<usize>,
    pub batch: usize,
    /// Dataset read in another's place.
    pub data: Vec<(usize, usize)>,
}
