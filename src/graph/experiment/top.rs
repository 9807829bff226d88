//! The top of an experiment: which keys there are, `[run]`, `[train]`, `[evaluate]`.

use super::desk::{Desk, at_value, no_such};
use super::fields::{Fields, as_number};
use super::parts;
use super::updates::clip;
use crate::config::{Item, TOP_KEYS, Value};
use crate::graph::plan::{Evaluate, Run, Span};

const TRAIN: [&str; 8] = ["batch", "stages", "epoch-of", "init", "optimizer", "schedule", "clip", "accumulate"];
const RUN: [&str; 9] =
    ["seed", "device", "precision", "threads", "processes", "sync-batch-norm", "out", "checkpoint", "track"];
/// Names that wires and columns give a meaning of their own.
const RESERVED: [&str; 6] = ["in", "out", "batch", "cost", "all", "reversed"];

/// Keys at the top, the texts, and the names of entries.
pub fn check<'a>(desk: &'a Desk<'a>, tree: &'a Item) -> Fields<'a> {
    let top = Fields::closed(desk, Some(tree), &TOP_KEYS);
    for key in ["title", "question", "paper"] {
        top.text(key);
    }
    top.texts("registry");
    for key in ["datasets", "nodes", "losses", "updates", "stages", "evaluations"] {
        check_names(desk, &Fields::open(desk, top.get(key)), key);
    }
    let (datasets, nodes) = (Fields::open(desk, top.get("datasets")), Fields::open(desk, top.get("nodes")));
    for (name, item) in nodes.table.iter().filter(|(name, _)| datasets.table.contains_key(*name)) {
        let message = format!("`{name}` is a dataset and a node; they share one name space");
        desk.report(super::desk::at_entry(message, item, "rename this"));
    }
    top
}

fn check_names(desk: &Desk, family: &Fields, kind: &str) {
    for (name, item) in family.table {
        let reserved = matches!(kind, "datasets" | "nodes") && RESERVED.contains(&name.as_str());
        if reserved {
            desk.report(super::desk::at_entry(format!("`{name}` is a reserved name"), item, ""));
        } else if !crate::graph::wire::is_name(name) {
            let problem = super::desk::at_entry(format!("`{name}` is not a name"), item, "");
            desk.report(problem.with_help("names are kebab-case: small letters, digits, single hyphens"));
        }
        if item.as_table().is_none() {
            desk.report(item.expected("a table"));
        }
    }
}

/// `[train]`: its keys, and its defaults for updates even where every update has its own.
pub fn train<'a>(desk: &'a Desk<'a>, top: &Fields<'a>) -> Fields<'a> {
    let train = Fields::closed(desk, top.get("train"), &TRAIN);
    for (key, family) in [("optimizer", "optimizer"), ("schedule", "schedule"), ("init", "init")] {
        if let Some(item) = train.get(key) {
            parts::part(desk, family, item, &format!("train.{key}"), &[]);
        }
    }
    clip(&train);
    train.integer("accumulate", 1);
    train
}

/// `train.batch`, which must be there where something is trained.
pub fn batch(train: &Fields, desk: &Desk, trains: bool) -> usize {
    match train.item {
        _ if !trains => {}
        Some(_) => {
            train.required("batch", "train", "batch = 16");
        }
        None => {
            let problem = crate::diagnostic::Diagnostic::error("`[train]` is missing");
            desk.report(problem.with_help("write `[train]` with `batch = 16`"));
        }
    }
    train.integer("batch", 1).unwrap_or(1) as usize
}

