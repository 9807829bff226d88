//! The figures: a kind a file. Each draws from the record alone and says in its caption what it shows.

mod attention_overlay;
mod bars;
mod ced;
mod confusion_by_yaw;
mod det;
mod embedding_map;
pub mod graph;
mod hardest_pairs;
mod layout;
mod lines_by_group;
mod loss_curves;
mod metric_curves;
mod radar;
mod roc;
mod sample_grid;
mod scatter;
mod score_histogram;
mod spread;
pub mod tiles;
pub mod time_per_step;

use super::ReportError;
use super::group::{Group, groups};
use crate::record::{Column, FigurePlan, StudyRecord};
use serde_json::Value;

/// One picture: a file under `figures/` in two forms, and a place on the page.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// File name without its end.
    pub name: String,
    pub svg: String,
    pub caption: String,
}

/// What a figure came to.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    pub drawings: Vec<Drawing>,
    /// Why there is nothing, or not all, to see.
    pub note: String,
}

impl Figure {
    fn one(name: &str, svg: String, caption: String) -> Self {
        Figure { drawings: vec![Drawing { name: name.into(), svg, caption }], note: String::new() }
    }

    fn nothing(note: impl Into<String>) -> Self {
        Figure { drawings: vec![], note: note.into() }
    }
}

/// What every figure is drawn from.
pub struct Scene<'a> {
    pub study: &'a StudyRecord,
    pub groups: Vec<Group<'a>>,
}

impl<'a> Scene<'a> {
    pub fn new(study: &'a StudyRecord) -> Self {
        Scene { study, groups: groups(study) }
    }
}

type Draw = fn(&Scene<'_>, &FigurePlan) -> Result<Figure, ReportError>;

/// Every kind, by the name of its component.
const KINDS: &[(&str, Draw)] = &[
    ("attention-overlay", attention_overlay::draw),
    ("bars", bars::draw),
    ("ced", ced::draw),
    ("confusion-by-yaw", confusion_by_yaw::draw),
    ("det", det::draw),
    ("embedding-map", embedding_map::draw),
    ("graph", graph::draw),
    ("hardest-pairs", hardest_pairs::draw),
    ("lines-by-group", lines_by_group::draw),
    ("loss-curves", loss_curves::draw),
    ("metric-curves", metric_curves::draw),
    ("radar", radar::draw),
    ("roc", roc::draw),
    ("sample-grid", sample_grid::draw),
    ("scatter", scatter::draw),
    ("score-histogram", score_histogram::draw),
];

/// Names of the kinds that can be drawn.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, _)| *name)
}

/// Draws one figure of the plan. A kind that this program does not draw yet becomes a note on the page.
pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    match KINDS.iter().find(|(name, _)| *name == plan.component) {
        Some((_, draw)) => draw(scene, plan),
        None => Ok(Figure::nothing(format!("figures of the kind `{}` cannot be drawn yet", plan.component))),
    }
}

fn text<'a>(plan: &'a FigurePlan, key: &str) -> &'a str {
    plan.settings.get(key).and_then(Value::as_str).unwrap_or("")
}

fn texts(plan: &FigurePlan, key: &str) -> Vec<String> {
    match plan.settings.get(key) {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(String::from).collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => vec![],
    }
}

/// `PSNR (dB)`: the name of an axis.
fn column_axis(column: &Column) -> String {
    if column.unit.is_empty() { column.label.clone() } else { format!("{} ({})", column.label, column.unit) }
}

/// `PSNR, missing`; a cost needs no more than its name.
fn column_words(column: &Column) -> String {
    match column.name.rsplit_once('.') {
        Some((part, _)) if part != "cost" => format!("{}, {}", column.label, part.replace('.', " ")),
        _ => column.label.clone(),
    }
}

/// `pick` in words: `the worst by missing.psnr`.
fn picked(plan: &FigurePlan) -> String {
    match plan.settings.get("pick") {
        Some(Value::Object(by)) => by.iter().next().map_or_else(String::new, |(which, by)| match by.as_str() {
            Some(column) => format!("the {which} by `{column}`"),
            None => near(by),
        }),
        Some(Value::Array(all)) => {
            let all: Vec<String> = all.iter().map(Value::to_string).collect();
            format!("numbers {}", all.join(", "))
        }
        _ => "at random, the same for every row of the study".into(),
    }
}

/// `nearest to 0 and 60 by `pairs.yaw``.
fn near(by: &Value) -> String {
    let numbers = by.get("at").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let all: Vec<String> = numbers.iter().filter_map(Value::as_f64).map(|v| v.to_string()).collect();
    let list = match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "nothing".into(),
    };
    format!("nearest to {list} by `{}`", by.get("value").and_then(Value::as_str).unwrap_or("?"))
}

/// A name that is safe as a file's: ASCII letters, digits, hyphens.
pub fn file_name(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    out.trim_end_matches('-').to_owned()
}
