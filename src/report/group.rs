//! Cells that differ only in their seed, taken together: a row of a table, a line of a plot.

use crate::record::{CellEntry, CellRecord, Column, State, StudyRecord, Summary};
use crate::statistics::{Moments, mean_interval};
use std::collections::BTreeMap;

/// Cells of one variant and one label of every axis.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// What rows, legends and blocks are labelled with.
    pub title: String,
    /// `variant` and the axes, each with its label.
    pub place: BTreeMap<String, String>,
    pub cells: Vec<&'a (CellEntry, CellRecord)>,
}

/// A number of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Value {
    pub mean: f64,
    pub std: Option<f64>,
    /// Samples of one run, or seeds of several; 0 where it is not known.
    pub n: u64,
    /// 95% interval of the mean.
    pub interval: Option<(f64, f64)>,
    /// Set in bold: significantly better than some row, and not significantly worse than the best.
    pub best: bool,
    /// Marked: significantly different from the baseline's.
    pub differs: bool,
    /// Decimals of mean and deviation, where they are not the column's: a published number keeps its own.
    pub decimals: Option<(usize, usize)>,
}

impl From<&Summary> for Value {
    fn from(summary: &Summary) -> Self {
        let interval = mean_interval(summary.mean, summary.std, summary.n);
        Value { mean: summary.mean, std: Some(summary.std), n: summary.n, interval, ..Value::default() }
    }
}

impl<'a> Group<'a> {
    pub fn done(&self) -> impl Iterator<Item = &'a CellRecord> + '_ {
        let done = |r: &&'a (CellEntry, CellRecord)| r.1.status.as_ref().is_some_and(|s| s.state == State::Done);
        self.cells.iter().copied().filter(done).map(|(_, record)| record)
    }

    /// Test value of a column, or a cost. Of one run: mean and deviation over samples; of several: over seeds.
    pub fn value(&self, column: &str) -> Option<Value> {
        let all: Vec<Value> = self.done().filter_map(|record| value(record, column)).collect();
        match all.as_slice() {
            [] => None,
            [one] => Some(*one),
            // A cost that no seed changes.
            [one, rest @ ..] if one.std.is_none() && rest.iter().all(|v| v == one) => Some(*one),
            _ => {
                let means: Vec<f64> = all.iter().map(|v| v.mean).collect();
                let Moments { mean, std, n } = Moments::of(&means)?;
                let interval = mean_interval(mean, std, n as u64);
                Some(Value { mean, std: Some(std), n: n as u64, interval, ..Value::default() })
            }
        }
    }

    /// First finished cell, else the first that was started: whose samples and summary are shown.
    pub fn shown(&self) -> Option<&'a CellRecord> {
        self.done().next().or_else(|| self.cells.iter().map(|(_, r)| r).find(|r| r.status.is_some()))
    }
}

fn value(record: &CellRecord, column: &str) -> Option<Value> {
    let status = record.status.as_ref()?;
    let plain = |mean: f64| Some(Value { mean, ..Value::default() });
    match column {
        "cost.parameters" => record.summary.as_ref().and_then(|s| plain(s.parameters as f64 / 1e6)),
        "cost.macs" => record.summary.as_ref().and_then(|s| plain(s.macs as f64 / 1e9)),
        "cost.seconds" => plain(status.seconds),
        "cost.memory" => plain(status.peak_bytes() as f64 / 1024f64.powi(2)),
        _ => status.test.get(column).map(Value::from),
    }
}

/// The groups of a study, in the order of its cells.
pub fn groups(study: &StudyRecord) -> Vec<Group<'_>> {
    let mut all: Vec<Group<'_>> = Vec::new();
    let variants = study.records.windows(2).any(|pair| pair[0].0.variant != pair[1].0.variant);
    for cell in &study.records {
        let entry = &cell.0;
        let mut place = entry.axes.clone();
        place.insert("variant".into(), name(entry));
        match all.iter_mut().find(|g| g.place == place) {
            Some(group) => group.cells.push(cell),
            None => all.push(Group { title: title(study, entry, variants), place, cells: vec![cell] }),
        }
    }
    all
}

fn name(entry: &CellEntry) -> String {
    if entry.title.is_empty() { entry.variant.clone() } else { entry.title.clone() }
}

/// The variant's title, where there is more than one or nothing else, and the labels of the axes.
fn title(study: &StudyRecord, entry: &CellEntry, variants: bool) -> String {
    let mut parts: Vec<String> = study
        .cells
        .axes
        .iter()
        .filter_map(|axis| entry.axes.get(axis).map(|label| format!("{axis} {label}")))
        .collect();
    if variants || parts.is_empty() {
        parts.insert(0, name(entry));
    }
    let title = parts.join(", ");
    if title.is_empty() { study.cells.experiment.clone() } else { title }
}

/// How a column is printed: as a cost, or as the first cell says that measured it.
pub fn facts(study: &StudyRecord, name: &str) -> Column {
    let plain = |label: &str, unit: &str, higher_is_better, decimals| Column {
        name: name.into(),
        label: label.into(),
        unit: unit.into(),
        higher_is_better,
        decimals,
        group: String::new(),
    };
    // Costs are the record's own, and in the units of a page.
    match name {
        "cost.parameters" => return plain("Parameters, all networks", "M", Some(false), 2),
        "cost.macs" => return plain("MACs, all networks", "G", Some(false), 2),
        "cost.seconds" => return plain("Time", "s", Some(false), 0),
        "cost.memory" => return plain("Peak memory", "MiB", Some(false), 0),
        _ => {}
    }
    let measured = study.records.iter().filter_map(|(_, r)| r.status.as_ref()).flat_map(|s| &s.columns);
    let known = measured.into_iter().find(|c| c.name == name).cloned();
    known.unwrap_or_else(|| plain(name, "", None, 3))
}

/// Every column that some finished cell measured, in the order of the first.
pub fn measured(study: &StudyRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for status in study.records.iter().filter_map(|(_, r)| r.status.as_ref()) {
        for column in &status.columns {
            if !names.contains(&column.name) {
                names.push(column.name.clone());
            }
        }
    }
    names
}
