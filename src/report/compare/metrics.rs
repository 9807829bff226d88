//! What the runs measured: test values with the differences from the first run, tested as a table tests them; where a run
//! is not finished, what was last measured on the validation split.

use super::{Side, Tested, letter};
use crate::record::{
    CellEntry, CellRecord, Cells, Column, EvaluationRecord, ReportPlan, State, StudyRecord, TablePlan,
};
use crate::report::Options;
use crate::report::group::{Value, facts, groups, measured};
use crate::report::table::tables;
use crate::report::tested::{between, of_column};
use std::collections::{BTreeMap, BTreeSet};

/// A column of every run.
#[derive(Clone, Debug)]
pub struct Metric {
    pub column: Column,
    /// Costs are told, not tested.
    pub cost: bool,
    /// Where it was measured: `test`, `validation, step 400`; empty of a cost.
    pub split: String,
    /// One a run.
    pub values: Vec<Option<Value>>,
    /// One a run but the first: what was found against the first, or why nothing was.
    pub found: Vec<Result<Tested, Why>>,
}

/// Why a difference was not tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Cost,
    /// A run has no value.
    Missing,
    OtherData,
    NoSharedSeed,
    NoSamples,
    /// Values of the validation split are kept as means alone.
    Unfinished,
}

impl Why {
    pub fn text(self) -> &'static str {
        match self {
            Why::Cost => "costs are not tested",
            Why::Missing => "a value is missing",
            Why::OtherData => "not tested: not of the same data",
            Why::NoSharedSeed => "not tested: no seed is shared",
            Why::NoSamples => "not tested: values of single test samples were not kept, or differ in number",
            Why::Unfinished => "not tested: a run is not finished",
        }
    }
}

const COSTS: [&str; 4] = ["cost.seconds", "cost.memory", "cost.parameters", "cost.macs"];

/// Metrics, and what a reader must know of them.
pub fn metrics(sides: &[Side]) -> (Vec<Metric>, Vec<String>) {
    let study = study(sides);
    let groups = groups(&study);
    let tables = tables(&study, &Options::default());
    let raw = tables.first().and_then(|t| t.details.raw.as_ref());
    let data: Vec<BTreeSet<&str>> = sides.iter().map(data).collect();
    let mut all = Vec::new();
    let measured = measured(&study);
    for name in measured.iter().map(String::as_str).filter(|name| !name.starts_with("cost.")).chain(COSTS) {
        let cost = name.starts_with("cost.");
        let title = |i: usize| letter(i);
        let values: Vec<Option<Value>> =
            (0..sides.len()).map(|i| groups.iter().find(|g| g.title == title(i))?.value(name)).collect();
        let tests = of_column(raw, name);
        let found = |i: usize| {
            if cost {
                return Err(Why::Cost);
            }
            if values[0].is_none() || values[i].is_none() {
                return Err(Why::Missing);
            }
            if other_data(&data[0], &data[i]) {
                return Err(Why::OtherData);
            }
            let tested = between(&tests, &letter(i), &letter(0)).ok_or(Why::NoSharedSeed)?;
            if tested.samples == 0 { Err(Why::NoSamples) } else { Ok(tested) }
        };
        let found = (1..sides.len()).map(found).collect();
        let split = if cost { String::new() } else { "test".into() };
        if values.iter().any(Option::is_some) {
            all.push(Metric { column: facts(&study, name), cost, split, values, found });
        }
    }
    let unfinished = sides.iter().any(|side| done(side).next().is_none());
    if unfinished {
        all.extend(validation(sides));
    }
    (all, notes(sides, &data))
}

/// The runs as rows of a study, the first the baseline. Two single cells are paired whatever their seeds: their test
/// samples are the same.
fn study(sides: &[Side]) -> StudyRecord {
    let single = sides.iter().all(|s| s.cells.len() == 1);
    let records: Vec<(CellEntry, CellRecord)> = sides
        .iter()
        .enumerate()
        .flat_map(|(i, side)| {
            side.cells.iter().map(move |(entry, record)| {
                let seed = if single { 0 } else { entry.seed };
                let (variant, hash) = (letter(i), entry.hash.clone());
                let title = variant.clone();
                (CellEntry { variant, title, seed, hash, baseline: i == 0, ..CellEntry::default() }, record.clone())
            })
        })
        .collect();
    let mut study = StudyRecord { records, ..StudyRecord::default() };
    let plan = TablePlan { name: "compared".into(), columns: measured(&study), ..TablePlan::default() };
    study.cells = Cells { report: ReportPlan { tables: vec![plan], ..ReportPlan::default() }, ..Cells::default() };
    study
}

