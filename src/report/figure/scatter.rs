//! One column against another: a point a row of the study, named beside it.

use super::{Figure, Scene, text};
use crate::record::{Column, FigurePlan};
use crate::report::ReportError;
use crate::report::group::facts;
use crate::report::palette::Look;
use crate::report::plot::{Axis, Panel, Series, figure};

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let (x, y) = (facts(scene.study, text(plan, "x")), facts(scene.study, text(plan, "y")));
    let series: Vec<Series> = scene
        .groups
        .iter()
        .enumerate()
        .filter_map(|(i, group)| {
            let point = (group.value(&x.name)?.mean, group.value(&y.name)?.mean);
            let note = group.title.clone();
            Some(Series { note, line: false, markers: true, ..Series::line(Look::nth(i), vec![point]) })
        })
        .collect();
    if series.is_empty() {
        return Ok(Figure::nothing(format!("no finished cell has both `{}` and `{}`", x.name, y.name)));
    }
    let axis = |column: &Column, of: fn(&(f64, f64)) -> f64| {
        let unit = if column.unit.is_empty() { String::new() } else { format!(" ({})", column.unit) };
        let part = column.name.rsplit_once('.').map_or(String::new(), |(part, _)| format!("{part}: "));
        let values: Vec<f64> = series.iter().flat_map(|s| &s.points).map(of).collect();
        let (low, high) = values.iter().fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(*v), h.max(*v)));
        let label = format!("{part}{}{unit}", column.label);
        // Costs of small and large networks lie decades apart.
        if low > 0.0 && high / low > 100.0 { Axis::log(&label, values) } else { Axis::over(&label, values, 5) }
    };
    let panel = Panel {
        title: format!("{} against {}", y.name, x.name),
        x: axis(&x, |p| p.0),
        y: axis(&y, |p| p.1),
        series: series.clone(),
    };
    let svg = figure(&[panel], 1, (640.0, 400.0), &[])?;
    let caption = format!("{} on the test split against {}, one point a row of the study.", y.name, x.name);
    Ok(Figure::one(&plan.name, svg.finish("Scatter plot"), caption))
}
