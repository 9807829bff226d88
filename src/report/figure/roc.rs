//! Receiver operating characteristics: the share of genuine pairs that are accepted against that of impostor pairs, a
//! panel for each dataset that a verification reads, a line a row of the study.
//!
//! Of several seeds the mean of their curves at each false accept rate, with a band over seeds; of one seed its own
//! curve, with a band over folds.

use super::spread::Spread;
use super::{Figure, Scene, text};
use crate::record::{FigurePlan, PairScores};
use crate::report::ReportError;
use crate::report::group::Group;
use crate::report::palette::Look;
use crate::report::plot::{Area, Axis, Panel, Series, figure};
use crate::statistics::Roc;

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let (evaluation, spread) = (text(plan, "evaluation"), Spread::of(plan));
    let verifications = verifications(scene, evaluation);
    let panels: Vec<Panel> = verifications.iter().filter_map(|column| panel(scene, column, spread)).collect();
    if panels.is_empty() {
        return Ok(Figure::nothing(format!("no pairs of `{evaluation}` were recorded on the test split")));
    }
    let legend = legend(scene);
    let svg = figure(&panels, 2, if panels.len() == 1 { (640.0, 400.0) } else { (540.0, 350.0) }, &legend)?;
    let caption = format!(
        "Share of the genuine pairs that are accepted against the share of the impostor pairs that are, as the threshold \
         falls; left and higher is better.{}",
        told(scene, spread)
    );
    Ok(Figure::one(&plan.name, svg.finish("Receiver operating characteristic"), caption))
}

/// Rows of the study with their looks.
pub fn legend(scene: &Scene<'_>) -> Vec<(String, Look)> {
    scene.groups.iter().enumerate().map(|(i, g)| (g.title.clone(), Look::nth(i))).collect()
}

/// Columns of an evaluation whose pairs were kept, in order.
pub fn verifications(scene: &Scene<'_>, evaluation: &str) -> Vec<String> {
    let records = scene.groups.iter().flat_map(Group::done);
    let of = |name: &&String| name.split('.').next() == Some(evaluation);
    let names = records.flat_map(|r| r.pairs.verifications.keys()).filter(of).cloned();
    let mut all: Vec<String> = vec![];
    names.for_each(|name| {
        if !all.contains(&name) {
            all.push(name)
        }
    });
    all
}

/// `cfp-fp` of `verification.cfp-fp.accuracy`, `verification` of `verification.accuracy`.
pub fn title(column: &str) -> String {
    let parts: Vec<&str> = column.split('.').collect();
    parts.get(parts.len().saturating_sub(2)).copied().unwrap_or(column).to_owned()
}

/// Pairs of a row's seeds.
pub fn seeds<'a>(group: &Group<'a>, column: &str) -> Vec<&'a PairScores> {
    group.done().filter_map(|record| record.pairs.verifications.get(column)).collect()
}

/// The curve of some of the pairs.
pub fn curve(pairs: &PairScores, wanted: impl Fn(usize) -> bool) -> Option<Roc> {
    let all = pairs.scores.iter().zip(&pairs.same).enumerate().filter(|(i, _)| wanted(*i));
    Roc::new(all.map(|(_, (score, same))| (f64::from(*score), *same == 1)))
}

/// Curves that are averaged: of the seeds, or of the folds of the only one; the mean of one seed is its own curve.
pub struct Curves {
    pub mean: Vec<Roc>,
    pub spread: Vec<Roc>,
    /// The smallest false accept rate that the pairs can tell.
    pub least: f64,
}

impl Curves {
    pub fn of(group: &Group<'_>, column: &str) -> Option<Curves> {
        let seeds = seeds(group, column);
        let mean: Vec<Roc> = seeds.iter().filter_map(|pairs| curve(pairs, |_| true)).collect();
        let least = mean.iter().map(|roc| 1.0 / roc.impostors() as f64).fold(0.0, f64::max);
        let spread = match seeds.as_slice() {
            [one] => {
                let folds = one.folds.iter().max().map_or(0, |most| most + 1);
                (0..folds).filter_map(|fold| curve(one, |i| one.folds[i] == fold)).collect()
            }
            _ => mean.clone(),
        };
        (!mean.is_empty()).then_some(Curves { mean, spread, least })
    }

