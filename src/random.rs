//! Random numbers by counter: a number is a pure function of seed, purpose and position, so a resumed run draws what an
//! uninterrupted one draws, and a purpose (shuffling, dropout, holes) never disturbs another. Imported by every room.

use std::f64::consts::TAU;

/// A position in the stream of one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: u64,
    position: u64,
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): mixes 64 bits.
#[inline]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Stream {
    /// The stream of a purpose (`"dropout"`, `"shuffle/pairs"`) under a seed.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let key = purpose.bytes().fold(mix(seed ^ STEP), |k, b| mix(k ^ u64::from(b)).wrapping_add(STEP));
        Stream { key, position: 0 }
    }

    /// A stream of its own for a number: an epoch, a step, a sample.
    pub fn fork(&self, number: u64) -> Self {
        Stream { key: mix(self.key ^ mix(number.wrapping_add(STEP))), position: 0 }
    }

    /// A stream of its own for a name.
    pub fn named(&self, purpose: &str) -> Self {
        Stream::new(self.key, purpose)
    }

    /// The number at a position, whatever was drawn before.
    #[inline]
    pub fn at(&self, position: u64) -> u64 {
        mix(self.key.wrapping_add(position.wrapping_mul(STEP)))
    }

    /// The same numbers from `count` positions on.
    pub fn skip(&self, count: u64) -> Self {
        Stream { key: self.key.wrapping_add(count.wrapping_mul(STEP)), position: self.position }
    }

    /// What [`Stream::at`] mixes with a position: for kernels that draw the same numbers elsewhere.
    pub fn key(&self) -> u64 {
        self.key
    }

    pub fn bits(&mut self) -> u64 {
        let value = self.at(self.position);
        self.position += 1;
        value
    }

    /// Uniform in [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        unit(self.bits())
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform below `n`; 0 for `n` = 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Standard normal (Box and Muller, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    /// A permutation of 0..n (Fisher and Yates).
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}

/// 64 bits to [0, 1).
pub fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_positions_are_independent() {
        let mut a = Stream::new(0, "dropout");
        let first = a.bits();
        a.bits();
        assert_eq!(a.at(0), first);
        assert_ne!(Stream::new(0, "shuffle").bits(), first);
        assert_ne!(Stream::new(1, "dropout").bits(), first);
        assert_ne!(a.fork(0).bits(), a.fork(1).bits());
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut s = Stream::new(7, "moments");
        let n = 100_000;
        let uniform: f64 = (0..n).map(|_| s.uniform()).sum::<f64>() / f64::from(n);
        assert!((uniform - 0.5).abs() < 0.005, "{uniform}");
        let normal: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        let mean = normal.iter().sum::<f64>() / f64::from(n);
        let variance = normal.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn a_permutation_holds_everything_once() {
        let mut p = Stream::new(3, "p").permutation(100);
        assert_ne!(p[..5], [0, 1, 2, 3, 4]);
        p.sort_unstable();
        assert!(p.iter().enumerate().all(|(i, &v)| i == v));
    }
}
