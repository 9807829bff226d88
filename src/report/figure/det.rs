//! Detection error trade-offs: the share of genuine pairs that are rejected against that of impostor pairs that are
//! accepted, both on logarithmic axes (Martin et al. 1997, who take normal deviates), a panel for each dataset.

use super::roc::{Curves, legend, title, told, verifications};
use super::spread::Spread;
use super::{Figure, Scene, text};
use crate::record::FigurePlan;
use crate::report::ReportError;
use crate::report::palette::{GRID, Look, Marker};
use crate::report::plot::{Area, Axis, Panel, Series, figure};

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let (evaluation, spread) = (text(plan, "evaluation"), Spread::of(plan));
    let columns = verifications(scene, evaluation);
    let panels: Vec<Panel> = columns.iter().filter_map(|column| panel(scene, column, spread)).collect();
    if panels.is_empty() {
        return Ok(Figure::nothing(format!("no pairs of `{evaluation}` were recorded on the test split")));
    }
    let size = if panels.len() == 1 { (640.0, 400.0) } else { (540.0, 350.0) };
    let svg = figure(&panels, 2, size, &legend(scene))?;
    let caption = format!(
        "Share of the genuine pairs that are rejected against the share of the impostor pairs that are accepted; left and \
         lower is better. On the thin diagonal both are equal.{}",
        told(scene, spread)
    );
    Ok(Figure::one(&plan.name, svg.finish("Detection error trade-off"), caption))
}

fn panel(scene: &Scene<'_>, column: &str, spread: Spread) -> Option<Panel> {
    let curves: Vec<(usize, Curves)> =
        scene.groups.iter().enumerate().filter_map(|(i, g)| Some((i, Curves::of(g, column)?))).collect();
    let least = curves.iter().map(|(_, c)| c.least).fold(f64::INFINITY, f64::min);
    let fewest = curves.iter().flat_map(|(_, c)| &c.mean).map(|roc| 1.0 / roc.genuine() as f64);
    let lowest = fewest.fold(f64::INFINITY, f64::min);
    if curves.is_empty() {
        return None;
    }
    // A rate of 0 has no place on the axis: a line ends where less than one pair is rejected.
    let seen = |frr: f64| if frr >= lowest * 0.999 { frr } else { f64::NAN };
    let series = |(i, curves): &(usize, Curves)| {
        let points: Vec<_> = Curves::rates(curves.least).into_iter().map(|far| (far, curves.at(far, spread))).collect();
        let inside = |ends: (f64, f64)| ((1.0 - ends.1).max(lowest), (1.0 - ends.0).max(lowest));
        let band: Vec<_> = points.iter().filter_map(|(far, (_, e))| e.map(inside).map(|e| (*far, e.0, e.1))).collect();
        let areas = if band.len() > 1 { vec![Area::Band(band)] } else { vec![] };
        let line = points.into_iter().map(|(far, (tar, _))| (far, seen(1.0 - tar))).collect();
        Series { areas, ..Series::line(Look::nth(*i), line) }
    };
    let equal = Look { colour: GRID, dash: "", marker: Marker::Circle };
    let from = least.max(lowest);
    let mut all = vec![Series::line(equal, vec![(from, from), (1.0, 1.0)])];
    all.extend(curves.iter().map(series));
    let x = Axis::log("false accept rate", [least, 1.0]);
    Some(Panel { title: title(column), x, y: Axis::log("false reject rate", [lowest, 1.0]), series: all })
}
