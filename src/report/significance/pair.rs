//! One comparison: two rows, one column.

use super::LEVEL;
use crate::record::{Column, Summary};
use crate::statistics::{Bootstrap, Moments, SignedRank, mean_interval, paired_t, signed_rank};
use std::collections::BTreeMap;

/// What the finished cells of a row measured, by seed.
pub type Side<'a> = BTreeMap<u64, &'a Summary>;

/// Two sides, paired: differences are the row's value less the other's.
#[derive(Clone, Debug, PartialEq)]
pub struct Paired {
    /// Seeds that both have, in order.
    pub seeds: Vec<u64>,
    /// Seeds that only the row has, that only the other has.
    pub alone: [Vec<u64>; 2],
    /// Mean difference of each shared seed.
    pub by_seed: Vec<f64>,
    /// Difference of each test sample that both measured, averaged over the shared seeds that measured it; empty where
    /// values of single samples were not kept, or the sides measured different numbers of them.
    pub by_sample: Vec<f64>,
}

impl Paired {
    /// `None` where no seed is shared.
    pub fn new(row: &Side<'_>, against: &Side<'_>) -> Option<Paired> {
        let both: Vec<(u64, &Summary, &Summary)> =
            row.iter().filter_map(|(seed, a)| Some((*seed, *a, *against.get(seed)?))).collect();
        let samples = both.first()?.1.values.len();
        let alike = both.iter().all(|(_, a, b)| a.values.len() == samples && b.values.len() == samples);
        let difference = |a: &Summary, b: &Summary, i: usize| {
            let difference = a.values[i]? - b.values[i]?;
            difference.is_finite().then_some(difference)
        };
        let mean = |values: Vec<f64>| Moments::of(&values).map(|m| m.mean);
        let kept = if alike { samples } else { 0 };
        let over_seeds = |i| mean(both.iter().filter_map(|(_, a, b)| difference(a, b, i)).collect());
        let over_samples = |a: &Summary, b: &Summary| mean((0..kept).filter_map(|i| difference(a, b, i)).collect());
        let only = |one: &Side<'_>, other: &Side<'_>| one.keys().filter(|s| !other.contains_key(s)).copied().collect();
        Some(Paired {
            seeds: both.iter().map(|b| b.0).collect(),
            alone: [only(row, against), only(against, row)],
            by_seed: both.iter().map(|(_, a, b)| over_samples(a, b).unwrap_or(a.mean - b.mean)).collect(),
            by_sample: (0..kept).filter_map(over_seeds).collect(),
        })
    }
}

/// What a comparison shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Better,
    Worse,
    /// Significantly higher or lower, in a column where no way is better.
    Higher,
    Lower,
    NotShown,
}

impl Verdict {
    pub fn significant(self) -> bool {
        self != Verdict::NotShown
    }

    /// Of the other side.
    pub fn turned(self) -> Self {
        match self {
            Verdict::Better => Verdict::Worse,
            Verdict::Worse => Verdict::Better,
            Verdict::Higher => Verdict::Lower,
            Verdict::Lower => Verdict::Higher,
            Verdict::NotShown => Verdict::NotShown,
        }
    }

    pub fn text(self) -> &'static str {
        match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Higher => "higher",
            Verdict::Lower => "lower",
            Verdict::NotShown => "not significant",
        }
    }
}

/// Two rows compared in a column; numbers over samples are absent where there are none.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Groups of the study.
    pub row: usize,
    pub against: usize,
    pub column: Column,
    pub paired: Paired,
    pub ranks: Option<SignedRank>,
    /// Of the differences of samples.
    pub moments: Option<Moments>,
    pub bootstrap: Option<Bootstrap>,
    /// p of the signed ranks, corrected.
    pub holm: Option<f64>,
    /// Over the seeds' means: the interval and p of Student's t, the exact p of signed ranks.
    pub seeds_interval: Option<(f64, f64)>,
    pub seeds_t: Option<f64>,
    pub seeds_exact: f64,
}

/// All but what the other comparisons decide too.
pub fn compare((row, against): (usize, usize), column: &Column, paired: Paired) -> Comparison {
    let moments = Moments::of(&paired.by_sample);
    let seeds = Moments::of(&paired.by_seed);
    Comparison {
        row,
        against,
        column: column.clone(),
        ranks: moments.map(|_| signed_rank(&paired.by_sample)),
        moments,
        bootstrap: None,
        holm: None,
        seeds_interval: seeds.and_then(|m| mean_interval(m.mean, m.std, m.n as u64)),
        seeds_t: paired_t(&paired.by_seed),
        seeds_exact: signed_rank(&paired.by_seed).p,
        paired,
    }
}

impl Comparison {
    /// Mean over samples, or over seeds where there are no samples.
    pub fn difference(&self) -> f64 {
        self.moments.or_else(|| Moments::of(&self.paired.by_seed)).map_or(f64::NAN, |m| m.mean)
    }

    /// Shared seeds whose own difference has the sign of the whole.
    pub fn agreeing(&self) -> usize {
        let whole = self.difference();
        self.paired.by_seed.iter().filter(|d| **d * whole > 0.0).count()
    }

    /// Cohen's d of the paired differences of samples: their mean over their deviation.
    pub fn effect(&self) -> Option<f64> {
        self.moments.filter(|m| m.std > 0.0).map(|m| m.mean / m.std)
    }

