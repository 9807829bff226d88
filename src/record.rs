//! What a run leaves on disk; the only thing between running and reporting. Every reader and writer of these files goes
//! through this room.
//!
//! ```text
//! runs/cells/<hash>/   status.json  config.toml  environment.json  summary.json  resolved.json  results.json
//!                      pairs.json  records.jsonl  samples/  checkpoints/  lock
//! runs/<experiment>/   cells.json   and the page
//! ```
//! `records.jsonl` holds one [`Event`] a line, appended and flushed; a resumed run cuts what lies past its checkpoint.
//! `status.json` is the state of a cell with its metrics, and small, so that thousands are listed at once; what only the
//! page needs (a value for each sample, groups, baselines) is in `results.json`. `lock` is empty: whoever works on the cell holds it.

mod claim;
mod pairs;
mod progress;
mod read;
#[cfg(test)]
mod schema;
mod search;
mod status;
mod write;

pub use claim::{Claim, Worker};
pub use pairs::{HardPair, MapPoint, PairScores, PairsRecord};
pub use progress::{Observer, Progress};
pub use read::{CellRecord, RecordError, StudyRecord, read_cells};
pub use search::{SearchGroup, SearchPoint, SearchRecord, SearchRound};
pub use status::{State, Status, read_status, write_small, write_status};
pub use write::{EventLog, cell_dir, truncate_events, write_atomic, write_config, write_json};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Layout of `status.json` and `cells.json` that this program writes; it reads this one and those before. Since 2
/// `status.json` of a finished cell holds means alone, and `results.json` the rest.
pub const FORMAT: u32 = 2;

/// JSON Schema of these files, in `definitions`: `Event` is a line of `records.jsonl`.
pub const SCHEMA: &str = include_str!("../registry/records.schema.json");

/// JSON has no number for what is not one: it is written as `null`.
fn or_nan<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

/// Files that do not say their format are older than it.
fn first_format() -> u32 {
    1
}

/// Means over the steps since the last such line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct StepRecord {
    pub stage: String,
    /// Steps done in this stage, one-based, at the end of the interval.
    pub step: u64,
    /// Steps done in the whole run; the x axis of every curve.
    pub total_step: u64,
    pub epoch: f64,
    /// Update name to its loss terms.
    pub updates: BTreeMap<String, UpdateRecord>,
    /// Seconds a step spent waiting for data.
    pub loading_seconds: f64,
    /// Seconds a step took in all.
    pub step_seconds: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct UpdateRecord {
    pub learning_rate: f64,
    /// Seconds a step spent in this update.
    pub seconds: f64,
    /// Norm of the gradient before clipping.
    #[serde(deserialize_with = "or_nan")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub gradient_norm: f64,
    /// By loss name; an adversarial loss appears under its name in both players' updates.
    pub terms: BTreeMap<String, Term>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Term {
    #[serde(deserialize_with = "or_nan")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub raw: f64,
    #[serde(deserialize_with = "or_nan")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub weighted: f64,
}

/// A metric's values over a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct EvaluationRecord {
    pub stage: String,
    pub step: u64,
    pub total_step: u64,
    pub split: String,
    /// Column (`missing.psnr`) to its summary. Baselines are in `baselines`, by row name.
    pub columns: BTreeMap<String, Summary>,
    pub baselines: BTreeMap<String, BTreeMap<String, Summary>>,
    pub seconds: f64,
    /// True for the value on the test split with the selected checkpoint.
    pub selected: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    #[serde(deserialize_with = "or_nan")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub mean: f64,
    #[serde(deserialize_with = "or_nan")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub std: f64,
    pub n: u64,
    /// One a sample, in the split's order; kept for the test split only (statistics and picks need them).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Option<f64>>,
    /// By group label (`0 to 15`), where the evaluation has `group-by`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Group {
    pub label: String,
    /// Middle of the bin, for an axis.
    pub at: f64,
    #[serde(deserialize_with = "or_nan")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub mean: f64,
    #[serde(deserialize_with = "or_nan")]
    #[cfg_attr(test, schemars(with = "Option<f64>"))]
    pub std: f64,
    pub n: u64,
    /// Which samples of the split these are; kept where their values are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<usize>,
}

/// A line of `records.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    Step(StepRecord),
    Evaluation(EvaluationRecord),
    Checkpoint {
        total_step: u64,
        file: String,
        best: bool,
    },
    /// Where a run was taken up again.
    Resumed {
        total_step: u64,
    },
}

impl Event {
    /// Steps done in the whole run when this was written.
    pub fn total_step(&self) -> u64 {
        match self {
            Event::Step(step) => step.total_step,
            Event::Evaluation(evaluation) => evaluation.total_step,
            Event::Checkpoint { total_step, .. } | Event::Resumed { total_step } => *total_step,
        }
    }
}

