//! Metrics on the validation split over steps: a panel a column, a line a row of the study with a band over its seeds;
//! the chosen checkpoint of a single seed is ringed.

use super::spread::Spread;
use super::{Figure, Scene, column_axis, column_words, texts};
use crate::record::FigurePlan;
use crate::report::ReportError;
use crate::report::group::{Group, facts};
use crate::report::palette::Look;
use crate::report::plot::{Area, Axis, Panel, Series, figure};
use std::collections::BTreeMap;

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let spread = Spread::of(plan);
    let panels: Vec<Panel> = texts(plan, "columns").iter().filter_map(|c| panel(scene, c, spread)).collect();
    if panels.is_empty() {
        return Ok(Figure::nothing("no evaluation on the validation split was recorded"));
    }
    let legend: Vec<(String, Look)> =
        scene.groups.iter().enumerate().map(|(i, g)| (g.title.clone(), Look::nth(i))).collect();
    let size = if panels.len() == 1 { (640.0, 340.0) } else { (540.0, 310.0) };
    let svg = figure(&panels, 2, size, &legend)?;
    let all = || panels.iter().flat_map(|p| &p.series);
    let seeds = scene.groups.iter().map(|g| g.cells.len()).max().unwrap_or(1);
    let mut caption = String::from("Metrics on the validation split during training.");
    if seeds > 1 {
        caption.push_str(" Means over seeds.");
    }
    if all().any(|s| !s.areas.is_empty()) {
        caption.push_str(&format!(" Bands: {}.", spread.words()));
    }
    if all().any(|s| s.ring.is_some()) {
        caption.push_str(" A ring marks the checkpoint that was chosen.");
    }
    Ok(Figure::one(&plan.name, svg.finish("Metrics over steps"), caption))
}

fn panel(scene: &Scene<'_>, column: &str, spread: Spread) -> Option<Panel> {
    let facts = facts(scene.study, column);
    let series: Vec<Series> = scene
        .groups
        .iter()
        .enumerate()
        .map(|(i, group)| line(group, column, Look::nth(i), spread))
        .filter(|s| !s.points.is_empty())
        .collect();
    if series.is_empty() {
        return None;
    }
    let better = match facts.higher_is_better {
        Some(true) => ", higher is better",
        Some(false) => ", lower is better",
        None => "",
    };
    let values = series.iter().flat_map(|s| {
        let areas = s.areas.iter().flat_map(Area::ends);
        s.points.iter().map(|p| p.1).chain(areas)
    });
    let y = Axis::over(&format!("{}{better}", column_axis(&facts)), values, 5);
    let last = series.iter().flat_map(|s| &s.points).map(|p| p.0).fold(1.0, f64::max);
    Some(Panel { title: column_words(&facts), x: Axis::between("step", 0.0, last * 1.02, 6), y, series })
}

/// Mean over seeds at every evaluated step.
fn line(group: &Group<'_>, column: &str, look: Look, spread: Spread) -> Series {
    let mut steps: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (_, record) in &group.cells {
        for evaluation in record.evaluations().filter(|e| e.split == "validation" && !e.selected) {
            if let Some(summary) = evaluation.columns.get(column) {
                steps.entry(evaluation.total_step).or_default().push(summary.mean);
            }
        }
    }
    let (mut points, mut band) = (vec![], vec![]);
    for (step, all) in &steps {
        let Some((mean, ends)) = spread.over_seeds(all) else { continue };
        points.push((*step as f64, mean));
        band.extend(ends.map(|(low, high)| (*step as f64, low, high)));
    }
    let areas = if band.is_empty() { vec![] } else { vec![Area::Band(band)] };
    let selected = match group.cells.as_slice() {
        [(_, record)] => record.status.as_ref().and_then(|s| s.selected_step),
        _ => None,
    };
    let ring = selected.and_then(|step| points.iter().copied().find(|p| p.0 == step as f64));
    Series { areas, ring, markers: points.len() <= 40, ..Series::line(look, points) }
}
