//! Losses over steps: for each player one panel of raw values and, where weights change them, one of weighted values
//! beneath. Smoothed lines over the recorded means, all of them; of several seeds their mean, with a band.

use super::spread::Spread;
use super::{Drawing, Figure, Scene, file_name};
use crate::record::{CellRecord, FigurePlan, Term};
use crate::report::ReportError;
use crate::report::palette::Look;
use crate::report::plot::{Area, Axis, Panel, Series, figure};
use std::collections::BTreeMap;

/// Half the smoothing window, as a share of the curve: a fortieth on each side.
const SMOOTHING: usize = 40;
/// Points of a smoothed line; longer curves are averaged in bins first.
const POINTS: usize = 600;

/// One of a term's two values.
type Of = fn(&Term) -> f64;

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let spread = Spread::of(plan);
    let mut out = Figure::default();
    for group in &scene.groups {
        let begun = group.cells.iter().filter(|(_, record)| record.steps().next().is_some());
        let seeds: Vec<(u64, &CellRecord)> = begun.map(|(entry, record)| (entry.seed, record)).collect();
        if seeds.is_empty() {
            continue;
        }
        let records: Vec<&CellRecord> = seeds.iter().map(|(_, record)| *record).collect();
        let (panels, legend) = panels(&records, spread);
        let columns = updates(&records).len();
        let svg = figure(&panels, columns, if columns > 2 { (400.0, 270.0) } else { (540.0, 290.0) }, &legend)?;
        let name = if scene.groups.len() == 1 { String::new() } else { format!("-{}", file_name(&group.title)) };
        let mut caption = caption(&group.title, &seeds, panels.len() > columns, spread);
        if panels.iter().any(cut) {
            caption += " Peaks beyond an axis end at its border.";
        }
        let svg = svg.finish(&format!("Loss curves of {}", group.title));
        out.drawings.push(Drawing { name: format!("{}{name}", plan.name), svg, caption });
    }
    if out.drawings.is_empty() {
        out.note = "no step was recorded".into();
    }
    Ok(out)
}

fn caption(title: &str, seeds: &[(u64, &CellRecord)], weighted: bool, spread: Spread) -> String {
    let of = match seeds {
        [(seed, _)] => format!("seed {seed}"),
        all => format!("mean of {} seeds", all.len()),
    };
    let what = if weighted {
        "raw values above, values as they were minimised (times weight and ramp) beneath."
    } else {
        "raw values; every weight is 1."
    };
    let lines = match (seeds.len(), spread) {
        (1, _) => "Lines are running means, pale lines the recorded means.".to_owned(),
        (_, Spread::None) => "Lines are running means.".to_owned(),
        _ => format!("Lines are running means; bands: {}.", spread.words()),
    };
    format!("Losses of {title}, {of}: {what} {lines}")
}

/// Names of the updates, in order.
fn updates<'a>(records: &[&'a CellRecord]) -> Vec<&'a str> {
    let steps = records.iter().flat_map(|r| r.steps());
    let mut all: Vec<&str> = steps.flat_map(|s| s.updates.keys()).map(String::as_str).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Name and value of every term, of one update or of all.
fn terms<'a>(records: &'a [&CellRecord], update: Option<&'a str>) -> impl Iterator<Item = (&'a str, &'a Term)> {
    let updates = records.iter().flat_map(|r| r.steps()).flat_map(|s| &s.updates);
    let wanted = updates.filter(move |(name, _)| update.is_none_or(|u| u == name.as_str()));
    wanted.flat_map(|(_, u)| u.terms.iter().map(|(name, term)| (name.as_str(), term)))
}

fn panels(records: &[&CellRecord], spread: Spread) -> (Vec<Panel>, Vec<(String, Look)>) {
    let mut names: Vec<&str> = terms(records, None).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    let legend: Vec<(String, Look)> = names.iter().enumerate().map(|(i, n)| (n.to_string(), plain(i))).collect();
    let differs = terms(records, None).any(|(_, t)| t.raw != t.weighted);
    let kinds: &[(&str, Of)] =
        if differs { &[("raw", |t| t.raw), ("weighted", |t| t.weighted)] } else { &[("raw", |t| t.raw)] };
    let mut panels = Vec::new();
    for (kind, value) in kinds {
        for update in updates(records) {
            panels.push(panel(records, update, (kind, *value), &names, spread));
        }
    }
    (panels, legend)
}

/// Solid lines: the raw curve beneath is what a dash would fight with; markers in the legend tell colours apart.
fn plain(i: usize) -> Look {
    Look { dash: if i < 4 { "" } else { Look::nth(i).dash }, ..Look::nth(i) }
}