pub fn run(desk: &Desk, top: &Fields) -> Run {
    let fields = Fields::closed(desk, top.get("run"), &RUN);
    let checkpoint = Fields::closed(desk, fields.get("checkpoint"), &["every", "keep"]);
    let track = fields.array("track");
    Run {
        seed: fields.integer_within("seed", 0, i64::MAX).unwrap_or(0),
        device: device(&fields),
        precision: fields.choice("precision", &["f32", "tf32", "bf16"]).unwrap_or("f32").into(),
        threads: threads(&fields),
        processes: fields.integer("processes", 1).map(|n| n as usize),
        sync_batch_norm: fields.boolean("sync-batch-norm", true),
        out: fields.text("out").unwrap_or("runs").into(),
        checkpoint_every: checkpoint.span("every").unwrap_or(Span::Epochs(1)),
        checkpoint_keep: checkpoint.integer("keep", 1).unwrap_or(3) as usize,
        track: track.iter().filter_map(|item| parts::settled(desk, "tracker", item, "run.track", &[])).collect(),
    }
}

/// `auto`, `cpu`, `cuda`, `cuda:0,1`.
fn device(fields: &Fields) -> String {
    let text = fields.text("device").unwrap_or("auto");
    let numbers = |list: &str| list.split(',').all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let known = matches!(text, "auto" | "cpu" | "cuda") || text.strip_prefix("cuda:").is_some_and(numbers);
    if let (false, Some(item)) = (known, fields.get("device")) {
        let problem = at_value(format!("`device` cannot be `{text}`"), item, "");
        fields.desk.report(problem.with_help("expected `auto`, `cpu`, `cuda` or `cuda:0,1`"));
    }
    text.into()
}

fn threads(fields: &Fields) -> Option<usize> {
    let item = fields.get("threads")?;
    match &item.value {
        Value::Text(text) if text == "auto" => None,
        Value::Integer(_) => fields.integer("threads", 1).map(|n| n as usize),
        _ => {
            fields.desk.report(item.expected("\"auto\" or an integer"));
            None
        }
    }
}

/// `[evaluate]`; `select` is looked at once the columns are known.
pub fn evaluate(desk: &Desk, top: &Fields, batch: usize) -> Evaluate {
    const EVALUATE: [&str; 6] = ["every", "select", "weights", "norm", "dropout", "batch"];
    let fields = Fields::closed(desk, top.get("evaluate"), &EVALUATE);
    Evaluate {
        every: fields.span("every").unwrap_or(Span::Epochs(1)),
        select: fields.text("select").map(str::to_string),
        average: fields.choice("weights", &["live", "average"]) == Some("average"),
        batch_norm: fields.choice("norm", &["running", "batch"]) == Some("batch"),
        dropout: fields.boolean("dropout", false),
        batch: fields.integer("batch", 1).map_or(batch, |b| b as usize),
    }
}

/// `train.epoch-of`, by number.
pub fn epoch_of(board: &super::board::Board, train: &Fields) -> Option<usize> {
    let item = train.get("epoch-of")?;
    let Some(name) = item.as_text() else {
        board.desk.report(item.expected("the name of a dataset"));
        return None;
    };
    super::stages::dataset(board, name, item, false)
}

/// An array of numbers that rise, such as the edges of bins.
pub fn rising(desk: &Desk, item: &Item) -> Vec<f64> {
    let Some(items) = item.as_array() else {
        desk.report(item.expected("an array of numbers"));
        return vec![];
    };
    for one in items.iter().filter(|one| as_number(one).is_none()) {
        desk.report(one.expected("a number"));
    }
    let values: Vec<f64> = items.iter().filter_map(as_number).collect();
    if values.windows(2).any(|w| w[0] >= w[1]) || values.len() < 2 {
        desk.report(at_value("`edges` must be at least two numbers that rise", item, ""));
    }
    values
}

/// A paper's key must be in `registry/papers.toml`, where the caller knows its keys.
pub fn check_paper(desk: &Desk, top: &Fields) {
    if let (Some(item), Some(paper), false) = (top.get("paper"), top.text("paper"), desk.about.papers.is_empty())
        && !paper.is_empty()
        && !desk.about.papers.iter().any(|p| p == paper)
    {
        desk.report(no_such("paper", paper, item, desk.about.papers.iter().map(String::as_str)));
    }
}
