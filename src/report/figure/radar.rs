//! All columns at once: a spoke a column, from the worst row of the study near the middle to the best at the rim, a
//! closed line a row.

use super::{Figure, Scene, column_words, texts};
use crate::record::{Column, FigurePlan};
use crate::report::ReportError;
use crate::report::group::facts;
use crate::report::palette::{FAINT_INK, GRID, Look};
use crate::report::plot::{grouped, legend_lines, write_legend};
use crate::report::svg::{Style, Svg, num, text_width};
use std::f64::consts::TAU;

const WIDTH: f64 = 640.0;
const RADIUS: f64 = 150.0;
/// Where the worst of a column lies, as a share of the radius.
const INNER: f64 = 0.2;

/// A column with its worst and its best value.
struct Spoke {
    column: Column,
    worst: f64,
    best: f64,
}

impl Spoke {
    /// Share of the radius; all rows at the rim where they are the same.
    fn share(&self, value: f64) -> f64 {
        let span = self.best - self.worst;
        if span == 0.0 { 1.0 } else { INNER + (1.0 - INNER) * (value - self.worst) / span }
    }
}

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let spokes: Vec<Spoke> = texts(plan, "columns").iter().filter_map(|name| spoke(scene, name)).collect();
    let rows: Vec<(usize, Vec<f64>)> = scene
        .groups
        .iter()
        .enumerate()
        .filter_map(|(i, group)| {
            let value = |s: &Spoke| group.value(&s.column.name).map(|v| v.mean).filter(|v| v.is_finite());
            Some((i, spokes.iter().map(value).collect::<Option<Vec<f64>>>()?))
        })
        .collect();
    if spokes.len() < 3 || rows.is_empty() {
        return Ok(Figure::nothing("a radar wants three columns, each with a better way, that some row has all of"));
    }
    let legend: Vec<(String, Look)> =
        rows.iter().map(|(i, _)| (scene.groups[*i].title.clone(), Look::nth(*i))).collect();
    let lines = legend_lines(&legend, WIDTH - 24.0);
    let height = 2.0 * RADIUS + 116.0;
    let mut svg = Svg::new(WIDTH, height + 20.0 * lines.len() as f64 + 8.0);
    let middle = (WIDTH / 2.0, height / 2.0);
    frame(&mut svg, middle, &spokes);
    for (i, values) in &rows {
        line(&mut svg, middle, &spokes, values, Look::nth(*i));
    }
    write_legend(&mut svg, &lines, height);
    let caption =
        "Means on the test split; on each spoke the worst row of the study lies near the middle, the best at the \
                   rim, whichever way is better: how far apart they are is written there, and not to be read off areas."
            .into();
    Ok(Figure::one(&plan.name, svg.finish("Radar"), caption))
}

/// `None` where no row has the column or no way is better.
fn spoke(scene: &Scene<'_>, name: &str) -> Option<Spoke> {
    let column = facts(scene.study, name);
    let higher = column.higher_is_better?;
    let values = scene.groups.iter().filter_map(|g| g.value(name)).map(|v| v.mean).filter(|v| v.is_finite());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let (worst, best) = if higher { (low, high) } else { (high, low) };
    (low <= high).then_some(Spoke { column, worst, best })
}

fn at(middle: (f64, f64), spoke: usize, of: usize, share: f64) -> (f64, f64) {
    let angle = TAU * spoke as f64 / of as f64 - TAU / 4.0;
    (middle.0 + angle.cos() * RADIUS * share, middle.1 + angle.sin() * RADIUS * share)
}

fn polygon(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{},{}", num(*x), num(*y))).collect::<Vec<_>>().join(" ")
}

fn frame(svg: &mut Svg, middle: (f64, f64), spokes: &[Spoke]) {
    let n = spokes.len();
    for ring in 0..=4 {
        let share = INNER + (1.0 - INNER) * f64::from(ring) / 4.0;
        let points: Vec<_> = (0..n).map(|i| at(middle, i, n, share)).collect();
        svg.put(format_args!(r#"<polygon points="{}" fill="none" stroke="{GRID}"/>"#, polygon(&points)));
    }
    for (i, spoke) in spokes.iter().enumerate() {
        let ((x, y), (tx, ty)) = (at(middle, i, n, 1.0), at(middle, i, n, 1.0 + 14.0 / RADIUS));
        svg.line([middle.0, middle.1, x, y], &format!(r#"stroke="{GRID}""#));
        let side = tx - middle.0;
        let name = column_words(&spoke.column);
        let unit = if spoke.column.unit.is_empty() { String::new() } else { format!(" {}", spoke.column.unit) };
        let decimals = spoke.column.decimals;
        let ends = format!("{} to {}{unit}", grouped(spoke.worst, decimals), grouped(spoke.best, decimals));
        let width = text_width(&name, 12.0).max(text_width(&ends, 11.0));
        // Beside the rim, but never beyond the picture.
        let half = width / 2.0 + 4.0;
        let centre = match side {
            s if s > 20.0 => tx + half,
            s if s < -20.0 => tx - half,
            _ => tx,
        };
        let centre = centre.clamp(half, WIDTH - half);
        let lift = if ty < middle.1 - RADIUS * 0.9 {
            -16.0
        } else if ty > middle.1 + RADIUS * 0.7 {
            12.0
        } else {
            0.0
        };
        svg.text(centre, ty + lift, &name, Style::sized(12.0).middle());
        svg.text(centre, ty + lift + 15.0, &ends, Style::sized(11.0).middle().fill(FAINT_INK));
    }
}

fn line(svg: &mut Svg, middle: (f64, f64), spokes: &[Spoke], values: &[f64], look: Look) {
    let n = spokes.len();
    let points: Vec<(f64, f64)> =
        spokes.iter().zip(values).enumerate().map(|(i, (s, v))| at(middle, i, n, s.share(*v))).collect();
    let dash = if look.dash.is_empty() { String::new() } else { format!(r#" stroke-dasharray="{}""#, look.dash) };
    svg.put(format_args!(
        r#"<polygon points="{}" fill="{c}" fill-opacity="0.07" stroke="{c}" stroke-width="1.8"{dash}/>"#,
        polygon(&points),
        c = look.colour
    ));
    points.iter().for_each(|p| svg.marker(*p, look.marker, look.colour));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_is_always_outward() {
        let spoke = |worst, best| Spoke { column: Column::default(), worst, best };
        assert!((spoke(0.2, 0.1).share(0.1) - 1.0).abs() < 1e-12 && spoke(0.2, 0.1).share(0.2) == INNER);
        assert!((spoke(10.0, 20.0).share(15.0) - 0.6).abs() < 1e-12);
        assert_eq!(spoke(3.0, 3.0).share(3.0), 1.0);
    }
}
