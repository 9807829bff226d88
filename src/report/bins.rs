//! A table with a column for each group of the columns' evaluation (PSNR at yaw 0 to 15, 15 to 30, ..): the record with
//! each group as a column of its own, so that values, tests and published numbers are found as those of any column.

use super::group::facts;
use super::table::Head;
use crate::record::{CellRecord, Column, Group, StudyRecord, Summary, TablePlan};
use std::collections::BTreeMap;

/// Between a column and its group: `missing.psnr@0 to 15`.
pub const AT: char = '@';

/// Whether a table runs across groups; an axis of that name comes first.
pub fn wanted(study: &StudyRecord, plan: &TablePlan) -> bool {
    plan.across == "group" && !study.cells.axes.iter().any(|axis| axis == "group")
}

/// The study without its curves, each group of the plan's columns beside them, and the plan that names all of these: the
/// groups of a column in order, then the whole.
pub fn opened(study: &StudyRecord, plan: &TablePlan) -> (StudyRecord, TablePlan) {
    let light = |record: &CellRecord| CellRecord {
        dir: record.dir.clone(),
        status: record.status.clone(),
        environment: record.environment.clone(),
        summary: record.summary.clone(),
        ..CellRecord::default()
    };
    let mut out = StudyRecord {
        dir: study.dir.clone(),
        cells: study.cells.clone(),
        records: study.records.iter().map(|(entry, record)| (entry.clone(), light(record))).collect(),
        search: study.search.clone(),
    };
    let mut columns = Vec::new();
    for column in &plan.columns {
        let labels = labels(study, column);
        columns.extend(labels.iter().map(|label| format!("{column}{AT}{label}")));
        columns.push(if labels.is_empty() { column.clone() } else { format!("{column}{AT}") });
    }
    for status in out.records.iter_mut().filter_map(|(_, record)| record.status.as_mut()) {
        status.test = split(&status.test, &plan.columns);
        status.baselines.values_mut().for_each(|all| *all = split(all, &plan.columns));
        let more: Vec<Column> = columns.iter().filter_map(|name| named(study, name)).collect();
        status.columns.extend(more);
    }
    (out, TablePlan { columns, across: String::new(), ..plan.clone() })
}

/// Groups of a column over all cells, by their place on the axis.
fn labels(study: &StudyRecord, column: &str) -> Vec<String> {
    let mut all: Vec<&Group> = Vec::new();
    let summaries = study.records.iter().filter_map(|(_, r)| r.status.as_ref()?.test.get(column));
    for group in summaries.flat_map(|s| &s.groups) {
        if all.iter().all(|known| known.label != group.label) {
            all.push(group);
        }
    }
    all.sort_by(|a, b| a.at.total_cmp(&b.at));
    all.into_iter().map(|g| g.label.clone()).collect()
}

/// Columns with their groups as columns; the whole goes under `column@` too.
fn split(test: &BTreeMap<String, Summary>, columns: &[String]) -> BTreeMap<String, Summary> {
    let mut all = test.clone();
    for column in columns {
        let Some(whole) = test.get(column) else { continue };
        all.insert(format!("{column}{AT}"), whole.clone());
        for group in &whole.groups {
            all.insert(format!("{column}{AT}{}", group.label), summary(whole, group));
        }
    }
    all
}

fn summary(whole: &Summary, group: &Group) -> Summary {
    let values = group.samples.iter().map(|i| whole.values.get(*i).copied().flatten()).collect();
    Summary { mean: group.mean, std: group.std, n: group.n, values, groups: vec![] }
}

/// How a group's column is printed where it is not a head: `PSNR, yaw 0 to 15`.
fn named(study: &StudyRecord, name: &str) -> Option<Column> {
    let (whole, label) = name.split_once(AT)?;
    let column = facts(study, whole);
    let group = bare(&column.group);
    let label = if label.is_empty() { format!("all of {group}") } else { format!("{group} {label}") };
    Some(Column { name: name.into(), label: format!("{}, {label}", column.label), ..column })
}

/// `yaw` of `yaw (degrees)`.
fn bare(group: &str) -> &str {
    let name = group.split(" (").next().unwrap_or_default();
    if name.is_empty() { "group" } else { name }
}

/// A group stands beneath its column, which has the unit and the arrow: `0–15` beneath `missing PSNR (dB) ↑ by yaw
/// (degrees)`.
pub fn head(study: &StudyRecord, whole: &str, label: &str) -> Head {
    let column = facts(study, whole);
    let part = whole.rsplit_once('.').map_or(String::new(), |(part, _)| format!("{} ", part.replace('.', " ")));
    let mut head = Head {
        column: format!("{whole}{AT}{label}"),
        above: String::new(),
        label: column.label,
        unit: column.unit,
        higher_is_better: column.higher_is_better,
        decimals: column.decimals,
        bare: false,
    };
    let by = if column.group.is_empty() { "group" } else { &column.group };
    head.above = format!("{part}{}, by {by}", head.text());
    head.bare = true;
    head.label = if label.is_empty() { "all".into() } else { label.replace(" to ", "–") };
    head
}
