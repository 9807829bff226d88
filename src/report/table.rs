//! A table, described once: what the four formats write. Rows are groups of cells, then baselines that learn nothing,
//! then published numbers; columns are the record's.

use super::bins;
use super::group::{Group, Value, facts, groups};
use super::significance::{Details, Grid, Significance};
use super::{Options, Printed};
use crate::record::{State, StudyRecord, TablePlan};
use std::collections::BTreeMap;

/// A table for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// File name without its end.
    pub name: String,
    pub caption: String,
    /// What the first column holds.
    pub corner: String,
    pub heads: Vec<Head>,
    pub rows: Vec<Row>,
    pub notes: Vec<String>,
    /// The numbers behind what is bold and marked.
    pub details: Details,
}

/// Head of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Full name, for machines: `missing.psnr`.
    pub column: String,
    /// Heads with the same one stand together beneath it: `missing`; may be empty.
    pub above: String,
    /// `PSNR`.
    pub label: String,
    /// `dB`, or empty.
    pub unit: String,
    pub higher_is_better: Option<bool>,
    pub decimals: usize,
    /// A group of a column: what stands above it has the unit and the arrow.
    pub bare: bool,
}

impl Head {
    /// `PSNR (dB) ↑`.
    pub fn text(&self) -> String {
        let arrow = match self.higher_is_better.filter(|_| !self.bare) {
            Some(true) => " ↑",
            Some(false) => " ↓",
            None => "",
        };
        format!("{}{arrow}", self.plain())
    }

    /// `PSNR (dB)`.
    pub fn plain(&self) -> String {
        let unit = if self.unit.is_empty() || self.bare { String::new() } else { format!(" ({})", self.unit) };
        format!("{}{unit}", self.label)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ours,
    /// Learns nothing: mirrored fill, mean colour.
    Baseline,
    Published,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub kind: Kind,
    pub label: String,
    pub values: Vec<Option<Value>>,
    /// Key of the paper that the row is from: `na2020`; empty for ours.
    pub paper: String,
}

impl Row {
    /// `200`, or `198–200` where the columns differ; empty where it is not known.
    pub fn count(&self) -> String {
        let counts = || self.values.iter().flatten().map(|v| v.n).filter(|n| *n > 0);
        match (counts().min(), counts().max()) {
            (Some(low), Some(high)) if low == high => low.to_string(),
            (Some(low), Some(high)) => format!("{low}–{high}"),
            _ => String::new(),
        }
    }
}

/// `0.713`, the sign a true minus; what is no number is a dash.
pub fn number(value: f64, decimals: usize) -> String {
    if value.is_finite() { super::plot::grouped(value, decimals) } else { "–".into() }
}

/// The tables of a study's page, in the plan's order.
pub fn tables(study: &StudyRecord, options: &Options) -> Vec<Table> {
    let one = |plan: &TablePlan| match bins::wanted(study, plan) {
        true => {
            let (study, plan) = bins::opened(study, plan);
            table(&study, &plan, options)
        }
        false => table(study, plan, options),
    };
    study.cells.report.tables.iter().map(one).collect()
}

/// One table: rows by `plan.rows` (with the axes that are not `across` beside it), columns by `plan.columns`.
fn table(study: &StudyRecord, plan: &TablePlan, options: &Options) -> Table {
    let groups = groups(study);
    let across = labels(&groups, &plan.across);
    let mut heads: Vec<(Head, &str)> = Vec::new();
    for label in &across {
        heads.extend(plan.columns.iter().map(|c| (head(study, c, (!label.is_empty()).then_some(*label)), *label)));
    }
    let mut rows: Vec<Row> = Vec::new();
    let mut places: Vec<Vec<Option<usize>>> = Vec::new();
    for (g, group) in groups.iter().enumerate() {
        let label = row_label(group, plan);
        let row = match rows.iter().position(|r| r.label == label) {
            Some(i) => i,
            None => {
                rows.push(Row { kind: Kind::Ours, label, values: vec![None; heads.len()], paper: String::new() });
                places.push(vec![None; heads.len()]);
                rows.len() - 1
            }
        };
        let here = group.place.get(&plan.across).map_or("", String::as_str);
        for (i, (head, _)) in heads.iter().enumerate().filter(|(_, (_, across))| *across == here) {
            rows[row].values[i] = group.value(&head.column);
            places[row][i] = Some(g);
        }
    }
    let heads: Vec<Head> = heads.into_iter().map(|(head, _)| head).collect();
    rows.extend(baselines(study, &heads));
    let significance = Significance::new(Grid { study, groups: &groups, heads: &heads, places }, &rows);
    significance.mark(&mut rows);
    let mut notes = notes(study, &groups, &rows, significance.notes());
    for key in &plan.published {
        published(key, options, &heads, &mut rows, &mut notes);
    }
    let corner = if plan.rows.is_empty() { "variant" } else { &plan.rows };
    let details = significance.details(&plan.name, corner, &rows);
    let (name, caption, corner) = (plan.name.clone(), plan.caption.clone(), corner.to_owned());
    Table { name, caption, corner, heads, rows, notes, details }
}

/// Labels of an axis in order of appearance; one empty label where there is no axis.
fn labels<'a>(groups: &'a [Group<'_>], axis: &str) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for label in groups.iter().filter_map(|g| g.place.get(axis)).map(String::as_str) {
        if !all.contains(&label) {
            all.push(label);
        }
    }
    if all.is_empty() { vec![""] } else { all }
}

