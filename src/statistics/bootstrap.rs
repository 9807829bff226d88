//! The paired bootstrap (Efron and Tibshirani, 1993, chapters 13 and 16): pairs are drawn with replacement, so that a
//! resample keeps both sides of a pair together; interval by percentiles, p-value by how far the resampled means reach
//! over zero.
//!
//! Resample r of n pairs draws from a stream of its own that depends on n and r alone: results are the same in every run
//! and for any number of threads, comparisons of a table share their resamples, and the two orders of a pair mirror each
//! other.

use crate::random::Stream;
use rayon::prelude::*;

/// Resamples of every comparison; the smallest p-value is 2 / (RESAMPLES + 1).
pub const RESAMPLES: usize = 10_000;

/// Of the mean difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// Two-sided.
    pub p: f64,
    /// Ends of the 95% percentile interval.
    pub low: f64,
    pub high: f64,
}

/// One result for each comparison's differences; those of comparisons with as many pairs are resampled together.
pub fn bootstrap(comparisons: &[&[f64]]) -> Vec<Bootstrap> {
    let mut all = vec![Bootstrap { p: 1.0, low: f64::NAN, high: f64::NAN }; comparisons.len()];
    let mut lengths: Vec<usize> = comparisons.iter().map(|d| d.len()).filter(|n| *n > 0).collect();
    lengths.sort_unstable();
    lengths.dedup();
    for n in lengths {
        let alike: Vec<usize> = (0..comparisons.len()).filter(|i| comparisons[*i].len() == n).collect();
        let differences: Vec<&[f64]> = alike.iter().map(|i| comparisons[*i]).collect();
        let stream = Stream::new(0, "bootstrap").fork(n as u64);
        let resamples: Vec<Vec<f64>> =
            (0..RESAMPLES).into_par_iter().map(|r| means(&differences, &stream.fork(r as u64))).collect();
        for (place, index) in alike.into_iter().enumerate() {
            all[index] = judge(resamples.iter().map(|means| means[place]).collect());
        }
    }
    all
}

/// Means of one resample of every comparison, all of the same length.
fn means(differences: &[&[f64]], stream: &Stream) -> Vec<f64> {
    let n = differences[0].len();
    // Half of 64 bits an index; the bias of n / 2^32 is far below what 10,000 resamples can show.
    let below = |half: u64| (((half & 0xffff_ffff) * n as u64) >> 32) as usize;
    let bits = |i: usize| stream.at(i as u64 / 2) >> (32 * (i % 2));
    let drawn: Vec<usize> = (0..n).map(|i| below(bits(i))).collect();
    differences.iter().map(|d| drawn.iter().map(|i| d[*i]).sum::<f64>() / n as f64).collect()
}

fn judge(mut means: Vec<f64>) -> Bootstrap {
    let below = means.iter().filter(|m| **m <= 0.0).count();
    let above = means.iter().filter(|m| **m >= 0.0).count();
    let p = (2.0 * (1 + below.min(above)) as f64 / (means.len() + 1) as f64).min(1.0);
    means.sort_by(f64::total_cmp);
    Bootstrap { p, low: quantile(&means, 0.025), high: quantile(&means, 0.975) }
}

/// Linear between order statistics, as numpy's.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::super::{numbers, parity};
    use super::*;

    #[test]
    fn intervals_are_those_of_the_same_draws_and_near_scipys() {
        let golden = parity();
        for case in golden["bootstrap"].as_array().unwrap() {
            let d = numbers(&case["differences"]);
            let ours = bootstrap(&[&d])[0];
            let at = |key: &str| case[key].as_f64().unwrap();
            let near = |a: f64, b: f64, by: f64| assert!((a - b).abs() <= by, "{}: {a} against {b}", case["name"]);
            near(ours.low, at("low"), 1e-12);
            near(ours.high, at("high"), 1e-12);
            near(ours.p, at("p"), 1e-12);
            // scipy.stats.bootstrap draws other resamples: its ends differ by some percent of the width.
            let width = at("scipy-high") - at("scipy-low");
            near(ours.low, at("scipy-low"), 0.04 * width);
            near(ours.high, at("scipy-high"), 0.04 * width);
        }
    }

    #[test]
    fn the_other_order_is_the_mirror_image_and_company_changes_nothing() {
        let mut stream = Stream::new(4, "pairs");
        let d: Vec<f64> = (0..23).map(|_| stream.normal() + 0.2).collect();
        let back: Vec<f64> = d.iter().map(|v| -v).collect();
        let all = bootstrap(&[&d, &[1.0, 2.0], &back, &[]]);
        assert_eq!(all[0], bootstrap(&[&d])[0]);
        assert_eq!(all[0].p, all[2].p);
        assert!((all[0].low + all[2].high).abs() < 1e-12 && (all[0].high + all[2].low).abs() < 1e-12, "{all:?}");
        assert!(all[3].p == 1.0 && all[3].low.is_nan());
    }

    #[test]
    fn nothing_differs_from_nothing() {
        assert_eq!(bootstrap(&[&[0.0; 9]])[0], Bootstrap { p: 1.0, low: 0.0, high: 0.0 });
        assert_eq!(bootstrap(&[&[0.5; 9]])[0].p, 2.0 / 10_001.0);
    }
}
