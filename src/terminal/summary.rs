//! The closing table: a row a cell, then the baselines; as many columns as fit, the rest is on the page.

use crate::record::{Column, State, Status, StudyRecord, Summary};
use std::collections::BTreeMap;

/// Characters of a line; nothing wraps.
pub const WIDTH: usize = 100;
/// Rows before the rest is left to the page.
const ROWS: usize = 30;

/// The table as text without a line end.
pub fn summary(study: &StudyRecord, width: usize) -> String {
    let columns = columns(study);
    let (mut rows, more) = rows(study, &columns);
    let mut heads = vec![String::new()];
    heads.extend(columns.iter().map(head));
    rows.insert(0, heads);
    let mut shown = vec![];
    let mut used = 0;
    for i in 0..=columns.len() {
        let wide = rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0);
        let wide = if i == 0 { wide.min(width / 2) } else { wide };
        if i > 0 && used + wide + 2 > width {
            break;
        }
        used += wide + if i == 0 { 0 } else { 2 };
        shown.push(wide);
    }
    let mut out: Vec<String> = rows.iter().map(|row| line(row, &shown)).collect();
    out.insert(1, "-".repeat(used));
    let hidden = columns.len() + 1 - shown.len();
    if hidden > 0 {
        out.push(format!("({hidden} more {} on the page)", if hidden == 1 { "column" } else { "columns" }));
    }
    if more > 0 {
        out.push(format!("({more} more rows on the page)"));
    }
    out.join("\n")
}

/// Those of the first table of the report, else all that were measured.
fn columns(study: &StudyRecord) -> Vec<Column> {
    let mut measured: Vec<Column> = Vec::new();
    for status in study.records.iter().filter_map(|(_, r)| r.status.as_ref()) {
        for column in &status.columns {
            if measured.iter().all(|m| m.name != column.name) {
                measured.push(column.clone());
            }
        }
    }
    let wanted = study.cells.report.tables.first().map_or(&[][..], |t| &t.columns);
    let found: Vec<Column> =
        wanted.iter().filter_map(|name| measured.iter().find(|m| m.name == *name).cloned()).collect();
    if found.is_empty() { measured } else { found }
}

fn head(column: &Column) -> String {
    let unit = if column.unit.is_empty() { String::new() } else { format!(" {}", column.unit) };
    let arrow = match column.higher_is_better {
        Some(true) => " ↑",
        Some(false) => " ↓",
        None => "",
    };
    format!("{}{unit}{arrow}", column.name)
}

/// Rows of text, label first, and how many were left out.
fn rows(study: &StudyRecord, columns: &[Column]) -> (Vec<Vec<String>>, usize) {
    let seeds = study.records.windows(2).any(|pair| pair[0].0.seed != pair[1].0.seed);
    let mut all: Vec<Vec<String>> = Vec::new();
    let mut baselines: BTreeMap<&str, &BTreeMap<String, Summary>> = BTreeMap::new();
    for (entry, record) in &study.records {
        let mut label = if entry.title.is_empty() { study.cells.experiment.clone() } else { entry.title.clone() };
        for axis in &study.cells.axes {
            if let Some(value) = entry.axes.get(axis) {
                label.push_str(&format!(", {axis} {value}"));
            }
        }
        if seeds {
            label.push_str(&format!(", seed {}", entry.seed));
        }
        let status = record.status.as_ref();
        let done = status.filter(|s| s.state == State::Done);
        if done.is_none() {
            label.push_str(&format!(" ({})", state(status)));
        }
        let empty = BTreeMap::new();
        all.push(row(label, done.map_or(&empty, |s| &s.test), columns));
        for (name, values) in done.iter().flat_map(|s| &s.baselines) {
            baselines.entry(name).or_insert(values);
        }
    }
    all.extend(baselines.into_iter().map(|(name, values)| row(name.to_owned(), values, columns)));
    let more = all.len().saturating_sub(ROWS);
    all.truncate(ROWS);
    (all, more)
}

fn state(status: Option<&Status>) -> &'static str {
    match status.map(|s| s.state) {
        None => "not started",
        Some(State::Running) => "running",
        Some(State::Interrupted) => "interrupted",
        Some(State::Stopped) => "stopped",
        Some(State::Failed) => "failed",
        Some(State::Done) => "done",
    }
}

fn row(label: String, values: &BTreeMap<String, Summary>, columns: &[Column]) -> Vec<String> {
    let value = |c: &Column| {
        values.get(&c.name).map_or("-".to_owned(), |s| match s.std.is_finite() {
            true => format!("{:.*} ± {:.*}", c.decimals, s.mean, c.decimals, s.std),
            // A number of all samples together has no deviation.
            false => format!("{:.*}", c.decimals, s.mean),
        })
    };
    std::iter::once(label).chain(columns.iter().map(value)).collect()
}

/// The label to the left, the rest to the right; a label that is too long is cut.
fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate().map(|(i, (text, width))| {
        let long = text.chars().count() > *width;
        let text: String =
            if long { text.chars().take(width.saturating_sub(1)).chain(['…']).collect() } else { text.clone() };
        if i == 0 { format!("{text:<width$}") } else { format!("  {text:>width$}") }
    });
    cells.collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CellEntry, CellRecord, Cells};

    fn study(columns: usize) -> StudyRecord {
        let names: Vec<String> = (0..columns).map(|i| format!("evaluation-{i}.psnr")).collect();
        let facts = |name: &String| Column {
            name: name.clone(),
            label: "PSNR".into(),
            unit: "dB".into(),
            higher_is_better: Some(true),
            decimals: 2,
            group: String::new(),
        };
        let values =
            |mean| names.iter().map(|n| (n.clone(), Summary { mean, std: 1.0, n: 40, ..Default::default() })).collect();
        let status = |state, mean| Status {
            state,
            experiment: "e".into(),
            columns: names.iter().map(facts).collect(),
            test: values(mean),
            baselines: BTreeMap::from([("mirror".to_string(), values(12.0))]),
            ..Default::default()
        };
        let cell = |title: &str, state| {
            let entry = CellEntry { title: title.into(), ..Default::default() };
            (entry, CellRecord { status: Some(status(state, 20.5)), ..Default::default() })
        };
        let records = vec![cell("UV-GAN", State::Done), cell("Attention ResCUNet-GAN", State::Failed)];
        StudyRecord { cells: Cells { experiment: "e".into(), ..Default::default() }, records, ..Default::default() }
    }

    #[test]
    fn columns_line_up() {
        let expected = [
            "                                 evaluation-0.psnr dB ↑  evaluation-1.psnr dB ↑",
            "-------------------------------------------------------------------------------",
            "UV-GAN                                     20.50 ± 1.00            20.50 ± 1.00",
            "Attention ResCUNet-GAN (failed)                       -                       -",
            "mirror                                     12.00 ± 1.00            12.00 ± 1.00",
        ];
        assert_eq!(summary(&study(2), WIDTH), expected.join("\n"));
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_page() {
        let text = summary(&study(9), WIDTH);
        assert!(text.lines().all(|l| l.chars().count() <= WIDTH), "{text}");
        assert!(text.ends_with("(7 more columns on the page)"), "{text}");
        assert_eq!(summary(&StudyRecord::default(), WIDTH), "\n");
    }
}
