//! Metrics on the validation split over steps: a panel a column, a line a row of the study, the chosen checkpoint ringed.

use super::{Figure, Scene, texts};
use crate::record::FigurePlan;
use crate::report::ReportError;
use crate::report::group::{Group, facts};
use crate::report::palette::Look;
use crate::report::plot::{Axis, Panel, Series, figure};
use std::collections::BTreeMap;

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let panels: Vec<Panel> = texts(plan, "columns").iter().filter_map(|c| panel(scene, c)).collect();
    if panels.is_empty() {
        return Ok(Figure::nothing("no evaluation on the validation split was recorded"));
    }
    let legend: Vec<(String, Look)> =
        scene.groups.iter().enumerate().map(|(i, g)| (g.title.clone(), Look::nth(i))).collect();
    let size = if panels.len() == 1 { (640.0, 340.0) } else { (540.0, 310.0) };
    let svg = figure(&panels, 2, size, &legend)?;
    let seeds = scene.groups.iter().map(|g| g.cells.len()).max().unwrap_or(1);
    let over = if seeds > 1 { " Means over seeds, bars one standard deviation." } else { "" };
    let caption =
        format!("Metrics on the validation split during training.{over} A ring marks the checkpoint that was chosen.");
    Ok(Figure::one(&plan.name, svg.finish("Metrics over steps"), caption))
}

fn panel(scene: &Scene<'_>, column: &str) -> Option<Panel> {
    let facts = facts(scene.study, column);
    let series: Vec<Series> = scene
        .groups
        .iter()
        .enumerate()
        .map(|(i, group)| line(group, column, Look::nth(i)))
        .filter(|s| !s.points.is_empty())
        .collect();
    if series.is_empty() {
        return None;
    }
    let unit = if facts.unit.is_empty() { String::new() } else { format!(" ({})", facts.unit) };
    let better = match facts.higher_is_better {
        Some(true) => ", higher is better",
        Some(false) => ", lower is better",
        None => "",
    };
    let values = series.iter().flat_map(|s| {
        let bars = s.bars.iter().copied().chain(std::iter::repeat(0.0));
        s.points.iter().zip(bars).flat_map(|(p, b)| [p.1 - b, p.1 + b])
    });
    let y = Axis::over(&format!("{}{unit}{better}", facts.label), values, 5);
    let last = series.iter().flat_map(|s| &s.points).map(|p| p.0).fold(1.0, f64::max);
    Some(Panel { title: column.into(), x: Axis::between("step", 0.0, last * 1.02, 6), y, series })
}

/// Mean over seeds at every evaluated step.
fn line(group: &Group<'_>, column: &str, look: Look) -> Series {
    let mut steps: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (_, record) in &group.cells {
        for evaluation in record.evaluations().filter(|e| e.split == "validation" && !e.selected) {
            if let Some(summary) = evaluation.columns.get(column) {
                steps.entry(evaluation.total_step).or_default().push(summary.mean);
            }
        }
    }
    let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
    let points: Vec<(f64, f64)> = steps.iter().map(|(step, all)| (*step as f64, mean(all))).collect();
    let several = steps.values().any(|all| all.len() > 1);
    let spread = |all: &Vec<f64>| {
        let (m, n) = (mean(all), (all.len() as f64 - 1.0).max(1.0));
        (all.iter().map(|v| (v - m).powi(2)).sum::<f64>() / n).sqrt()
    };
    let bars = if several { steps.values().map(spread).collect() } else { vec![] };
    let selected = match group.cells.as_slice() {
        [(_, record)] => record.status.as_ref().and_then(|s| s.selected_step),
        _ => None,
    };
    let ring = selected.and_then(|step| points.iter().copied().find(|p| p.0 == step as f64));
    Series { bars, ring, markers: points.len() <= 40, ..Series::line(look, points) }
}
