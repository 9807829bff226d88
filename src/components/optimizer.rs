//! Optimizers: settings to the rule of a step. The arithmetic is a kernel of the tensor room (one fused pass over
//! parameter, gradient and moments); semantics and defaults are PyTorch's.

mod adam;
mod adamw;
mod rmsprop;
mod sgd;

use crate::registry::{Declared, Entry, Problem, Settings};

/// The rule of one step; `lr` and the step's number come from the runner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// `decoupled`: weight decay shrinks the weights (AdamW) instead of entering the gradient (Adam).
    Adam {
        lr: f64,
        betas: [f64; 2],
        epsilon: f64,
        weight_decay: f64,
        decoupled: bool,
    },
    Sgd {
        lr: f64,
        momentum: f64,
        nesterov: bool,
        weight_decay: f64,
    },
    RmsProp {
        lr: f64,
        alpha: f64,
        epsilon: f64,
        weight_decay: f64,
    },
}

impl Rule {
    /// The learning rate before schedule and `rates`.
    pub fn lr(&self) -> f64 {
        match *self {
            Rule::Adam { lr, .. } | Rule::Sgd { lr, .. } | Rule::RmsProp { lr, .. } => lr,
        }
    }

    /// Names of the tensors it keeps for each parameter, as checkpoints hold them.
    pub fn moments(&self) -> &'static [&'static str] {
        match *self {
            Rule::Adam { .. } => &["first-moment", "second-moment"],
            Rule::Sgd { momentum, .. } if momentum > 0.0 => &["momentum"],
            Rule::Sgd { .. } => &[],
            Rule::RmsProp { .. } => &["second-moment"],
        }
    }
}

pub struct OptimizerEntry {
    pub entry: Entry,
    pub build: fn(&Settings) -> Result<Rule, Problem>,
}

pub fn entries() -> Vec<OptimizerEntry> {
    vec![adam::entry(), adamw::entry(), rmsprop::entry(), sgd::entry()]
}

/// Builds a rule by name.
pub fn build(name: &str, settings: &Settings) -> Result<Rule, Problem> {
    let entry = entries().into_iter().find(|e| e.entry.card.name == name);
    entry.ok_or_else(|| Problem::new(format!("no optimizer is called `{name}`"))).and_then(|e| (e.build)(settings))
}

fn register<S: Declared>(
    name: &'static str,
    doc: &'static str,
    paper: &'static str,
    build: fn(&Settings) -> Result<Rule, Problem>,
) -> OptimizerEntry {
    OptimizerEntry { entry: Entry::plain("optimizer", name, doc, paper, S::schema()), build }
}

/// An array of two, checked by the schema.
fn pair(values: &[f64]) -> [f64; 2] {
    [values.first().copied().unwrap_or(0.9), values.get(1).copied().unwrap_or(0.999)]
}