    /// Whether the bootstrap's interval of the mean difference leaves 0 out.
    pub fn clear_of_zero(&self) -> bool {
        self.bootstrap.is_some_and(|b| b.low > 0.0 || b.high < 0.0)
    }

    pub fn verdict(&self) -> Verdict {
        let difference = self.difference();
        let ranked = self.ranks.is_some_and(|r| r.rank_biserial() * difference > 0.0);
        let agree = self.agreeing() == self.paired.seeds.len();
        if !(self.holm.is_some_and(|p| p < LEVEL) && ranked && self.clear_of_zero() && agree) {
            return Verdict::NotShown;
        }
        match self.column.higher_is_better {
            Some(higher) if higher == (difference > 0.0) => Verdict::Better,
            Some(_) => Verdict::Worse,
            None if difference > 0.0 => Verdict::Higher,
            None => Verdict::Lower,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(values: &[Option<f64>]) -> Summary {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        let moments = Moments::of(&known).unwrap();
        Summary { mean: moments.mean, std: moments.std, n: moments.n as u64, values: values.to_vec(), groups: vec![] }
    }

    fn column() -> Column {
        Column { name: "missing.psnr".into(), higher_is_better: Some(true), ..Column::default() }
    }

    /// Seeds 0 and 1 of one side, 1 and 2 of the other, and a sample that one seed did not measure.
    #[test]
    fn only_what_both_sides_have_is_paired() {
        let (a0, a1) = (summary(&[Some(9.0); 3]), summary(&[Some(3.0), None, Some(5.0)]));
        let (b1, b2) = (summary(&[Some(1.0), Some(2.0), Some(1.0)]), summary(&[Some(0.0); 3]));
        let (a, b) = (Side::from([(0, &a0), (1, &a1)]), Side::from([(1, &b1), (2, &b2)]));
        let paired = Paired::new(&a, &b).unwrap();
        assert_eq!((paired.seeds.as_slice(), &paired.alone), (&[1][..], &[vec![0], vec![2]]));
        assert_eq!((paired.by_sample.as_slice(), paired.by_seed.as_slice()), (&[2.0, 4.0][..], &[3.0][..]));
        assert_eq!(Paired::new(&a, &Side::from([(7, &b1)])), None);
    }

    #[test]
    fn a_sample_is_averaged_over_seeds() {
        let side = |a: f64, b: f64| [summary(&[Some(a), Some(b)]), summary(&[Some(a + 2.0), Some(b)])];
        let (ours, theirs) = (side(5.0, 7.0), side(1.0, 1.0));
        let of = |s: &'static [Summary; 2]| Side::from([(0, &s[0]), (1, &s[1])]);
        let (ours, theirs) = (of(Box::leak(Box::new(ours))), of(Box::leak(Box::new(theirs))));
        let paired = Paired::new(&ours, &theirs).unwrap();
        assert_eq!((paired.by_sample, paired.by_seed), (vec![4.0, 6.0], vec![5.0, 5.0]));
    }

    #[test]
    fn without_values_of_samples_only_seeds_are_compared() {
        let known = summary(&[Some(3.0), Some(5.0)]);
        let bare = Summary { mean: 1.0, n: 2, ..Summary::default() };
        for (a, b) in [(&known, &bare), (&bare, &known)] {
            let paired = Paired::new(&Side::from([(0, a)]), &Side::from([(0, b)])).unwrap();
            assert_eq!((paired.by_sample.len(), paired.by_seed[0]), (0, a.mean - b.mean));
            let compared = compare((0, 1), &column(), paired);
            assert_eq!((compared.verdict(), compared.ranks), (Verdict::NotShown, None));
        }
    }

    #[test]
    fn a_seed_of_the_other_sign_takes_the_claim_away() {
        let paired = |by_seed: Vec<f64>| Paired {
            seeds: (0..by_seed.len() as u64).collect(),
            alone: [vec![], vec![]],
            by_seed,
            by_sample: (1..40).map(f64::from).collect(),
        };
        let judged = |by_seed, p, low| {
            let bootstrap = Some(Bootstrap { p: 0.01, low, high: 30.0 });
            Comparison { holm: Some(p), bootstrap, ..compare((0, 1), &column(), paired(by_seed)) }.verdict()
        };
        assert_eq!(judged(vec![30.0, 20.0, 10.0], 0.001, 10.0), Verdict::Better);
        assert_eq!(judged(vec![30.0, 40.0, -10.0], 0.001, 10.0), Verdict::NotShown);
        assert_eq!(judged(vec![30.0, 20.0, 10.0], 0.05, 10.0), Verdict::NotShown);
        assert_eq!(judged(vec![30.0, 20.0, 10.0], 0.001, -0.1), Verdict::NotShown, "ranks alone say nothing of means");
    }

    #[test]
    fn the_other_order_is_the_mirror_image() {
        let values = |k: f64| summary(&(0..12).map(|i| Some((f64::from(i) * k).sin() * 3.0)).collect::<Vec<_>>());
        let (a, b) = (values(1.3), values(0.7));
        let of = |x, y| compare((0, 1), &column(), Paired::new(&Side::from([(0, x)]), &Side::from([(0, y)])).unwrap());
        let (there, back) = (of(&a, &b), of(&b, &a));
        assert_eq!(there.difference(), -back.difference());
        assert_eq!(there.effect(), back.effect().map(|d| -d));
        assert_eq!(there.ranks.map(|r| r.p), back.ranks.map(|r| r.p));
        assert_eq!(Verdict::Better.turned(), Verdict::Worse);
    }
}
