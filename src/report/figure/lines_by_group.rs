//! A metric by group (yaw, say) on the test split: a line a row of the study with a band, baselines dashed in grey.

use super::spread::Spread;
use super::{Figure, Scene, column_axis, column_words, text};
use crate::record::{FigurePlan, Group as Bin, Summary};
use crate::report::ReportError;
use crate::report::group::{Group, facts};
use crate::report::palette::Look;
use crate::report::plot::{Area, Axis, Panel, Series, figure};
use crate::report::svg::text_width;
use std::collections::BTreeMap;

/// A place on the axis, its label, the mean there and its ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub at: f64,
    pub label: String,
    pub mean: f64,
    pub ends: Option<(f64, f64)>,
}

/// A line of the figure.
pub struct Row {
    pub title: String,
    pub look: Look,
    pub points: Vec<Point>,
    /// Learns nothing.
    pub baseline: bool,
}

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let (metric, spread) = (text(plan, "metric"), Spread::of(plan));
    let rows = rows(scene, metric, spread);
    let bins = rows.iter().map(|r| &r.points).max_by_key(|points| points.len()).cloned().unwrap_or_default();
    if bins.is_empty() {
        return Ok(Figure::nothing(format!("no groups of `{metric}` were recorded on the test split")));
    }
    let facts = facts(scene.study, metric);
    let x = axis(&bins, if facts.group.is_empty() { "group" } else { &facts.group });
    let series = |row: &Row| {
        let band: Vec<_> = row.points.iter().filter_map(|p| p.ends.map(|e| (p.at, e.0, e.1))).collect();
        let areas = if band.len() > 1 { vec![Area::Band(band)] } else { vec![] };
        let points = row.points.iter().map(|p| (p.at, p.mean)).collect();
        Series { areas, markers: true, ..Series::line(row.look, points) }
    };
    let ends = rows.iter().flat_map(|r| &r.points).flat_map(|p| {
        let (low, high) = p.ends.unwrap_or((p.mean, p.mean));
        [p.mean, low, high]
    });
    let y = Axis::over(&column_axis(&facts), ends, 6);
    let legend: Vec<(String, Look)> = rows.iter().map(|r| (r.title.clone(), r.look)).collect();
    let by = facts.group.split(" (").next().unwrap_or("group");
    let title = format!("{} by {by}", column_words(&facts));
    let panel = Panel { title: title.clone(), x, y, series: rows.iter().map(series).collect() };
    let svg = figure(&[panel], 1, (720.0, 390.0), &legend)?;
    let caption = format!("{title} on the test split.{}", told(scene, spread));
    Ok(Figure::one(&plan.name, svg.finish(&title), caption))
}

/// What a point and its ends are.
pub fn told(scene: &Scene<'_>, spread: Spread) -> String {
    let seeds = scene.groups.iter().map(|g| g.done().count()).max().unwrap_or(1);
    let means = if seeds > 1 { " Means over seeds" } else { " Means over test samples, one seed a row" };
    let ends = match (spread, seeds) {
        (Spread::None, _) => ".".to_owned(),
        (_, 2..) => format!("; bands and whiskers: {}.", spread.words()),
        _ => "; bands and whiskers: the 95% interval of the mean over samples.".to_owned(),
    };
    let baselines =
        scene.groups.iter().flat_map(Group::done).any(|r| r.status.as_ref().is_some_and(|s| !s.baselines.is_empty()));
    format!("{means}{ends}{}", if baselines { " Grey: what learns nothing." } else { "" })
}

/// Rows of the study, then baselines, each with its groups in order.
pub fn rows(scene: &Scene<'_>, metric: &str, spread: Spread) -> Vec<Row> {
    let mut all: Vec<Row> = Vec::new();
    let mut baselines: BTreeMap<String, Vec<&Summary>> = BTreeMap::new();
    for (i, group) in scene.groups.iter().enumerate() {
        let statuses = || group.done().filter_map(|r| r.status.as_ref());
        let summaries: Vec<&Summary> = statuses().filter_map(|s| s.test.get(metric)).collect();
        let points = points(&summaries, spread);
        all.push(Row { title: group.title.clone(), look: Look::nth(i), points, baseline: false });
        for (name, columns) in statuses().flat_map(|s| &s.baselines) {
            baselines.entry(name.clone()).or_insert_with(|| columns.get(metric).into_iter().collect());
        }
    }
    all.extend(baselines.into_iter().enumerate().map(|(i, (title, summary))| Row {
        title,
        look: Look::baseline(i),
        points: points(&summary, Spread::None),
        baseline: true,
    }));
    all.retain(|row| !row.points.is_empty());
    all
}

/// The groups of one row's seeds.
fn points(summaries: &[&Summary], spread: Spread) -> Vec<Point> {
    let mut bins: Vec<Vec<&Bin>> = Vec::new();
    for bin in summaries.iter().flat_map(|s| &s.groups).filter(|b| b.n > 0) {
        match bins.iter_mut().find(|all| all[0].label == bin.label) {
            Some(all) => all.push(bin),
            None => bins.push(vec![bin]),
        }
    }
    bins.sort_by(|a, b| a[0].at.total_cmp(&b[0].at));
    let point = |bins: Vec<&Bin>| {
        let means: Vec<f64> = bins.iter().map(|b| b.mean).collect();
        let (mean, ends) = spread.over_seeds(&means)?;
        let one = || spread.over_samples(mean, bins[0].std, bins[0].n);
        let ends = if bins.len() == 1 { one() } else { ends };
        Some(Point { at: bins[0].at, label: bins[0].label.replace(" to ", "–"), mean, ends })
    };
    bins.into_iter().filter_map(point).collect()
}

/// Ticks at the groups, labelled with them while the labels have room.
fn axis(bins: &[Point], label: &str) -> Axis {
    let room: f64 = bins.iter().map(|b| text_width(&b.label, 11.0) + 10.0).sum();
    let ticks = bins.iter().map(|b| (b.at, b.label.clone())).collect();
    let at = Axis::at(label, ticks);
    if room < 600.0 { at } else { Axis { ticks: Axis::between(label, at.low, at.high, 8).ticks, ..at } }
}
