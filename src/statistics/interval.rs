//! Mean, standard deviation and Student's t: intervals of a mean, the paired t test.

use super::special::{student_critical, student_two_sided};

/// Mean, standard deviation (n - 1) and count of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    pub mean: f64,
    /// 0 of one value.
    pub std: f64,
    pub n: usize,
}

impl Moments {
    /// `None` of no values.
    pub fn of(values: &[f64]) -> Option<Moments> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        Some(Moments { mean, std: if n > 1 { (squares / (n - 1) as f64).sqrt() } else { 0.0 }, n })
    }
}

/// 95% interval of a mean by Student's t; `None` of fewer than two values, and where they do not vary.
pub fn mean_interval(mean: f64, std: f64, n: u64) -> Option<(f64, f64)> {
    if n < 2 || !mean.is_finite() || !std.is_finite() || std == 0.0 {
        return None;
    }
    let half = student_critical(0.05, (n - 1) as f64) * std / (n as f64).sqrt();
    Some((mean - half, mean + half))
}

/// Two-sided p-value of the paired t test of differences; `None` of fewer than two. Differences that are all the same
/// have no deviation to measure by: 1 where they are 0, else 0.
pub fn paired_t(differences: &[f64]) -> Option<f64> {
    let Moments { mean, std, n } = Moments::of(differences).filter(|m| m.n > 1)?;
    if std == 0.0 {
        return Some(if mean == 0.0 { 1.0 } else { 0.0 });
    }
    Some(student_two_sided(mean / (std / (n as f64).sqrt()), (n - 1) as f64))
}

#[cfg(test)]
mod tests {
    use super::super::{numbers, parity};
    use super::*;

    #[test]
    fn moments_intervals_and_t_are_scipys() {
        let golden = parity();
        for case in golden["samples"].as_array().unwrap() {
            let values = numbers(&case["values"]);
            let moments = Moments::of(&values).unwrap();
            let near = |ours: f64, key: &str| {
                let scipys = case[key].as_f64().unwrap();
                assert!((ours - scipys).abs() <= 1e-10 * scipys.abs().max(1e-3), "{key}: {ours} against {scipys}");
            };
            near(moments.mean, "mean");
            near(moments.std, "std");
            let (low, high) = mean_interval(moments.mean, moments.std, moments.n as u64).unwrap();
            near(low, "low");
            near(high, "high");
            near(paired_t(&values).unwrap(), "t-p");
        }
    }

    #[test]
    fn what_has_no_deviation_has_no_interval() {
        assert_eq!(Moments::of(&[]), None);
        assert_eq!(mean_interval(1.0, 0.0, 1), None);
        assert_eq!(mean_interval(f64::NAN, 1.0, 5), None);
        assert_eq!(mean_interval(1.0, 0.0, 5), None);
        assert_eq!((paired_t(&[0.5]), paired_t(&[0.0, 0.0]), paired_t(&[0.5, 0.5])), (None, Some(1.0), Some(0.0)));
    }
}
