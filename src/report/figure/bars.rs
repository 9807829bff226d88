//! Grouped bars on the test split: a panel a column, a bar a row of the study; beside each other for each label of an
//! axis, or each group of the column's evaluation.

use super::lines_by_group::{Point, Row, rows, told};
use super::spread::Spread;
use super::{Figure, Scene, column_axis, column_words, text, texts};
use crate::record::{Column, FigurePlan};
use crate::report::ReportError;
use crate::report::group::{Group, Value, facts};
use crate::report::palette::Look;
use crate::report::plot::{Area, Axis, Panel, Series, figure};
use std::collections::BTreeMap;

/// Share of a cluster's room that its bars take.
const FILLED: f64 = 0.8;

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let (across, spread) = (text(plan, "across"), Spread::of(plan));
    let (mut panels, mut legend) = (Vec::new(), Vec::<(String, Look)>::new());
    for column in texts(plan, "columns") {
        let facts = facts(scene.study, &column);
        let by_group = across == "group" && !scene.study.cells.axes.iter().any(|a| a == "group");
        let mut rows = if by_group { rows(scene, &column, spread) } else { by_axis(scene, &column, across, spread) };
        if rows.is_empty() {
            continue;
        }
        let ours = rows.iter().filter(|r| !r.baseline).count();
        for (i, row) in rows.iter_mut().enumerate() {
            row.look = row.look.bar(row.baseline.then(|| i - ours));
            if legend.iter().all(|(title, _)| *title != row.title) {
                legend.push((row.title.clone(), row.look));
            }
        }
        let label = if by_group { facts.group.clone() } else { across.to_owned() };
        panels.push(panel(&facts, &rows, &label));
    }
    if panels.is_empty() {
        return Ok(Figure::nothing("no finished cell has any of these columns"));
    }
    let titles: Vec<&str> = panels.iter().map(|p| p.title.as_str()).collect();
    let clusters = panels.iter().map(|p| p.x.ticks.len()).max().unwrap_or(1);
    let wide = clusters * legend.len() > 12;
    let size = if wide { (860.0, 340.0) } else { (430.0, 320.0) };
    let caption = format!("{} on the test split.{}", titles.join(", "), told(scene, spread));
    let svg = figure(&panels, if wide { 1 } else { 2 }, size, &legend)?;
    Ok(Figure::one(&plan.name, svg.finish("Grouped bars"), caption))
}

/// Rows with a point for each label of the axis; one point without an axis.
fn by_axis(scene: &Scene<'_>, column: &str, across: &str, spread: Spread) -> Vec<Row> {
    let mut labels: Vec<&str> = Vec::new();
    let mut all: Vec<Row> = Vec::new();
    for group in &scene.groups {
        let label = group.place.get(across).map_or("", String::as_str);
        if !labels.contains(&label) {
            labels.push(label);
        }
        let Some(point) = point(group, column, spread) else { continue };
        let at = labels.iter().position(|l| *l == label).unwrap_or(0) as f64;
        let point = Point { at, label: label.into(), ..point };
        let title = titled(group, across);
        match all.iter_mut().find(|row| row.title == title) {
            Some(row) => row.points.push(point),
            None => all.push(Row { title, look: Look::nth(all.len()), points: vec![point], baseline: false }),
        }
    }
    let ours = all.len();
    for (name, value) in baselines(scene, column) {
        let point =
            |(at, label): (usize, &&str)| Point { at: at as f64, label: (*label).into(), mean: value.mean, ends: None };
        let points = labels.iter().enumerate().map(point).collect();
        all.push(Row { title: name, look: Look::baseline(all.len() - ours), points, baseline: true });
    }
    if ours == 0 { vec![] } else { all }
}

/// The group's title, without the label of the axis that its bars stand at.
fn titled(group: &Group<'_>, across: &str) -> String {
    let Some(label) = group.place.get(across).filter(|_| !across.is_empty()) else { return group.title.clone() };
    let parts: Vec<&str> =
        group.title.split(", ").filter(|part| *part != format!("{across} {label}") && part != label).collect();
    if parts.is_empty() { group.title.clone() } else { parts.join(", ") }
}

fn point(group: &Group<'_>, column: &str, spread: Spread) -> Option<Point> {
    let whole = group.value(column)?;
    let means: Vec<f64> = match column.starts_with("cost.") {
        true => vec![whole.mean],
        false => group.done().filter_map(|r| Some(r.status.as_ref()?.test.get(column)?.mean)).collect(),
    };
    let (mean, ends) = spread.over_seeds(&means)?;
    let one = || whole.std.and_then(|std| spread.over_samples(mean, std, whole.n));
    Some(Point { at: 0.0, label: String::new(), mean, ends: if means.len() == 1 { one() } else { ends } })
}

fn baselines(scene: &Scene<'_>, column: &str) -> BTreeMap<String, Value> {
    let statuses = scene.groups.iter().flat_map(Group::done).filter_map(|r| r.status.as_ref());
    let named = statuses.flat_map(|s| &s.baselines);
    named.filter_map(|(name, columns)| Some((name.clone(), Value::from(columns.get(column)?)))).collect()
}

fn panel(facts: &Column, rows: &[Row], label: &str) -> Panel {
    let mut places: Vec<(f64, String)> = Vec::new();
    for point in rows.iter().flat_map(|r| &r.points) {
        if places.iter().all(|(at, _)| *at != point.at) {
            places.push((point.at, point.label.clone()));
        }
    }
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wide = FILLED / rows.len() as f64;
    let series: Vec<Series> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let mut areas = Vec::new();
            for point in &row.points {
                let place = places.iter().position(|(at, _)| *at == point.at).unwrap_or(0) as f64;
                let from = place - FILLED / 2.0 + wide * i as f64;
                let to = from + wide * 0.92;
                areas.push(Area::Bar { from, to, value: point.mean });
                areas.extend(point.ends.map(|(low, high)| Area::Whisker { at: (from + to) / 2.0, low, high }));
            }
            Series { areas, ..Series::line(row.look, vec![]) }
        })
        .collect();
    let values: Vec<f64> =
        series.iter().flat_map(|s| &s.areas).flat_map(Area::ends).filter(|v| v.is_finite()).collect();
    // Bars tell by their length, which begins at 0.
    let y = Axis::over(&column_axis(facts), values.into_iter().chain([0.0]), 5);
    let ticks: Vec<(f64, String)> = places.into_iter().enumerate().map(|(i, (_, l))| (i as f64, l)).collect();
    let high = ticks.len() as f64 - 0.5;
    let ticks = if ticks.iter().all(|(_, text)| text.is_empty()) { vec![] } else { ticks };
    let x = Axis { label: label.into(), low: -0.5, high, ticks, log: false };
    Panel { title: column_words(facts), x, y, series }
}