fn done(side: &Side) -> impl Iterator<Item = &(CellEntry, CellRecord)> {
    side.cells.iter().filter(|(_, r)| r.status.as_ref().is_some_and(|s| s.state == State::Done))
}

/// Fingerprints of the data that a run was given.
fn data(side: &Side) -> BTreeSet<&str> {
    let all = side.cells.iter().filter_map(|(_, r)| r.environment.as_ref()).map(|e| e.data.as_str());
    all.filter(|d| !d.is_empty()).collect()
}

/// Where one does not say what it was given, nothing is held against it.
fn other_data(a: &BTreeSet<&str>, b: &BTreeSet<&str>) -> bool {
    !a.is_empty() && !b.is_empty() && a != b
}

/// At the last step that every run evaluated: means over each run's cells.
fn validation(sides: &[Side]) -> Vec<Metric> {
    let evaluations = |side: &Side| -> BTreeMap<u64, Vec<EvaluationRecord>> {
        let mut all: BTreeMap<u64, Vec<EvaluationRecord>> = BTreeMap::new();
        let every = side.cells.iter().flat_map(|(_, record)| record.evaluations());
        for evaluation in every.filter(|e| e.split == "validation" && !e.selected) {
            all.entry(evaluation.total_step).or_default().push(evaluation.clone());
        }
        all
    };
    let all: Vec<_> = sides.iter().map(evaluations).collect();
    let common = |step: &&u64| all.iter().all(|side| side.contains_key(step));
    let Some(step) = all.first().and_then(|first| first.keys().rev().find(common)).copied() else { return vec![] };
    let names: BTreeSet<&String> = all.iter().flat_map(|s| &s[&step]).flat_map(|e| e.columns.keys()).collect();
    let mean = |side: &BTreeMap<u64, Vec<EvaluationRecord>>, name: &String| {
        let means: Vec<f64> = side[&step].iter().filter_map(|e| e.columns.get(name)).map(|s| s.mean).collect();
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        (!means.is_empty()).then(|| Value { mean, ..Value::default() })
    };
    let study = study(sides);
    let metric = |name: &String| Metric {
        column: facts(&study, name),
        cost: false,
        split: format!("validation, step {step}"),
        values: all.iter().map(|side| mean(side, name)).collect(),
        found: vec![Err(Why::Unfinished); sides.len() - 1],
    };
    names.into_iter().map(metric).collect()
}

fn notes(sides: &[Side], data: &[BTreeSet<&str>]) -> Vec<String> {
    let mut all = Vec::new();
    for (i, side) in sides.iter().enumerate() {
        let unfinished: Vec<String> = side.cells.iter().filter_map(unfinished).collect();
        if !unfinished.is_empty() {
            all.push(format!("{} is not finished ({}): compared is what is there.", letter(i), unfinished.join("; ")));
        }
    }
    for i in (1..sides.len()).filter(|i| other_data(&data[0], &data[*i])) {
        all.push(format!("{} was given other data than A: their metrics are not of the same data.", letter(i)));
    }
    let seeds = |side: &Side| side.cells.iter().map(|(entry, _)| entry.seed).collect::<BTreeSet<u64>>();
    let first = sides.first().map(seeds).unwrap_or_default();
    for (i, own) in sides.iter().map(seeds).enumerate().skip(1).filter(|(_, own)| *own != first) {
        let list = |seeds: &BTreeSet<u64>| seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
        let differ = format!("Seeds differ (A: {}; {}: {})", list(&first), letter(i), list(&own));
        all.push(if sides.iter().all(|s| s.cells.len() == 1) {
            format!("{differ}: part of the difference is that of two trainings.")
        } else {
            format!("{differ}: only those that both have are paired.")
        });
    }
    if sides.iter().all(|s| done(s).count() == 1) {
        all.push("One training of each: what another would give is not tested.".into());
    }
    all
}

fn unfinished((entry, record): &(CellEntry, CellRecord)) -> Option<String> {
    let seed = entry.seed;
    match record.status.as_ref() {
        None => Some(format!("seed {seed} not started")),
        Some(s) => match s.state {
            State::Done => None,
            State::Running => Some(format!("seed {seed} running, or killed, at step {}", last_step(record))),
            State::Stopped => Some(format!("seed {seed} stopped by a search at step {}", last_step(record))),
            State::Interrupted => Some(format!("seed {seed} interrupted at step {}", last_step(record))),
            State::Failed => {
                Some(format!("seed {seed} failed: {}", s.error.as_deref().unwrap_or("no reason was kept")))
            }
        },
    }
}

fn last_step(record: &CellRecord) -> u64 {
    record.events.iter().map(crate::record::Event::total_step).max().unwrap_or(0)
}
