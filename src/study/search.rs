//! `[study.search]`: rounds of trainings, each longer than the one before and with fewer points. Which points go on
//! follows from the cells' records alone, so that a search that was killed, or that several processes work on, goes on as
//! if nothing had happened.

use super::Prepared;
use super::carry_out::{Options, Outcome, Queue, StudyError, drain};
use crate::config;
use crate::record::{
    self, CellRecord, Column, Observer, Progress, SearchGroup, SearchPoint, SearchRecord, SearchRound,
};
use crate::run::{self, Stop};
use std::path::Path;

/// The points of one variant (and of one choice of the plain axes): they compete with each other.
struct Group {
    name: String,
    /// Label of each point, and its cells, one a seed.
    points: Vec<(String, Vec<usize>)>,
}

/// Runs the rounds of a search, and writes `search.json`.
pub(super) fn carry_out(
    prepared: &Prepared,
    search: &config::Search,
    options: &Options<'_>,
    (folder, runs): (&Path, &Path),
    observer: &mut dyn Observer,
) -> Result<Outcome, StudyError> {
    let Some(column) = column(prepared, search) else { return Ok((vec![], 0)) };
    let rounds = search.method.rounds(search.trials);
    let groups = groups(prepared);
    let mut left: Vec<Vec<usize>> = groups.iter().map(|g| (0..g.points.len()).collect()).collect();
    let mut record = SearchRecord {
        column: column.name.clone(),
        groups: groups.iter().map(|g| SearchGroup { name: g.name.clone(), rounds: vec![] }).collect(),
    };
    let mut failed = vec![];
    for (number, round) in rounds.iter().enumerate() {
        let stop = Stop { share: round.share, column: column.name.clone() };
        let keep = rounds.get(number + 1).map_or(1, |next| next.points);
        if rounds.len() > 1 {
            let text = format!("round {} of {}: to {} of the training", number + 1, rounds.len(), percent(round.share));
            observer.observe(&Progress::Note(text));
        }
        let waiting = groups.iter().zip(&left).flat_map(|(g, left)| left.iter().flat_map(|p| g.points[*p].1.clone()));
        let mut queue = Queue::of(prepared, options, runs, waiting.collect());
        queue.stop = (round.share < 1.0).then_some(&stop);
        let (wrong, not_begun) = drain(queue, options, observer)?;
        failed.extend(wrong);
        if not_begun > 0 {
            return Ok((failed, not_begun));
        }
        for ((group, left), kept) in groups.iter().zip(&mut left).zip(&mut record.groups) {
            let judged = judge(prepared, group, left, (&stop, &column), runs);
            *left = judged.iter().filter(|(_, value)| value.is_some()).take(keep).map(|(point, _)| *point).collect();
            kept.rounds.push(said(group, round.share, &judged, left));
        }
        record::write_json(&folder.join("search.json"), &record)?;
    }
    record.groups.iter().filter_map(|group| winner(group, &column)).for_each(|text| {
        observer.observe(&Progress::Note(text));
    });
    Ok((failed, 0))
}

/// The column that ranks the points, by the search's `metric` or `evaluate.select`.
fn column(prepared: &Prepared, search: &config::Search) -> Option<Column> {
    let plan = &prepared.cells.first()?.plan;
    let written = search.metric.as_ref().and_then(config::Item::as_text);
    let name = written.or(plan.evaluate.select.as_deref())?;
    run::validated(plan).into_iter().find(|column| column.name == name)
}

fn groups(prepared: &Prepared) -> Vec<Group> {
    let mut groups: Vec<Group> = vec![];
    for (index, cell) in prepared.cells.iter().enumerate() {
        let (plain, drawn) = cell.spec.axes.split_at(cell.spec.axes.len() - cell.spec.searched);
        let labels =
            |axes: &[(String, String, config::Item)]| axes.iter().map(|(_, l, _)| l.clone()).collect::<Vec<_>>();
        let own = Some(cell.spec.row.clone()).filter(|row| !row.is_empty());
        let name = own.into_iter().chain(labels(plain)).collect::<Vec<_>>().join(", ");
        let point = labels(drawn).join(", ");
        if groups.last().is_none_or(|g| g.name != name) {
            groups.push(Group { name, points: vec![] });
        }
        let Some(group) = groups.last_mut() else { continue };
        match group.points.last_mut().filter(|(label, _)| *label == point) {
            Some((_, cells)) => cells.push(index),
            None => group.points.push((point, vec![index])),
        }
    }
    groups
}

/// Points with the mean over their seeds, best first; without a value where a seed has none. Of equals the earlier.
fn judge(
    prepared: &Prepared,
    group: &Group,
    points: &[usize],
    (stop, column): (&Stop, &Column),
    runs: &Path,
) -> Vec<(usize, Option<f64>)> {
    let higher = column.higher_is_better.unwrap_or(true);
    let value = |cell: &usize| judged(&record::cell_dir(runs, prepared.cells[*cell].plan.hash()), stop, higher);
    let mean = |point: usize| {
        let cells = &group.points[point].1;
        let values: Vec<f64> = cells.iter().map(value).collect::<Option<_>>()?;
        Some(values.iter().sum::<f64>() / values.len() as f64)
    };
    let mut all: Vec<(usize, Option<f64>)> = points.iter().map(|point| (*point, mean(*point))).collect();
    all.sort_by(|a, b| match (a.1, b.1) {
        (Some(a), Some(b)) if higher => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    all
}

/// The best validated value of a cell up to where a round stops it; `None` where it has not come so far.
pub(super) fn judged(cell: &Path, stop: &Stop, higher: bool) -> Option<f64> {
    let planned = record::read_status(cell).ok()??.planned_steps;
    let record = CellRecord::read(cell).ok()?;
    let validated = record.evaluations().filter(|e| e.split == "validation" && planned > 0);
    let mut best: Option<f64> = None;
    for (step, value) in validated.filter_map(|e| Some((e.total_step, e.columns.get(&stop.column)?.mean))) {
        let better = |best: f64| if higher { value > best } else { value < best };
        if value.is_finite() && best.is_none_or(better) {
            best = Some(value);
        }
        if stop.reached(step, planned) {
            return best;
        }
    }
    None
}

fn said(group: &Group, share: f64, judged: &[(usize, Option<f64>)], kept: &[usize]) -> SearchRound {
    let point = |(point, value): &(usize, Option<f64>)| SearchPoint {
        label: group.points[*point].0.clone(),
        value: *value,
        kept: kept.contains(point),
    };
    SearchRound { share, points: judged.iter().map(point).collect() }
}

/// What came out of a group, and what it rests on.
fn winner(group: &SearchGroup, column: &Column) -> Option<String> {
    let best = group.rounds.last()?.points.first()?;
    let whose = if group.name.is_empty() { String::new() } else { format!("{}: ", group.name) };
    let value = best.value.map(|v| format!("{v:.*}", column.decimals))?;
    let unit = if column.unit.is_empty() { String::new() } else { format!(" {}", column.unit) };
    let tried = group.rounds.first().map_or(0, |round| round.points.len());
    Some(format!("{whose}best of {tried} points on validation: {} ({} {value}{unit})", best.label, column.name))
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 10.0 { format!("{percent:.0} %") } else { format!("{percent:.2} %") }
}
