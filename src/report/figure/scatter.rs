//! One column against another: a point a row of the study, named beside it, with a whisker over its seeds.

use super::spread::Spread;
use super::{Figure, Scene, column_axis, column_words, text};
use crate::record::{Column, FigurePlan};
use crate::report::ReportError;
use crate::report::group::facts;
use crate::report::palette::Look;
use crate::report::plot::{Area, Axis, Panel, Series, figure};

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let (x, y) = (facts(scene.study, text(plan, "x")), facts(scene.study, text(plan, "y")));
    let spread = Spread::of(plan);
    let series: Vec<Series> = scene
        .groups
        .iter()
        .enumerate()
        .filter_map(|(i, group)| {
            let point = (group.value(&x.name)?.mean, group.value(&y.name)?.mean);
            let means: Vec<f64> =
                group.done().filter_map(|r| Some(r.status.as_ref()?.test.get(&y.name)?.mean)).collect();
            let ends = spread.over_seeds(&means).and_then(|(_, ends)| ends);
            let areas = ends.map(|(low, high)| Area::Whisker { at: point.0, low, high }).into_iter().collect();
            let note = group.title.clone();
            Some(Series { areas, note, line: false, markers: true, ..Series::line(Look::nth(i), vec![point]) })
        })
        .collect();
    if series.is_empty() {
        return Ok(Figure::nothing(format!("no finished cell has both `{}` and `{}`", x.name, y.name)));
    }
    let axis = |column: &Column, values: Vec<f64>| {
        let (low, high) = values.iter().fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(*v), h.max(*v)));
        let label = column_axis(column);
        // Costs of small and large networks lie decades apart.
        if low > 0.0 && high / low > 100.0 { Axis::log(&label, values) } else { Axis::over(&label, values, 5) }
    };
    let points = || series.iter().flat_map(|s| &s.points);
    let ends = series.iter().flat_map(|s| &s.areas).flat_map(Area::ends);
    let panel = Panel {
        title: format!("{} against {}", column_words(&y), column_words(&x)),
        x: axis(&x, points().map(|p| p.0).collect()),
        y: axis(&y, points().map(|p| p.1).chain(ends).collect()),
        series: series.clone(),
    };
    let mut caption = format!("{} on the test split, one point a row of the study.", panel.title);
    if series.iter().any(|s| !s.areas.is_empty()) {
        caption.push_str(&format!(" Means over seeds; whiskers: {}.", spread.words()));
    }
    let svg = figure(&[panel], 1, (640.0, 400.0), &[])?;
    Ok(Figure::one(&plan.name, svg.finish("Scatter plot"), caption))
}