fn head(study: &StudyRecord, name: &str, across: Option<&str>) -> Head {
    let column = facts(study, name);
    let (part, _) = name.rsplit_once('.').unwrap_or(("", name));
    let above = match across {
        Some(label) => label.to_owned(),
        None => part.replace('.', " "),
    };
    if let Some((whole, group)) = name.split_once(bins::AT) {
        return bins::head(study, whole, group);
    }
    let (unit, higher_is_better, decimals) = (column.unit, column.higher_is_better, column.decimals);
    Head { column: name.into(), above, label: column.label, unit, higher_is_better, decimals, bare: false }
}

/// The group's title, without the axis that runs across.
fn row_label(group: &Group<'_>, plan: &TablePlan) -> String {
    if plan.across.is_empty() && (plan.rows.is_empty() || plan.rows == "variant") {
        return group.title.clone();
    }
    let first = if plan.rows.is_empty() { "variant" } else { &plan.rows };
    let rest = group.place.iter().filter(|(axis, _)| **axis != first && **axis != plan.across && *axis != "variant");
    let label = group.place.get(first).cloned().unwrap_or_default();
    rest.fold(label, |all, (axis, label)| format!("{all}, {axis} {label}"))
}

fn baselines(study: &StudyRecord, heads: &[Head]) -> Vec<Row> {
    let mut all = BTreeMap::new();
    for status in study.records.iter().filter_map(|(_, r)| r.status.as_ref()) {
        for (name, columns) in &status.baselines {
            all.entry(name.clone()).or_insert(columns);
        }
    }
    all.into_iter()
        .map(|(label, columns)| {
            let values = heads.iter().map(|h| columns.get(&h.column).map(Value::from)).collect();
            Row { kind: Kind::Baseline, label, values, paper: String::new() }
        })
        .filter(|row| row.values.iter().any(Option::is_some))
        .collect()
}

fn published(key: &str, options: &Options, heads: &[Head], rows: &mut Vec<Row>, notes: &mut Vec<String>) {
    let paper = key.split('/').next().unwrap_or_default();
    let Some(table) = options.published.iter().find(|t| t.key == key) else {
        notes.push(format!("The published numbers `{key}` were not at hand."));
        return;
    };
    let before = rows.len();
    for row in &table.rows {
        let value = |head: &Head| row.values.get(&head.column).map(|(mean, std)| as_printed(*mean, *std));
        let values: Vec<Option<Value>> = heads.iter().map(value).collect();
        if values.iter().any(Option::is_some) {
            rows.push(Row { kind: Kind::Published, label: row.label.clone(), values, paper: paper.into() });
        }
    }
    if rows.len() == before {
        notes.push(format!("{} of `{paper}` has none of these columns.", table.place));
        return;
    }
    let data = if table.data.is_empty() { String::new() } else { format!(", on {}", table.data) };
    notes.push(format!("† Published, not measured here: {}, {}{data}.", table.source, table.place));
}

/// A published number keeps the digits that it was published with.
fn as_printed(mean: Printed, std: Option<Printed>) -> Value {
    let decimals = Some((mean.decimals, std.map_or(0, |s| s.decimals)));
    Value { mean: mean.value, std: std.map(|s| s.value), decimals, ..Value::default() }
}

/// What a reader must know of the numbers: what ± is, what is bold, which cells are missing.
fn notes(study: &StudyRecord, groups: &[Group<'_>], rows: &[Row], tested: Vec<String>) -> Vec<String> {
    let mut all = Vec::new();
    if rows.iter().flat_map(|r| &r.values).flatten().any(|v| v.std.is_some()) {
        let seeds = groups.iter().map(|g| g.done().count()).max().unwrap_or(0);
        let over = if seeds > 1 {
            "Mean ± standard deviation over n seeds (baselines: over n test samples)."
        } else {
            "Mean ± standard deviation over n test samples, one seed a row."
        };
        all.push(over.into());
        // Of a verification only the accuracy has a deviation within a run.
        if study.records.iter().any(|(_, record)| !record.pairs.verifications.is_empty()) && seeds == 1 {
            all.push("Of a verification's accuracy mean and deviation are over its folds.".into());
        }
        all.extend(tested);
    }
    all.extend(study.records.iter().filter_map(|(entry, record)| {
        let title = groups.iter().find(|g| g.cells.iter().any(|c| c.0 == *entry)).map_or("", |g| g.title.as_str());
        let what = state_text(record.status.as_ref())?;
        Some(format!("{title}, seed {}: {what}.", entry.seed))
    }));
    all
}

/// Why a cell has no numbers; `None` where it is done.
pub fn state_text(status: Option<&crate::record::Status>) -> Option<String> {
    let Some(status) = status else { return Some("not started".into()) };
    let reason = status.error.as_deref().map(|e| format!(" ({})", e.trim_end_matches('.'))).unwrap_or_default();
    match status.state {
        State::Done => None,
        State::Running => Some("still running when this page was drawn".into()),
        State::Stopped => Some(format!("stopped by the search at step {}", status.total_steps)),
        State::Interrupted => Some(format!("interrupted, can be resumed{reason}")),
        State::Failed => Some(format!("failed{reason}")),
    }
}
