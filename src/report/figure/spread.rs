//! What is shown round a mean: how far the seeds of a row lie apart, or how sure the mean of one seed is.

use super::text;
use crate::record::FigurePlan;
use crate::statistics::{Moments, mean_interval};

/// The setting `spread`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Smallest to largest.
    Range,
    /// 95% interval of the mean.
    Interval,
    None,
}

impl Spread {
    pub fn of(plan: &FigurePlan) -> Self {
        match text(plan, "spread") {
            "interval" => Spread::Interval,
            "none" => Spread::None,
            _ => Spread::Range,
        }
    }

    /// Mean of the seeds' values, and its ends where there are several.
    pub fn over_seeds(self, values: &[f64]) -> Option<(f64, Option<(f64, f64)>)> {
        let Moments { mean, std, n } = Moments::of(values)?;
        let ends = match self {
            _ if n < 2 => None,
            Spread::Range => Some(values.iter().fold((mean, mean), |(low, high), v| (low.min(*v), high.max(*v)))),
            Spread::Interval => mean_interval(mean, std, n as u64),
            Spread::None => None,
        };
        Some((mean, ends))
    }

    /// Ends of the mean over `n` samples of one seed.
    pub fn over_samples(self, mean: f64, std: f64, n: u64) -> Option<(f64, f64)> {
        if self == Spread::None { None } else { mean_interval(mean, std, n) }
    }

    /// What the ends over seeds are.
    pub fn words(self) -> &'static str {
        match self {
            Spread::Range => "from the smallest to the largest of the seeds",
            Spread::Interval => "the 95% interval of the mean over seeds (Student's t)",
            Spread::None => "nothing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_has_no_spread_and_three_have_two_kinds() {
        assert_eq!(Spread::Range.over_seeds(&[4.0]), Some((4.0, None)));
        assert_eq!(Spread::Range.over_seeds(&[]), None);
        assert_eq!(Spread::Range.over_seeds(&[1.0, 2.0, 6.0]), Some((3.0, Some((1.0, 6.0)))));
        // scipy.stats.t.interval(0.95, 2, loc=2, scale=1/sqrt(3)) of 1, 2, 3: -0.484138, 4.484138.
        let (low, high) = Spread::Interval.over_seeds(&[1.0, 2.0, 3.0]).and_then(|s| s.1).unwrap();
        assert!((low + 0.484138).abs() < 1e-5 && (high - 4.484138).abs() < 1e-5, "{low} {high}");
        assert_eq!(Spread::None.over_seeds(&[1.0, 2.0]), Some((1.5, None)));
    }
}
