//! Cumulative distributions of errors: the share of test samples whose error is at most so large, a panel for each error
//! of an evaluation, a line a row of the study (the samples of all its seeds together).

use super::{Figure, Scene, column_axis, column_words, text};
use crate::record::{Column, FigurePlan};
use crate::report::ReportError;
use crate::report::group::{Group, facts, measured};
use crate::report::palette::Look;
use crate::report::plot::{Axis, Panel, Series, figure};

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let evaluation = text(plan, "evaluation");
    let columns = measured(scene.study).into_iter().filter(|name| name.starts_with(&format!("{evaluation}.")));
    let errors = columns.map(|name| facts(scene.study, &name)).filter(|c| c.higher_is_better == Some(false));
    let panels: Vec<Panel> = errors.filter_map(|column| panel(scene, &column)).collect();
    if panels.is_empty() {
        let why = format!("no error of single test samples was kept of `{evaluation}` (columns where lower is better)");
        return Ok(Figure::nothing(why));
    }
    let legend: Vec<(String, Look)> =
        scene.groups.iter().enumerate().map(|(i, g)| (g.title.clone(), Look::nth(i))).collect();
    let svg = figure(&panels, 2, if panels.len() == 1 { (640.0, 340.0) } else { (540.0, 310.0) }, &legend)?;
    let seeds = scene.groups.iter().map(|g| g.done().count()).max().unwrap_or(1);
    let pooled = if seeds > 1 { ", those of all seeds together" } else { "" };
    let caption = format!("Share of the test samples{pooled} whose error is at most so large; higher is better.");
    Ok(Figure::one(&plan.name, svg.finish("Cumulative error distribution"), caption))
}

fn panel(scene: &Scene<'_>, column: &Column) -> Option<Panel> {
    let all: Vec<Vec<f64>> = scene.groups.iter().map(|g| errors(g, &column.name)).collect();
    let most = all.iter().flatten().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return None;
    }
    let line = |(i, errors): (usize, &Vec<f64>)| Series::line(Look::nth(i), steps(errors, most));
    let series = all.iter().enumerate().filter(|(_, e)| !e.is_empty()).map(line).collect();
    let x = Axis::between(&column_axis(column), 0.0, most, 6);
    Some(Panel { title: column_words(column), x, y: Axis::between("share of samples (%)", 0.0, 100.0, 5), series })
}

/// In rising order.
fn errors(group: &Group<'_>, column: &str) -> Vec<f64> {
    let summaries = group.done().filter_map(|r| r.status.as_ref()?.test.get(column));
    let mut all: Vec<f64> =
        summaries.flat_map(|s| s.values.iter().flatten().copied()).filter(|v| v.is_finite()).collect();
    all.sort_by(f64::total_cmp);
    all
}

/// A staircase from 0 to 100 %.
fn steps(errors: &[f64], most: f64) -> Vec<(f64, f64)> {
    let n = errors.len() as f64;
    let mut all = vec![(0.0, 0.0)];
    for (i, error) in errors.iter().enumerate() {
        all.extend([(*error, i as f64 / n * 100.0), (*error, (i + 1) as f64 / n * 100.0)]);
    }
    all.push((most, 100.0));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staircase_rises_at_every_sample() {
        let all = steps(&[1.0, 3.0], 4.0);
        assert_eq!(all, [(0.0, 0.0), (1.0, 0.0), (1.0, 50.0), (3.0, 50.0), (3.0, 100.0), (4.0, 100.0)]);
    }
}
