//! A metric by group (yaw, say) on the test split: a line a row of the study, baselines dashed in grey, bars one standard
//! deviation over the samples of the group.

use super::{Figure, Scene, text};
use crate::record::{FigurePlan, Group as Bin, Summary};
use crate::report::ReportError;
use crate::report::group::facts;
use crate::report::palette::Look;
use crate::report::plot::{Axis, Panel, Series, figure};
use crate::report::svg::text_width;
use std::collections::BTreeMap;

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let metric = text(plan, "metric");
    let rows = rows(scene, metric);
    let bins = rows.iter().map(|(_, _, bins)| bins).max_by_key(|bins| bins.len()).cloned().unwrap_or_default();
    if bins.is_empty() {
        return Ok(Figure::nothing(format!("no groups of `{metric}` were recorded on the test split")));
    }
    let facts = facts(scene.study, metric);
    let x = axis(&bins, if facts.group.is_empty() { "group" } else { &facts.group });
    let apart = (x.high - x.low) * 0.011;
    let middle = (rows.len() as f64 - 1.0) / 2.0;
    let series: Vec<Series> = rows
        .iter()
        .enumerate()
        .map(|(i, (_, look, bins))| {
            let points = bins.iter().map(|b| (b.at + (i as f64 - middle) * apart, b.mean)).collect();
            let bars = bins.iter().map(|b| b.std).collect();
            Series { bars, markers: true, ..Series::line(*look, points) }
        })
        .collect();
    let ends = rows.iter().flat_map(|(_, _, bins)| bins).flat_map(|b| [b.mean - b.std, b.mean + b.std]);
    let unit = if facts.unit.is_empty() { String::new() } else { format!(" ({})", facts.unit) };
    let y = Axis::over(&format!("{metric}{unit}"), ends, 6);
    let legend: Vec<(String, Look)> = rows.iter().map(|(name, look, _)| (name.clone(), *look)).collect();
    let panel = Panel { title: format!("{} by {}", facts.label, x.label), x, y, series };
    let svg = figure(&[panel], 1, (720.0, 390.0), &legend)?;
    let seeds = scene.groups.iter().map(|g| g.done().count()).max().unwrap_or(1);
    let first = if seeds > 1 { ", first seed of each row" } else { "" };
    let caption = format!(
        "{metric} on the test split{first}. Bars are one standard deviation over the samples of a group; \
         lines are set apart sideways so that bars do not hide each other."
    );
    Ok(Figure::one(&plan.name, svg.finish(&format!("{metric} by group")), caption))
}

/// Rows of the study, then baselines, each with its groups in order.
fn rows(scene: &Scene<'_>, metric: &str) -> Vec<(String, Look, Vec<Bin>)> {
    let sorted = |summary: &Summary| {
        let mut bins: Vec<Bin> = summary.groups.iter().filter(|b| b.n > 0).cloned().collect();
        bins.sort_by(|a, b| a.at.total_cmp(&b.at));
        bins
    };
    let mut all: Vec<(String, Look, Vec<Bin>)> = Vec::new();
    let mut baselines = BTreeMap::new();
    for (i, group) in scene.groups.iter().enumerate() {
        let Some(status) = group.done().next().and_then(|r| r.status.as_ref()) else { continue };
        if let Some(summary) = status.test.get(metric) {
            all.push((group.title.clone(), Look::nth(i), sorted(summary)));
        }
        for (name, columns) in &status.baselines {
            if let Some(summary) = columns.get(metric) {
                baselines.entry(name.clone()).or_insert_with(|| sorted(summary));
            }
        }
    }
    all.extend(baselines.into_iter().enumerate().map(|(i, (name, bins))| (name, Look::baseline(i), bins)));
    all.retain(|(_, _, bins)| !bins.is_empty());
    all
}

/// Ticks at the groups, labelled with them while the labels have room.
fn axis(bins: &[Bin], label: &str) -> Axis {
    let room: f64 = bins.iter().map(|b| text_width(&b.label, 11.0) + 10.0).sum();
    let ticks = bins.iter().map(|b| (b.at, b.label.clone())).collect();
    let at = Axis::at(label, ticks);
    if room < 600.0 { at } else { Axis { ticks: Axis::between(label, at.low, at.high, 8).ticks, ..at } }
}
