//! Resizing along rows. Where the target is a whole multiple of the source, positions that leave the same rest read the
//! same neighbours with the same share, but for a few at the edges: a loop for each rest, over stripes of the target.

use super::Taps;
use crate::tensor::ops::lanes::{self, wide};
use crate::tensor::ops::stripes;
use std::ops::Range;

/// More rests than this are not worth loops of their own.
const MOST: usize = 8;

/// How rows of the source become rows of the target, and back.
pub struct Along<'a> {
    taps: &'a Taps,
    /// Loops, one for each rest; none where the target is no whole multiple.
    rests: Vec<Rest>,
    /// Target positions that no loop covers.
    others: Vec<usize>,
}

/// Positions `factor m + rest` for every m of a range: source `m + shift` counts `1 - share`, its follower `share`.
struct Rest {
    range: Range<usize>,
    shift: isize,
    share: f32,
}

impl Rest {
    /// Source elements that the range reads, the followers left out.
    fn source(&self) -> Range<usize> {
        self.range.start.saturating_add_signed(self.shift)..self.range.end.saturating_add_signed(self.shift)
    }

    /// What the range reads, and the followers: the same where they count nothing.
    fn neighbours<'l>(&self, line: &'l [f32]) -> [&'l [f32]; 2] {
        let (range, step) = (self.source(), usize::from(self.share != 0.0));
        [&line[range.clone()], &line[range.start + step..range.end + step]]
    }
}

impl<'a> Along<'a> {
    pub fn new(taps: &'a Taps) -> Self {
        let (source, target) = (taps.source, taps.target());
        let factor = target / source;
        let mut rests: Vec<Rest> = Vec::new();
        if target == factor * source && (1..=MOST).contains(&factor) {
            rests = (0..factor).map(|q| rest(taps, factor, q)).collect();
            // One range for all, so that whole stripes join.
            let from = rests.iter().map(|r| r.range.start).max().unwrap_or(0);
            let to = rests.iter().map(|r| r.range.end).min().unwrap_or(0);
            rests.iter_mut().for_each(|r| r.range = from..to);
        }
        let covered = |i: &usize| rests.get(i % factor.max(1)).is_some_and(|r| r.range.contains(&(i / factor)));
        let others: Vec<usize> = (0..target).filter(|i| !covered(i)).collect();
        // Corners that meet corners leave each position a share of its own.
        let few = others.len() <= target / 4;
        Along {
            taps,
            rests: if few { rests } else { Vec::new() },
            others: if few { others } else { (0..target).collect() },
        }
    }

    /// A scratch that [`Along::forward`] and [`Along::backward`] use.
    pub fn scratch(&self) -> Vec<f32> {
        vec![0.0; if self.rests.is_empty() { 0 } else { self.taps.target() }]
    }

    /// A row of the target.
    pub fn forward(&self, line: &[f32], out: &mut [f32], scratch: &mut [f32]) {
        let Taps { low, high, share, .. } = self.taps;
        match &self.rests[..] {
            [] => return gather(out, line, low, high, share),
            [a, b] if (a.share == 0.0) == (b.share == 0.0) => {
                let out = &mut out[2 * a.range.start..2 * a.range.end];
                let ([a_low, a_high], [b_low, b_high]) = (a.neighbours(line), b.neighbours(line));
                match (a.share, b.share) {
                    (0.0, 0.0) => stripes::join_two(out, a_low, b_low),
                    shares => blend_two(out, [a_low, a_high], [b_low, b_high], shares),
                }
            }
            rests => {
                let (count, factor) = (rests[0].range.len(), rests.len());
                for (rest, stripe) in rests.iter().zip(scratch.chunks_mut(count)) {
                    let [low, high] = rest.neighbours(line);
                    blend(stripe, low, high, rest.share);
                }
                let range = factor * rests[0].range.start..factor * rests[0].range.end;
                stripes::join(&mut out[range], scratch, count, factor);
            }
        }
        for &i in &self.others {
            out[i] = one(line, low[i], high[i], share[i]);
        }
    }

    /// Adds a row of the target's gradient to the source's.
    pub fn backward(&self, line: &[f32], dx: &mut [f32], scratch: &mut [f32]) {
        let source = self.taps.source;
        if let [a, b] = &self.rests[..]
            && (a.share, b.share) == (0.0, 0.0)
            && a.source() == b.source()
        {
            // What is repeated.
            add_pairs(&mut dx[a.source()], &line[2 * a.range.start..2 * a.range.end]);
            return self.others_back(line, dx);
        }
        for (q, (rest, stripe)) in self.rests.iter().zip(scratch.chunks_mut(source)).enumerate() {
            stripes::take(stripe, line, q, self.rests.len());
            let (stripe, from, share) = (&stripe[rest.range.clone()], rest.source(), rest.share);
            lanes::amend1(&mut dx[from.clone()], stripe, move |dx, g| dx + g * (1.0 - share));
            if share != 0.0 {
                lanes::amend1(&mut dx[from.start + 1..from.end + 1], stripe, move |dx, g| dx + g * share);
            }
        }
        self.others_back(line, dx);
    }

