//! What a search made of its points: their validated values round by round, best first.

use super::super::group::facts;
use super::super::plot::grouped;
use crate::record::{SearchGroup, SearchPoint, SearchRecord, State, StudyRecord};
use minijinja::{Value, context};

/// Leaves out the cells that a search stopped: they have no results, and their section tells of them.
pub fn without_stopped(study: &mut StudyRecord) {
    if study.search.is_some() {
        study.records.retain(|(_, record)| record.status.as_ref().is_some_and(|s| s.state != State::Stopped));
    }
}

/// Nothing without a search.
pub fn search(study: &StudyRecord) -> Option<Value> {
    let record = study.search.as_ref()?;
    let column = facts(study, &record.column);
    let unit = if column.unit.is_empty() { String::new() } else { format!(", {}", column.unit) };
    Some(context! {
        column => format!("{}{unit}", column.name),
        groups => record.groups.iter().map(|group| whose(group, record, column.decimals)).collect::<Vec<_>>(),
    })
}

fn whose(group: &SearchGroup, record: &SearchRecord, decimals: usize) -> Value {
    let shares = group.rounds.iter().map(|round| format!("{} %", grouped(round.share * 100.0, 0)));
    context! {
        name => group.name,
        column => record.column,
        shares => shares.collect::<Vec<_>>(),
        points => points(group, decimals),
    }
}

/// Those that came furthest first, and of these the best.
fn points(group: &SearchGroup, decimals: usize) -> Vec<Value> {
    let mut rows = vec![];
    for (last, round) in group.rounds.iter().enumerate().rev() {
        let ended = |point: &&SearchPoint| {
            let next = group.rounds.get(last + 1);
            next.is_none_or(|next| next.points.iter().all(|other| other.label != point.label))
        };
        rows.extend(round.points.iter().filter(ended).map(|point| row(group, point, decimals)));
    }
    rows
}

fn row(group: &SearchGroup, point: &SearchPoint, decimals: usize) -> Value {
    let at = |points: &[SearchPoint]| points.iter().find(|other| other.label == point.label).and_then(|p| p.value);
    let text = |value: Option<f64>| value.map(|v| context! { exact => v, text => grouped(v, decimals) });
    let values: Vec<Value> = group.rounds.iter().map(|round| Value::from(text(at(&round.points)))).collect();
    let won = group.rounds.last().is_some_and(|round| round.points.iter().any(|p| p.kept && p.label == point.label));
    context! { label => point.label, values => values, won => won }
}
