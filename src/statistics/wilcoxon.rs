//! Wilcoxon's signed-rank test of paired differences (Biometrics Bulletin 1, 1945), two-sided, as
//! `scipy.stats.wilcoxon(d, zero_method="wilcox")` does it: zeros are left out; up to 50 differences without ties or
//! zeros, and up to 13 with them, exactly; else by the normal approximation with the variance corrected for ties.

use super::special::normal_upper;

/// What the test says of some differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignedRank {
    /// Sum of the ranks of the positive differences.
    pub plus: f64,
    pub minus: f64,
    /// Two-sided.
    pub p: f64,
    /// Whether `p` is exact.
    pub exact: bool,
    /// Differences that are not 0.
    pub n: usize,
}

impl SignedRank {
    /// Matched-pairs rank-biserial correlation (Kerby, 2014), -1 to 1: the share of rank mass that is positive less the
    /// share that is negative.
    pub fn rank_biserial(&self) -> f64 {
        let all = self.plus + self.minus;
        if all > 0.0 { (self.plus - self.minus) / all } else { 0.0 }
    }
}

/// The test of finite differences. Without one that is not 0 there is nothing to tell apart: p = 1.
pub fn signed_rank(differences: &[f64]) -> SignedRank {
    let mut kept: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    kept.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let n = kept.len();
    // Twice the ranks, so that the mean rank of a tie is whole.
    let (mut doubled, mut ties, mut at) = (Vec::with_capacity(n), 0.0, 0);
    while at < n {
        let end = at + kept[at..].iter().take_while(|d| d.abs() == kept[at].abs()).count();
        doubled.extend(std::iter::repeat_n(at + end + 1, end - at));
        let count = (end - at) as f64;
        ties += count.powi(3) - count;
        at = end;
    }
    let plus2: usize = kept.iter().zip(&doubled).filter(|(d, _)| **d > 0.0).map(|(_, r)| r).sum();
    let all2 = n * (n + 1);
    let plain = ties == 0.0 && n == differences.len();
    let exact = n == 0 || differences.len() <= if plain { 50 } else { 13 };
    let p = if exact { exact_p(&doubled, plus2) } else { normal_p(n as f64, ties, plus2 as f64 / 2.0) };
    SignedRank { plus: plus2 as f64 / 2.0, minus: (all2 - plus2) as f64 / 2.0, p, exact, n }
}

/// Over all 2^n ways to sign the ranks: twice the share of those at least as far on the side of the one seen.
fn exact_p(doubled: &[usize], plus2: usize) -> f64 {
    let all: usize = doubled.iter().sum();
    let mut share = vec![0.0; all + 1];
    share[0] = 1.0;
    let mut reached = 0;
    for rank in doubled {
        reached += rank;
        for sum in (0..=reached).rev() {
            let with = if sum >= *rank { share[sum - rank] } else { 0.0 };
            share[sum] = 0.5 * (share[sum] + with);
        }
    }
    // The distribution is symmetric: the tail below the smaller sum is that above the larger.
    let tail: f64 = share[..=plus2.min(all - plus2)].iter().sum();
    (2.0 * tail).min(1.0)
}

fn normal_p(n: f64, ties: f64, plus: f64) -> f64 {
    let mean = n * (n + 1.0) / 4.0;
    let deviation = ((n * (n + 1.0) * (2.0 * n + 1.0) - ties / 2.0) / 24.0).sqrt();
    (2.0 * normal_upper(((plus - mean) / deviation).abs())).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::super::{numbers, parity};
    use super::*;
    use crate::random::Stream;

    #[test]
    fn p_values_are_scipys() {
        let golden = parity();
        let cases = golden["wilcoxon"].as_array().unwrap();
        assert!(cases.len() > 8);
        for case in cases {
            let ours = signed_rank(&numbers(&case["differences"]));
            let (statistic, p) = (case["statistic"].as_f64().unwrap(), case["p"].as_f64().unwrap());
            assert_eq!(ours.plus.min(ours.minus), statistic, "{}", case["name"]);
            assert!((ours.p - p).abs() <= 1e-10 * p, "{}: {} against {p}", case["name"], ours.p);
            assert!((ours.rank_biserial() - case["r"].as_f64().unwrap()).abs() < 1e-12, "{}", case["name"]);
        }
    }

    #[test]
    fn three_pairs_cannot_be_significant() {
        // 2 of the 2^3 signs are as extreme.
        assert_eq!(signed_rank(&[0.3, 0.1, 0.2]).p, 0.25);
        assert_eq!(signed_rank(&[0.0, 0.0]).p, 1.0);
        assert_eq!(signed_rank(&[]).p, 1.0);
    }

    #[test]
    fn the_other_order_is_the_mirror_image() {
        let mut stream = Stream::new(2, "mirror");
        for n in 1..70 {
            let d: Vec<f64> = (0..n).map(|_| (stream.normal() * 8.0).round() / 4.0 + 0.3 * f64::from(n % 3)).collect();
            let back: Vec<f64> = d.iter().map(|v| -v).collect();
            let (a, b) = (signed_rank(&d), signed_rank(&back));
            assert_eq!((a.p, a.plus, a.minus, a.rank_biserial()), (b.p, b.minus, b.plus, -b.rank_biserial()));
            assert!((0.0..=1.0).contains(&a.p), "{a:?}");
        }
    }
}
