//! Scores of genuine and of impostor pairs, a panel a row of the study and verification, with the threshold that judged
//! them.

use super::roc::{seeds, title, verifications};
use super::{Figure, Scene, text};
use crate::record::{FigurePlan, PairScores};
use crate::report::ReportError;
use crate::report::palette::{FAINT_INK, Look, Marker};
use crate::report::plot::{Area, Axis, Panel, Series, figure};

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let evaluation = text(plan, "evaluation");
    let bins = plan.settings.get("bins").and_then(serde_json::Value::as_u64).unwrap_or(40).max(1) as usize;
    let mut panels = vec![];
    for column in verifications(scene, evaluation) {
        let all: Vec<Vec<&PairScores>> = scene.groups.iter().map(|g| seeds(g, &column)).collect();
        let scores = || all.iter().flatten().flat_map(|p| &p.scores).map(|s| f64::from(*s));
        let (low, high) = scores().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), s| (l.min(s), h.max(s)));
        for (group, pairs) in scene.groups.iter().zip(&all).filter(|(_, pairs)| !pairs.is_empty()) {
            let title = match scene.groups.len() {
                1 => title(&column),
                _ => format!("{}, {}", title(&column), group.title),
            };
            panels.push(panel(title, pairs, (low, high.max(low + 1e-6)), bins));
        }
    }
    if panels.is_empty() {
        return Ok(Figure::nothing(format!("no pairs of `{evaluation}` were recorded on the test split")));
    }
    let legend = [
        ("genuine pairs".to_string(), kind(true)),
        ("impostor pairs".into(), kind(false)),
        ("threshold".into(), line()),
    ];
    let svg = figure(&panels, 2, if panels.len() == 1 { (640.0, 340.0) } else { (540.0, 310.0) }, &legend)?;
    let seeds = scene.groups.iter().map(|g| g.done().count()).max().unwrap_or(1);
    let pooled = if seeds > 1 { ", those of all seeds together" } else { "" };
    let caption = format!(
        "Shares of the test pairs{pooled} by cosine similarity, of each kind by itself. Dashed: the mean of the thresholds \
         that judged the folds."
    );
    Ok(Figure::one(&plan.name, svg.finish("Score histogram"), caption))
}

fn kind(same: bool) -> Look {
    Look { dash: "", ..Look::nth(usize::from(!same)) }
}

fn line() -> Look {
    Look { colour: FAINT_INK, dash: "5 3", marker: Marker::Circle }
}

fn panel(title: String, pairs: &[&PairScores], (low, high): (f64, f64), bins: usize) -> Panel {
    let shares = |same: bool| {
        let all = pairs.iter().flat_map(|p| p.scores.iter().zip(&p.same));
        let scores: Vec<f64> = all.filter(|(_, s)| (**s == 1) == same).map(|(score, _)| f64::from(*score)).collect();
        histogram(&scores, (low, high), bins)
    };
    let both = [shares(true), shares(false)];
    let most = both.iter().flatten().copied().fold(0.0, f64::max);
    let place = |i: usize| low + (high - low) * i as f64 / bins as f64;
    let series = |same: bool, shares: &[f64]| {
        let stairs: Vec<(f64, f64)> =
            shares.iter().enumerate().flat_map(|(i, share)| [(place(i), *share), (place(i + 1), *share)]).collect();
        let area = Area::Band(stairs.iter().map(|(x, y)| (*x, 0.0, *y)).collect());
        Series { areas: vec![area], ..Series::line(kind(same), stairs) }
    };
    let mut all = vec![series(true, &both[0]), series(false, &both[1])];
    let thresholds: Vec<f64> = pairs.iter().flat_map(|p| p.thresholds.clone()).collect();
    if !thresholds.is_empty() {
        let at = thresholds.iter().sum::<f64>() / thresholds.len() as f64;
        all.push(Series::line(line(), vec![(at, 0.0), (at, most * 1.05)]));
    }
    let x = Axis::between("cosine similarity", low, high, 6);
    Panel { title, x, y: Axis::between("share of pairs (%)", 0.0, most * 1.05, 5), series: all }
}

/// Percent of the scores in each of equal bins, the last closed.
fn histogram(scores: &[f64], (low, high): (f64, f64), bins: usize) -> Vec<f64> {
    let mut counts = vec![0.0; bins];
    for score in scores {
        let place = ((score - low) / (high - low) * bins as f64).max(0.0) as usize;
        counts[place.min(bins - 1)] += 100.0 / scores.len() as f64;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_is_in_one_bin() {
        assert_eq!(histogram(&[0.0, 0.1, 0.5, 1.0], (0.0, 1.0), 4), [50.0, 0.0, 25.0, 25.0]);
        assert_eq!(histogram(&[], (0.0, 1.0), 2), [0.0, 0.0]);
    }
}