/// One seed as it was and smoothed; of several the mean of the smoothed curves, with a band.
fn series(records: &[&CellRecord], update: &str, value: Of, name: &str, look: Look, spread: Spread) -> Option<Series> {
    let curve = |record: &&CellRecord| {
        let points = record.steps().filter_map(|s| {
            let term = s.updates.get(update)?.terms.get(name)?;
            Some((s.total_step as f64, value(term)))
        });
        points.collect::<Vec<_>>()
    };
    let curves: Vec<Vec<(f64, f64)>> = records.iter().map(curve).filter(|c| !c.is_empty()).collect();
    let lines: Vec<Vec<(f64, f64)>> = curves.iter().map(|curve| smoothed(&binned(curve))).collect();
    if let ([raw], [line]) = (curves.as_slice(), lines.as_slice()) {
        return Some(Series { raw: raw.clone(), ..Series::line(look, line.clone()) });
    }
    // Steps are positive, so that their bits are in their order.
    let mut steps: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (x, y) in lines.into_iter().flatten() {
        steps.entry(x.to_bits()).or_default().push(y);
    }
    let (mut points, mut band) = (vec![], vec![]);
    for (x, all) in &steps {
        let (x, (mean, ends)) = (f64::from_bits(*x), spread.over_seeds(all)?);
        points.push((x, mean));
        band.extend(ends.map(|(low, high)| (x, low, high)));
    }
    let areas = if band.is_empty() { vec![] } else { vec![Area::Band(band)] };
    (!points.is_empty()).then(|| Series { areas, ..Series::line(look, points) })
}

/// Whether recorded values lie beyond the axis.
fn cut(panel: &Panel) -> bool {
    let seen = panel.y.low..=panel.y.high;
    let beyond = |value: f64| value.is_finite() && !seen.contains(&panel.y.coordinate(value));
    panel.series.iter().flat_map(|s| &s.raw).any(|(_, value)| beyond(*value))
}

fn panel(records: &[&CellRecord], update: &str, (kind, value): (&str, Of), names: &[&str], spread: Spread) -> Panel {
    let of = |(i, name): (usize, &&str)| series(records, update, value, name, plain(i), spread);
    let series: Vec<Series> = names.iter().enumerate().filter_map(of).collect();
    let smooth = || series.iter().flat_map(|s| &s.points).map(|p| p.1).filter(|v| v.is_finite());
    let (low, high) = smooth().fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
    // Two decades on one linear axis would flatten the smaller terms to a line.
    let log = low > 0.0 && high / low > 60.0;
    let label = format!("{kind} loss{}", if log { " (log scale)" } else { "" });
    let y = if log { Axis::log(&label, smooth()) } else { Axis::over(&label, quantiled(&series), 5) };
    let last = records.iter().flat_map(|r| r.steps()).map(|s| s.total_step).max().unwrap_or(1);
    let same = kind == "weighted" && terms(records, Some(update)).all(|(_, t)| t.raw == t.weighted);
    let title = format!("{update}: {kind}{}", if same { " (as raw, all weights are 1)" } else { "" });
    Panel { title, x: Axis::between("step", 0.0, last as f64, 6), y, series }
}

/// Values that the axis must hold: all smoothed ones, and raw ones but for the outermost hundredth.
fn quantiled(series: &[Series]) -> Vec<f64> {
    let mut raw: Vec<f64> = series.iter().flat_map(|s| &s.raw).map(|p| p.1).filter(|v| v.is_finite()).collect();
    raw.sort_by(f64::total_cmp);
    let cut = raw.len() / 100;
    let inner = raw.get(cut..raw.len() - cut).unwrap_or(&[]).to_vec();
    let areas = series.iter().flat_map(|s| &s.areas).flat_map(Area::ends);
    inner.into_iter().chain(areas).chain(series.iter().flat_map(|s| &s.points).map(|p| p.1)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Event, StepRecord, UpdateRecord};

    /// A curve of many steps around 1 with one step of 5.
    fn spiked(at: u64) -> CellRecord {
        let step = |total_step: u64| {
            let raw = if total_step == at { 5.0 } else { 1.0 + 0.1 * (total_step as f64).sin() };
            let terms = [("l1".to_string(), Term { raw, weighted: raw })].into();
            let updates = [("generator".to_string(), UpdateRecord { terms, ..UpdateRecord::default() })].into();
            let (stage, epoch, loading_seconds, step_seconds) = (String::new(), 0.0, 0.0, 0.0);
            Event::Step(StepRecord {
                stage,
                step: total_step,
                total_step,
                epoch,
                updates,
                loading_seconds,
                step_seconds,
            })
        };
        CellRecord { events: (1..=20_000).map(step).collect(), ..CellRecord::default() }
    }

    #[test]
    fn a_peak_of_one_step_in_many_is_drawn() {
        let (panels, legend) = panels(&[&spiked(7_777)], Spread::Interval);
        let series = &panels[0].series[0];
        assert!(series.points.iter().all(|p| p.1 < 1.2), "the running mean hides it");
        assert!(series.raw.contains(&(7_777.0, 5.0)), "the pale line goes up to it");
        assert!(cut(&panels[0]), "the axis is made for what lies beneath it");
        let svg = figure(&panels, 1, (540.0, 290.0), &legend).unwrap().finish("losses");
        assert!(svg.len() < 100_000, "{} bytes", svg.len());
    }
}
