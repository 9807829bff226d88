//! What of an experiment is measured, predicted and drawn.

use super::{Component, Span, Value};
use crate::diagnostic::Diagnostic;

/// `[evaluate]`.
#[derive(Clone, Debug)]
pub struct Evaluate {
    pub every: Span,
    /// A column on the validation split; `None`: the last checkpoint.
    pub select: Option<String>,
    /// Evaluate moving copies instead of live weights.
    pub average: bool,
    /// Norms take the batch's statistics instead of the running ones.
    pub batch_norm: bool,
    pub dropout: bool,
    pub batch: usize,
}

#[derive(Clone, Debug)]
pub struct Evaluation {
    pub name: String,
    /// Given to every metric: port to value.
    pub inputs: Vec<(String, Value)>,
    pub metrics: Vec<Metric>,
    /// `validation`, `test`: the first at `every`, the second once.
    pub splits: Vec<String>,
    /// A dataset read in another's place, the name being a part of the column; empty: the graph's own.
    pub data: Vec<(usize, Vec<usize>)>,
    pub group_by: Option<GroupBy>,
    /// Rows for things that learn nothing: name, port to value.
    pub baselines: Vec<(String, Vec<(String, Value)>)>,
}

#[derive(Clone, Debug)]
pub struct Metric {
    pub component: Component,
    /// Column of each of its outputs, without evaluation and dataset: the output's name, or `as`.
    pub columns: Vec<String>,
    pub network: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct GroupBy {
    pub value: Value,
    /// Bins `[a, b)`, the last closed; empty for labels, each a group.
    pub edges: Vec<f64>,
}

/// `[predict]`.
#[derive(Clone, Debug)]
pub struct Predict {
    /// Dataset and port that a folder of images takes the place of.
    pub feed: Value,
    /// Wires as written, and their values.
    pub write: Vec<(String, Value)>,
}

/// A wire or a column that the report names and this cell does not have.
#[derive(Clone, Debug, PartialEq)]
pub struct Absent {
    /// As written.
    pub name: String,
    /// The error it is if no cell has it.
    pub problem: Diagnostic,
}

/// What a sample figure shows.
#[derive(Clone, Debug)]
pub struct Shown {
    pub figure: String,
    /// Wires as written; `None` where this cell has no such port.
    pub wires: Vec<(String, Option<Value>)>,
    pub pick: Pick,
    pub count: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    Random,
    Indices(Vec<usize>),
    /// By a column of the test split.
    Best(String),
    Median(String),
    Worst(String),
    /// Those of the test split whose value (yaw, say) lies nearest to each of these.
    Near {
        value: Value,
        at: Vec<f64>,
    },
}