    /// TAR at a FAR: the mean, and its ends.
    pub fn at(&self, far: f64, spread: Spread) -> (f64, Option<(f64, f64)>) {
        let values = |curves: &[Roc]| curves.iter().map(|roc| roc.tar_between(far)).collect::<Vec<f64>>();
        let mean = values(&self.mean);
        let mean = mean.iter().sum::<f64>() / mean.len() as f64;
        (mean, spread.over_seeds(&values(&self.spread)).and_then(|(_, ends)| ends))
    }

    /// False accept rates from the smallest to 1, evenly on a logarithmic axis.
    pub fn rates(least: f64) -> Vec<f64> {
        let (from, steps) = (least.log10(), 200);
        (0..=steps).map(|i| 10f64.powf(from * f64::from(steps - i) / f64::from(steps))).collect()
    }
}

/// What lines and bands are.
pub fn told(scene: &Scene<'_>, spread: Spread) -> String {
    let seeds = scene.groups.iter().map(|g| g.done().count()).max().unwrap_or(1);
    let ends = match spread {
        Spread::Range => "from the smallest to the largest",
        Spread::Interval => "the 95% interval of the mean",
        Spread::None => return if seeds > 1 { " Means over seeds.".into() } else { String::new() },
    };
    match seeds {
        2.. => format!(" Means over seeds; bands: {ends} of the seeds."),
        _ => format!(" Bands: {ends} of the folds."),
    }
}

fn panel(scene: &Scene<'_>, column: &str, spread: Spread) -> Option<Panel> {
    let curves: Vec<(usize, Curves)> =
        scene.groups.iter().enumerate().filter_map(|(i, g)| Some((i, Curves::of(g, column)?))).collect();
    let least = curves.iter().map(|(_, c)| c.least).fold(f64::INFINITY, f64::min);
    let series = |(i, curves): &(usize, Curves)| {
        let points = Curves::rates(curves.least).into_iter().map(|far| (far, curves.at(far, spread)));
        let points: Vec<_> = points.collect();
        let band: Vec<_> = points.iter().filter_map(|(far, (_, ends))| ends.map(|e| (*far, e.0, e.1))).collect();
        let areas = if band.len() > 1 { vec![Area::Band(band)] } else { vec![] };
        Series { areas, ..Series::line(Look::nth(*i), points.into_iter().map(|(far, (tar, _))| (far, tar)).collect()) }
    };
    let x = Axis::log("false accept rate", [least, 1.0]);
    let y = Axis::between("true accept rate", 0.0, 1.0, 5);
    (!curves.is_empty()).then(|| Panel { title: title(column), x, y, series: curves.iter().map(series).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_averaged_at_the_same_false_accept_rate() {
        let pairs =
            |scores: [f32; 4]| PairScores { scores: scores.to_vec(), same: vec![1, 0, 1, 0], ..PairScores::default() };
        // By hand: perfect, and one impostor above one of the genuine pairs.
        let (perfect, mixed) = (pairs([0.9, 0.1, 0.8, 0.2]), pairs([0.9, 0.5, 0.4, 0.2]));
        let mean: Vec<Roc> = [&perfect, &mixed].map(|p| curve(p, |_| true).unwrap()).into();
        let curves = Curves { spread: mean.clone(), mean, least: 0.5 };
        assert_eq!(curves.at(0.25, Spread::Range), (0.75, Some((0.5, 1.0))));
        assert_eq!(curves.at(0.5, Spread::Range).0, 1.0);
        assert!(curve(&perfect, |i| i == 0).is_none(), "one pair has no curve");
        let rates = Curves::rates(0.01);
        assert!((rates[0] - 0.01).abs() < 1e-12 && (rates[200] - 1.0).abs() < 1e-12);
        assert_eq!(title("verification.cfp-fp.accuracy"), "cfp-fp");
        assert_eq!(title("verification.accuracy"), "verification");
    }
}