    fn others_back(&self, line: &[f32], dx: &mut [f32]) {
        let Taps { low, high, share, .. } = self.taps;
        for &i in &self.others {
            dx[low[i]] += line[i] * (1.0 - share[i]);
            if share[i] != 0.0 {
                dx[high[i]] += line[i] * share[i];
            }
        }
    }
}

/// The longest range around the middle whose positions read alike.
fn rest(taps: &Taps, factor: usize, q: usize) -> Rest {
    let middle = taps.source / 2;
    let shift = taps.low[factor * middle + q] as isize - middle as isize;
    let share = taps.share[factor * middle + q];
    let alike = |m: &usize| {
        let i = factor * m + q;
        let follows = taps.share[i] == 0.0 || taps.high[i] == taps.low[i] + 1;
        follows && taps.share[i] == share && taps.low[i] as isize == *m as isize + shift
    };
    let before = (0..middle).rev().take_while(alike).count();
    let after = (middle..taps.source).take_while(alike).count();
    Rest { range: middle - before..middle + after, shift, share }
}

/// A neighbour that counts nothing is not read: 0 times infinity would be NaN.
#[inline(always)]
fn one(line: &[f32], low: usize, high: usize, share: f32) -> f32 {
    if share == 0.0 { line[low] } else { line[low] * (1.0 - share) + line[high] * share }
}

/// Two rows by the share of the second.
pub fn blend(out: &mut [f32], low: &[f32], high: &[f32], share: f32) {
    if share == 0.0 {
        out.copy_from_slice(low);
    } else {
        lanes::map2(out, low, high, move |l, h| l * (1.0 - share) + h * share);
    }
}

wide! {
    /// `to[i] += from[2 i] + from[2 i + 1]`.
    fn add_pairs(to: &mut [f32], from: &[f32]) {
        let (whole, from_whole) = (to.as_chunks_mut::<8>().0, from.as_chunks::<16>().0);
        let count = whole.len().min(from_whole.len());
        for i in 0..count {
            for j in 0..8 {
                whole[i][j] += from_whole[i][2 * j] + from_whole[i][2 * j + 1];
            }
        }
        for i in 8 * count..to.len() {
            to[i] += from[2 * i] + from[2 * i + 1];
        }
    }
}

wide! {
    /// Two stripes of blends, joined; no share is 0.
    fn blend_two(out: &mut [f32], a: [&[f32]; 2], b: [&[f32]; 2], shares: (f32, f32)) {
        let pairs = out.as_chunks_mut::<2>().0;
        let count = pairs.len();
        let (p, q) = shares;
        let (a_low, a_high) = (&a[0][..count], &a[1][..count]);
        let (b_low, b_high) = (&b[0][..count], &b[1][..count]);
        for i in 0..count {
            pairs[i] = [a_low[i] * (1.0 - p) + a_high[i] * p, b_low[i] * (1.0 - q) + b_high[i] * q];
        }
    }
}

wide! {
    fn gather(out: &mut [f32], line: &[f32], low: &[usize], high: &[usize], share: &[f32]) {
        let count = out.len();
        let (low, high, share) = (&low[..count], &high[..count], &share[..count]);
        for i in 0..count {
            out[i] = one(line, low[i], high[i], share[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loops give what position after position gives, both ways.
    #[test]
    fn loops_do_as_single_positions() {
        for (source, target) in [(1, 4), (2, 4), (5, 10), (7, 21), (8, 32), (5, 7), (9, 3), (6, 60)] {
            for taps in
                [Taps::nearest(source, target), Taps::linear(source, target, false), Taps::linear(source, target, true)]
            {
                let along = Along::new(&taps);
                let line: Vec<f32> = (0..source).map(|i| (i * i) as f32 + 0.5).collect();
                let (mut out, mut scratch) = (vec![f32::NAN; target], along.scratch());
                along.forward(&line, &mut out, &mut scratch);
                let expected: Vec<f32> =
                    (0..target).map(|i| one(&line, taps.low[i], taps.high[i], taps.share[i])).collect();
                assert_eq!(out, expected, "{source} to {target}");
                let dy: Vec<f32> = (0..target).map(|i| (i % 5) as f32 - 1.5).collect();
                let mut dx = vec![0.0; source];
                along.backward(&dy, &mut dx, &mut scratch);
                let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
                let (forth, back) = (product(&out, &dy), product(&line, &dx));
                assert!((forth - back).abs() <= 1e-4 * (1.0 + forth.abs()), "{source} to {target}: {forth} {back}");
            }
        }
    }

    #[test]
    fn doubling_leaves_the_edges_alone() {
        let taps = Taps::linear(8, 16, false);
        let along = Along::new(&taps);
        assert_eq!(along.rests.iter().map(|r| (r.shift, r.share)).collect::<Vec<_>>(), [(-1, 0.75), (0, 0.25)]);
        assert_eq!(along.others, [0, 1, 14, 15]);
        assert!(Along::new(&Taps::linear(8, 16, true)).rests.is_empty());
    }
}
