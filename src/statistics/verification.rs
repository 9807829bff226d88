//! Verification in folds: the threshold that is best on all folds but one judges that one.
//!
//! LFW's view 2 (Huang et al. 2007) as the field evaluates it: distances are squared and Euclidean between unit vectors (0
//! to 4), a pair is accepted where its distance is *below* the threshold, thresholds run over a grid of steps of 0.01 and
//! the first best counts (`insightface/recognition/arcface_torch/eval/verification.py`, `calculate_roc`).

use super::Moments;

/// One pair that was compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// Squared distance of unit vectors, 0 to 4.
    pub distance: f64,
    pub same: bool,
    /// From 0.
    pub fold: usize,
}

impl Trial {
    /// Cosine similarity, -1 to 1.
    pub fn cosine(&self) -> f64 {
        1.0 - self.distance / 2.0
    }
}

/// What folds said.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    /// Threshold that judged each fold, on distances.
    pub thresholds: Vec<f64>,
    /// Share of the pairs of each fold that were judged rightly.
    pub accuracies: Vec<f64>,
    /// Of each pair.
    pub right: Vec<bool>,
}

impl Folded {
    /// Mean and deviation over folds.
    pub fn accuracy(&self) -> Moments {
        Moments::of(&self.accuracies).unwrap_or(Moments { mean: f64::NAN, std: f64::NAN, n: 0 })
    }
}

/// Folds of pairs that have none: contiguous and as equal as can be, the first ones longer (scikit-learn's `KFold`).
pub fn contiguous(pairs: usize, folds: usize) -> impl Iterator<Item = usize> {
    let (each, more) = (pairs / folds.max(1), pairs % folds.max(1));
    (0..folds).flat_map(move |fold| std::iter::repeat_n(fold, each + usize::from(fold < more)))
}

/// Judges every fold by the others. `step` of the thresholds' grid; 0: all that make a difference are tried. `None` where
/// a fold is empty, a distance is no number, or there are fewer than two folds.
pub fn folded(trials: &[Trial], folds: usize, step: f64) -> Option<Folded> {
    let known = trials.iter().all(|t| t.fold < folds && t.distance.is_finite());
    let held = |fold: usize| trials.iter().any(|t| t.fold == fold);
    if folds < 2 || !known || !(0..folds).all(held) {
        return None;
    }
    let mut right = vec![false; trials.len()];
    let (mut thresholds, mut accuracies) = (vec![], vec![]);
    for fold in 0..folds {
        let threshold = best(trials.iter().filter(|t| t.fold != fold), step);
        let (mut of, mut rightly) = (0, 0);
        for (trial, right) in trials.iter().zip(&mut right).filter(|(t, _)| t.fold == fold) {
            *right = (trial.distance < threshold) == trial.same;
            of += 1;
            rightly += usize::from(*right);
        }
        thresholds.push(threshold);
        accuracies.push(rightly as f64 / of as f64);
    }
    Some(Folded { thresholds, accuracies, right })
}

/// The first threshold that judges most pairs rightly.
pub fn best<'t>(trials: impl Iterator<Item = &'t Trial>, step: f64) -> f64 {
    let mut all: Vec<(f64, bool)> = trials.map(|t| (t.distance, t.same)).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let tried: Vec<f64> = match step > 0.0 {
        true => (0..(4.0 / step).ceil() as usize).map(|i| i as f64 * step).collect(),
        false => {
            let between = all.windows(2).filter(|w| w[0].0 < w[1].0).map(|w| (w[0].0 + w[1].0) / 2.0);
            std::iter::once(0.0).chain(between).chain([5.0]).collect()
        }
    };
    // Nothing is accepted at first: right are the impostors.
    let (mut next, mut rightly) = (0, all.iter().filter(|(_, same)| !same).count() as i64);
    let (mut best, mut most) = (0.0, i64::MIN);
    for threshold in tried {
        while let Some((_, same)) = all.get(next).filter(|(distance, _)| *distance < threshold) {
            rightly += if *same { 1 } else { -1 };
            next += 1;
        }
        if rightly > most {
            (best, most) = (threshold, rightly);
        }
    }
    best
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::statistics::numbers;
    use serde_json::Value;

    /// What `tests/parity/verification.py` made.
    pub fn cases() -> Vec<Value> {
        let all: Value = serde_json::from_str(include_str!("../../tests/parity/verification.json")).unwrap();
        all["cases"].as_array().unwrap().clone()
    }

    /// Cosine, kind and fold of each pair.
    pub fn pairs(case: &Value) -> impl Iterator<Item = (f64, bool, usize)> {
        let (same, folds) = (numbers(&case["same"]), numbers(&case["folds"]));
        let scores = numbers(&case["scores"]);
        scores.into_iter().zip(same).zip(folds).map(|((score, same), fold)| (score, same == 1.0, fold as usize))
    }

    #[test]
    fn accuracies_are_those_of_the_reference() {
        for case in cases() {
            let trials: Vec<Trial> = pairs(&case)
                .zip(numbers(&case["distances"]))
                .map(|((_, same, fold), distance)| Trial { distance, same, fold })
                .collect();
            let folds = case["number"].as_u64().unwrap() as usize;
            let folded = folded(&trials, folds, 0.01).unwrap();
            assert_eq!(folded.thresholds, numbers(&case["thresholds"]));
            assert_eq!(folded.accuracies, numbers(&case["accuracies"]));
            let accuracy = folded.accuracy();
            assert!((accuracy.mean - case["accuracy"].as_f64().unwrap()).abs() < 1e-15);
            assert!((accuracy.std - case["deviation"].as_f64().unwrap()).abs() < 1e-15);
            assert_eq!(folded.right.iter().filter(|r| **r).count() as u64, case["right"].as_u64().unwrap());
        }
    }

    #[test]
    fn every_threshold_that_matters_is_tried() {
        let trial = |distance, same| Trial { distance, same, fold: 0 };
        // 1.001 and 1.002 lie in one step of the grid: only the exact threshold parts them.
        let all = [trial(1.001, true), trial(1.002, false), trial(0.4, true), trial(1.4, false)];
        assert!((best(all.iter(), 0.0) - 1.0015).abs() < 1e-12);
        assert_eq!(best(all.iter(), 0.01), 41.0 * 0.01);
        assert_eq!(best([trial(1.0, false)].iter(), 0.01), 0.0, "the first best: nobody is accepted");
    }

    #[test]
    fn folds_are_contiguous_and_none_may_lack() {
        assert_eq!(contiguous(7, 3).collect::<Vec<_>>(), [0, 0, 0, 1, 1, 2, 2]);
        let trial = |fold| Trial { distance: 1.0, same: true, fold };
        assert_eq!(folded(&[trial(0), trial(0)], 2, 0.01), None);
        assert_eq!(folded(&[trial(0), Trial { distance: f64::NAN, ..trial(1) }], 2, 0.01), None);
        assert_eq!(folded(&[trial(0)], 1, 0.01), None);
        assert_eq!(folded(&[trial(0), trial(1)], 2, 0.01).unwrap().accuracies, [1.0, 1.0]);
    }
}
