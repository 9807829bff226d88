//! Losses over steps: for each player one panel of raw values and, where weights change them, one of weighted values
//! beneath. Smoothed lines over the recorded means.

use super::{Drawing, Figure, Scene, file_name};
use crate::record::{CellRecord, FigurePlan, Term};
use crate::report::ReportError;
use crate::report::palette::Look;
use crate::report::plot::{Axis, Panel, Series, figure};

/// Half the smoothing window, as a share of the curve: a fortieth on each side.
const SMOOTHING: usize = 40;
/// Points of a curve that are drawn; longer ones are averaged in bins.
const POINTS: usize = 600;

/// One of a term's two values.
type Of = fn(&Term) -> f64;

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let mut out = Figure::default();
    for group in &scene.groups {
        let Some(record) = group.shown().filter(|r| r.steps().next().is_some()) else { continue };
        let (panels, legend) = panels(record);
        let columns = updates(record).len();
        let svg = figure(&panels, columns, if columns > 2 { (400.0, 270.0) } else { (540.0, 290.0) }, &legend)?;
        let name = if scene.groups.len() == 1 { String::new() } else { format!("-{}", file_name(&group.title)) };
        let seed = record.status.as_ref().map_or(0, |s| s.seed);
        let mut caption = format!("Losses of {}, seed {seed}: ", group.title);
        caption.push_str(if panels.len() > columns {
            "raw values above, values as they were minimised (times weight and ramp) beneath."
        } else {
            "raw values; every weight is 1."
        });
        caption.push_str(" Lines are running means, pale lines the recorded means.");
        out.drawings.push(Drawing {
            name: format!("{}{name}", plan.name),
            svg: svg.finish(&format!("Loss curves of {}", group.title)),
            caption,
        });
    }
    if out.drawings.is_empty() {
        out.note = "no step was recorded".into();
    }
    Ok(out)
}

/// Names of the updates, in order.
fn updates(record: &CellRecord) -> Vec<&str> {
    let mut all: Vec<&str> = record.steps().flat_map(|s| s.updates.keys()).map(String::as_str).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn terms<'a>(record: &'a CellRecord, update: &'a str) -> impl Iterator<Item = &'a Term> {
    record.steps().filter_map(move |s| s.updates.get(update)).flat_map(|u| u.terms.values())
}

fn panels(record: &CellRecord) -> (Vec<Panel>, Vec<(String, Look)>) {
    let mut names: Vec<&str> =
        record.steps().flat_map(|s| s.updates.values()).flat_map(|u| u.terms.keys()).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let legend: Vec<(String, Look)> = names.iter().enumerate().map(|(i, n)| (n.to_string(), plain(i))).collect();
    let weighted = record.steps().flat_map(|s| s.updates.values()).flat_map(|u| u.terms.values());
    let differs = weighted.into_iter().any(|t| t.raw != t.weighted);
    let kinds: &[(&str, Of)] =
        if differs { &[("raw", |t| t.raw), ("weighted", |t| t.weighted)] } else { &[("raw", |t| t.raw)] };
    let mut panels = Vec::new();
    for (kind, value) in kinds {
        for update in updates(record) {
            panels.push(panel(record, update, kind, *value, &names));
        }
    }
    (panels, legend)
}

/// Solid lines: the raw curve beneath is what a dash would fight with; markers in the legend tell colours apart.
fn plain(i: usize) -> Look {
    Look { dash: if i < 4 { "" } else { Look::nth(i).dash }, ..Look::nth(i) }
}

fn panel(record: &CellRecord, update: &str, kind: &str, value: Of, names: &[&str]) -> Panel {
    let series: Vec<Series> = names
        .iter()
        .enumerate()
        .filter_map(|(i, name)| {
            let raw: Vec<(f64, f64)> = record
                .steps()
                .filter_map(|s| {
                    let term = s.updates.get(update)?.terms.get(*name)?;
                    Some((s.total_step as f64, value(term)))
                })
                .collect();
            let raw = binned(&raw);
            (!raw.is_empty()).then(|| Series { raw: raw.clone(), ..Series::line(plain(i), smoothed(&raw)) })
        })
        .collect();
    let smooth = || series.iter().flat_map(|s| &s.points).map(|p| p.1).filter(|v| v.is_finite());
    let (low, high) = smooth().fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
    // Two decades on one linear axis would flatten the smaller terms to a line.
    let log = low > 0.0 && high / low > 60.0;
    let label = format!("{kind} loss{}", if log { " (log scale)" } else { "" });
    let y = if log { Axis::log(&label, smooth()) } else { Axis::over(&label, quantiled(&series), 5) };
    let last = record.steps().map(|s| s.total_step).max().unwrap_or(1);
    let same = kind == "weighted" && terms(record, update).all(|t| t.raw == t.weighted);
    let title = format!("{update}: {kind}{}", if same { " (as raw, all weights are 1)" } else { "" });
    Panel { title, x: Axis::between("step", 0.0, last as f64, 6), y, series }
}

/// Values that the axis must hold: all smoothed ones, and raw ones but for the outermost hundredth.
fn quantiled(series: &[Series]) -> Vec<f64> {
    let mut raw: Vec<f64> = series.iter().flat_map(|s| &s.raw).map(|p| p.1).filter(|v| v.is_finite()).collect();
    raw.sort_by(f64::total_cmp);
    let cut = raw.len() / 100;
    let inner = raw.get(cut..raw.len() - cut).unwrap_or(&[]).to_vec();
    inner.into_iter().chain(series.iter().flat_map(|s| &s.points).map(|p| p.1)).collect()
}

fn binned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let size = points.len().div_ceil(POINTS).max(1);
    points.chunks(size).map(mean).collect()
}

fn mean(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len().max(1) as f64;
    let sum = points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
    (sum.0 / n, sum.1 / n)
}

/// Centred running mean, over what there is of the window at both ends.
fn smoothed(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let half = points.len() / SMOOTHING;
    (0..points.len())
        .map(|i| {
            let window = i.saturating_sub(half)..(i + half + 1).min(points.len());
            (points[i].0, mean(&points[window]).1)
        })
        .collect()
}