/// How a column is printed: its unit, which way is better, decimals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Column {
    /// `missing.psnr`.
    pub name: String,
    /// `PSNR`.
    pub label: String,
    /// `dB`, or empty.
    pub unit: String,
    pub higher_is_better: Option<bool>,
    pub decimals: usize,
    /// What its groups are, with the unit (`yaw (degrees)`): the x axis of `lines-by-group`. Empty without `group-by`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
}

/// `environment.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Environment {
    pub version: String,
    pub commit: String,
    pub device: String,
    pub cpu: String,
    pub cores: usize,
    pub threads: usize,
    pub memory_bytes: u64,
    pub os: String,
    pub command: String,
    pub started: String,
    pub crates: BTreeMap<String, String>,
    /// Changes when the files of the data do: `dataset=digest`, separated by `;`. Procedural data have none.
    #[serde(default)]
    pub data: String,
    /// Values that came from files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<WeightsUsed>,
}

/// What a node took from a file of weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct WeightsUsed {
    pub node: String,
    pub file: String,
    /// Whose names the file has.
    pub layout: String,
    /// How many tensors it gave.
    pub tensors: usize,
    /// Names that the node has and the file lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Names that the file has and the node lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unexpected: Vec<String>,
    /// Names of tensors that have another shape there, with both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlike: Vec<String>,
}

/// `summary.json`: what `ablate summary` prints, kept for the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct ModelSummary {
    pub nodes: Vec<NodeSummary>,
    /// Top-level nodes: what each uses or applies.
    #[serde(default)]
    pub components: BTreeMap<String, String>,
    pub parameters: u64,
    /// Multiply-accumulates of one sample's forward pass, over all nodes.
    pub macs: u64,
    /// Bytes of activations of one sample's forward pass.
    pub activation_bytes: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct NodeSummary {
    /// `generator/decoder-1[2]/gate/theta/conv`.
    pub path: String,
    pub component: String,
    /// Shapes as printed, one for each output.
    pub outputs: Vec<String>,
    pub parameters: u64,
    pub macs: u64,
    pub activation_bytes: u64,
    /// Paths of the nodes it reads, for the picture of the graph.
    pub inputs: Vec<String>,
}

/// A resolved value with its provenance, for the page and `config.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Provenance {
    pub key: String,
    pub value: String,
    /// `experiments/quickstart.toml:12`, `default`, `--set`.
    pub origin: String,
}

/// A figure or table of `[report]`, resolved: what the report draws, without a look at the configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct ReportPlan {
    pub title: String,
    pub question: String,
    pub paper: String,
    pub tables: Vec<TablePlan>,
    pub figures: Vec<FigurePlan>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct TablePlan {
    pub name: String,
    pub caption: String,
    pub columns: Vec<String>,
    /// `variant` or an axis.
    pub rows: String,
    /// An axis, or `group`: a column for each group of the columns' evaluation.
    pub across: String,
    pub published: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct FigurePlan {
    pub name: String,
    /// `loss-curves`, `sample-grid`, ...
    pub component: String,
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// `runs/<experiment>/cells.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Cells {
    /// Layout of this file and of the cells it names.
    #[serde(default = "first_format")]
    pub format: u32,
    pub experiment: String,
    /// The experiment's file, as an absolute path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    pub report: ReportPlan,
    /// Name of the (first) cell that the others are compared with; empty without one.
    pub baseline: String,
    /// Axis names besides `variant`.
    pub axes: Vec<String>,
    pub cells: Vec<CellEntry>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct CellEntry {
    /// Key of the variant, empty for a run without a study.
    pub variant: String,
    /// The variant's, without the axes' labels; empty where only axes tell the cells apart.
    pub title: String,
    /// Axis to label.
    pub axes: BTreeMap<String, String>,
    pub seed: u64,
    pub hash: String,
    /// What tests compare with.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub baseline: bool,
}

/// `samples/index.json` of a cell: the pictures that sample figures need, as PNG files beside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct SampleIndex {
    /// Figure name to its rows.
    pub figures: BTreeMap<String, Vec<SampleRow>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct SampleRow {
    /// Index in the test split.
    pub index: usize,
    /// What the row is labelled with, parts between ` · `: `sample 12 · yaw 60° · PSNR 14.2 dB`.
    pub label: String,
    /// One a wire, in the figure's order; `file` empty where the variant lacks the port.
    pub tiles: Vec<Tile>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Tile {
    pub wire: String,
    /// Type of the edge: `image`, `mask`, `map`.
    pub ty: String,
    /// File name under `samples/`, 8 bit grey or RGB, the value range mapped to 0..255.
    pub file: String,
    /// Values that 0 and 255 stand for: -1 and 1 of an image, 0 and 1 of a mask, a map's own smallest and largest.
    #[serde(default)]
    pub low: f64,
    #[serde(default)]
    pub high: f64,
}
