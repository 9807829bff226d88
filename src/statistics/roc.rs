//! The receiver operating characteristic of scores of genuine and impostor pairs, and what is read off it.
//!
//! A pair is accepted where its score is at least the threshold. FAR is the share of impostor pairs that are accepted,
//! TAR that of genuine ones; FRR is 1 - TAR. Values are scikit-learn's (`tests/parity/verification.py`).

/// Counts at one threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operating {
    /// The lowest score that is accepted; infinite where none is.
    pub threshold: f64,
    pub impostors: usize,
    pub genuine: usize,
}

/// Every operating point, from nothing accepted to everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Roc {
    points: Vec<Operating>,
}

impl Roc {
    /// `pairs`: score, and whether it is genuine. `None` where one kind is missing or a score is no number.
    pub fn new(pairs: impl IntoIterator<Item = (f64, bool)>) -> Option<Roc> {
        let mut pairs: Vec<(f64, bool)> = pairs.into_iter().collect();
        if pairs.iter().any(|(score, _)| !score.is_finite()) {
            return None;
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut points = vec![Operating { threshold: f64::INFINITY, impostors: 0, genuine: 0 }];
        let (mut impostors, mut genuine) = (0, 0);
        for (i, (score, same)) in pairs.iter().enumerate() {
            if *same {
                genuine += 1
            } else {
                impostors += 1
            }
            // Equal scores are accepted together.
            if pairs.get(i + 1).is_none_or(|next| next.0 != *score) {
                points.push(Operating { threshold: *score, impostors, genuine });
            }
        }
        (impostors > 0 && genuine > 0).then_some(Roc { points })
    }

    pub fn impostors(&self) -> usize {
        self.points.last().map_or(0, |p| p.impostors)
    }

    pub fn genuine(&self) -> usize {
        self.points.last().map_or(0, |p| p.genuine)
    }

    pub fn points(&self) -> &[Operating] {
        &self.points
    }

    /// FAR and TAR at every threshold, both rising from 0 to 1.
    pub fn rates(&self) -> impl Iterator<Item = (f64, f64)> {
        let (impostors, genuine) = (self.impostors() as f64, self.genuine() as f64);
        self.points.iter().map(move |p| (p.impostors as f64 / impostors, p.genuine as f64 / genuine))
    }

    /// Area under the curve: the share of genuine and impostor pairs that are in order, equal scores counted half.
    pub fn auc(&self) -> f64 {
        let area = |pair: &[Operating]| {
            let (low, high) = (pair[0], pair[1]);
            // Twice the trapezium, in whole numbers.
            ((high.impostors - low.impostors) as u128) * ((high.genuine + low.genuine) as u128)
        };
        let twice: u128 = self.points.windows(2).map(area).sum();
        twice as f64 / (2.0 * self.impostors() as f64 * self.genuine() as f64)
    }

    /// The rate at which FAR and FRR are equal, on straight lines between the points.
    pub fn eer(&self) -> f64 {
        let all: Vec<(f64, f64)> = self.rates().map(|(far, tar)| (far, 1.0 - tar)).collect();
        let Some(i) = all.iter().position(|(far, frr)| far >= frr) else { return 1.0 };
        let Some(before) = i.checked_sub(1).map(|k| all[k]) else { return all[i].0 };
        let (gap, step) = (before.1 - before.0, (all[i].0 - before.0) - (all[i].1 - before.1));
        before.0 + (all[i].0 - before.0) * (gap / step)
    }

    /// The highest TAR whose FAR does not go past `far`; `None` where the impostor pairs are too few to tell (less than
    /// one of them may be accepted).
    pub fn tar_at(&self, far: f64) -> Option<f64> {
        let most = far * self.impostors() as f64 * (1.0 + 1e-12);
        let allowed = self.points.iter().take_while(|p| p.impostors as f64 <= most);
        let genuine = allowed.map(|p| p.genuine).max()?;
        (most >= 1.0).then(|| genuine as f64 / self.genuine() as f64)
    }

    /// TAR at a FAR, on straight lines between the points: what curves of several folds are averaged by.
    pub fn tar_between(&self, far: f64) -> f64 {
        let mut last = (0.0, 0.0);
        for point in self.rates() {
            if point.0 > far {
                let share = (far - last.0) / (point.0 - last.0);
                return last.1 + share * (point.1 - last.1);
            }
            last = point;
        }
        last.1
    }
}

#[cfg(test)]
mod tests {
    use super::super::verification::tests::{cases, pairs};
    use super::*;
    use crate::statistics::numbers;

    #[test]
    fn areas_and_rates_are_scikit_learns() {
        for case in cases() {
            let roc = Roc::new(pairs(&case).map(|(score, same, _)| (score, same))).unwrap();
            let near = |ours: f64, key: &str| {
                let theirs = case[key].as_f64().unwrap();
                assert!((ours - theirs).abs() < 1e-12, "{key}: {ours} against {theirs}");
            };
            near(roc.auc(), "auc");
            near(roc.eer(), "eer");
            for (i, (far, theirs)) in
                [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6].into_iter().zip(case["tar"].as_array().unwrap()).enumerate()
            {
                assert_eq!(roc.tar_at(far), theirs.as_f64(), "TAR at 1e-{}", i + 1);
            }
            let (far, tar): (Vec<f64>, Vec<f64>) = roc.rates().unzip();
            assert_eq!((far, tar), (numbers(&case["fpr"]), numbers(&case["tpr"])));
        }
    }

    #[test]
    fn a_kind_that_is_missing_has_no_curve() {
        assert_eq!(Roc::new([(0.5, true), (0.2, true)]), None);
        assert_eq!(Roc::new([(f64::NAN, true), (0.2, false)]), None);
        let perfect = Roc::new([(0.9, true), (0.2, false)]).unwrap();
        assert_eq!((perfect.auc(), perfect.eer(), perfect.tar_at(1.0)), (1.0, 0.0, Some(1.0)));
        // One impostor pair tells nothing of a FAR of 0.5.
        assert_eq!(perfect.tar_at(0.5), None);
        let backwards = Roc::new([(0.1, true), (0.2, false)]).unwrap();
        assert_eq!((backwards.auc(), backwards.eer()), (0.0, 1.0));
        assert_eq!(perfect.tar_between(0.5), 1.0);
    }
}
