//! How far two sets of vectors lie apart: Fréchet's distance of their normal distributions, and the kernel distance.
//!
//! Heusel et al. 2017: ||m1 - m2||^2 + tr(S1 + S2 - 2 sqrt(S1 S2)), covariances over n - 1. Bińkowski et al. 2018: the
//! unbiased squared maximum mean discrepancy with the kernel (x y / d + 1)^3, over subsets.

use super::Moments;
use super::symmetric::{eigenvalues, factor};
use crate::random::Stream;

/// Mean and covariance (row-major) of vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Normal {
    pub mean: Vec<f64>,
    pub covariance: Vec<f64>,
}

impl Normal {
    /// `None` of fewer than two vectors, and of such as are not equally long.
    pub fn of(vectors: &[Vec<f32>]) -> Option<Normal> {
        let length = vectors.first()?.len();
        if vectors.len() < 2 || vectors.iter().any(|v| v.len() != length) {
            return None;
        }
        let count = vectors.len() as f64;
        let mean: Vec<f64> =
            (0..length).map(|k| vectors.iter().map(|v| f64::from(v[k])).sum::<f64>() / count).collect();
        let mut covariance = vec![0.0; length * length];
        for v in vectors {
            let centred: Vec<f64> = v.iter().zip(&mean).map(|(x, m)| f64::from(*x) - m).collect();
            for (i, a) in centred.iter().enumerate() {
                let row = &mut covariance[i * length..=i * length + i];
                row.iter_mut().zip(&centred).for_each(|(c, b)| *c += a * b);
            }
        }
        for i in 0..length {
            for j in 0..=i {
                let value = covariance[i * length + j] / (count - 1.0);
                (covariance[i * length + j], covariance[j * length + i]) = (value, value);
            }
        }
        Some(Normal { mean, covariance })
    }
}

/// Fréchet's distance; `None` where the two are not equally long or a value is no number.
pub fn frechet(a: &Normal, b: &Normal) -> Option<f64> {
    let n = a.mean.len();
    if b.mean.len() != n || n == 0 {
        return None;
    }
    let apart: f64 = a.mean.iter().zip(&b.mean).map(|(x, y)| (x - y).powi(2)).sum();
    let trace = |c: &[f64]| (0..n).map(|i| c[i * n + i]).sum::<f64>();
    // The eigenvalues of S1 S2 are those of L' S2 L with S1 = L L'.
    let l = factor(&a.covariance, n);
    let right = multiply(&b.covariance, &l, n);
    let values = eigenvalues(multiply(&transposed(&l, n), &right, n), n)?;
    let roots: f64 = values.iter().map(|v| v.max(0.0).sqrt()).sum();
    Some((apart + trace(&a.covariance) + trace(&b.covariance) - 2.0 * roots).max(0.0))
}

fn transposed(a: &[f64], n: usize) -> Vec<f64> {
    (0..n * n).map(|k| a[(k % n) * n + k / n]).collect()
}

fn multiply(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * n];
    for (row, line) in out.chunks_exact_mut(n).zip(a.chunks_exact(n)) {
        for (k, x) in line.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            row.iter_mut().zip(&b[k * n..(k + 1) * n]).for_each(|(o, y)| *o += x * y);
        }
    }
    out
}

/// The kernel distance over `subsets` draws of `size` vectors of each side, or of all where there are no more; mean and
/// deviation over the draws. `None` of fewer than two vectors a side.
pub fn kernel(a: &[Vec<f32>], b: &[Vec<f32>], size: usize, subsets: usize) -> Option<Moments> {
    let size = size.min(a.len()).min(b.len());
    if size < 2 {
        return None;
    }
    let whole = size == a.len() && size == b.len();
    let stream = Stream::new(0, "kernel distance");
    let draw = |k: usize| {
        let chosen = |side: u64, all: &[Vec<f32>]| -> Vec<usize> {
            match whole {
                true => (0..all.len()).collect(),
                false => stream.fork(2 * k as u64 + side).permutation(all.len()).into_iter().take(size).collect(),
            }
        };
        discrepancy(a, &chosen(0, a), b, &chosen(1, b))
    };
    let values: Vec<f64> = (0..if whole { 1 } else { subsets.max(1) }).map(draw).collect();
    Moments::of(&values).filter(|m| m.mean.is_finite())
}

fn discrepancy(a: &[Vec<f32>], of_a: &[usize], b: &[Vec<f32>], of_b: &[usize]) -> f64 {
    let kernel = |x: &[f32], y: &[f32]| {
        let dot: f64 = x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
        (dot / x.len().max(1) as f64 + 1.0).powi(3)
    };
    let within = |all: &[Vec<f32>], chosen: &[usize]| {
        let pairs = chosen.iter().enumerate().flat_map(|(i, x)| chosen[i + 1..].iter().map(move |y| (*x, *y)));
        let sum: f64 = pairs.map(|(x, y)| kernel(&all[x], &all[y])).sum();
        2.0 * sum / (chosen.len() * (chosen.len() - 1)) as f64
    };
    let across: f64 = of_a.iter().map(|x| of_b.iter().map(|y| kernel(&a[*x], &b[*y])).sum::<f64>()).sum();
    within(a, of_a) + within(b, of_b) - 2.0 * across / (of_a.len() * of_b.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frechet_is_the_golden_number() {
        // shared facts 6.11, `frechet_3d`: scipy.linalg.sqrtm.
        let a = Normal { mean: vec![0.0, 1.0, 2.0], covariance: vec![2.0, 0.3, 0.0, 0.3, 1.0, 0.2, 0.0, 0.2, 1.5] };
        let b = Normal { mean: vec![1.0, 1.0, 0.0], covariance: vec![1.0, 0.1, 0.2, 0.1, 2.0, 0.0, 0.2, 0.0, 1.0] };
        assert!((frechet(&a, &b).unwrap() - 5.455_899_175_464_058).abs() < 1e-12);
        assert!((frechet(&b, &a).unwrap() - 5.455_899_175_464_058).abs() < 1e-12);
        assert!(frechet(&a, &a).unwrap() < 1e-12);
    }

    /// x[i, k] = sin(1.3 i + 0.7 k + s) + 0.1 k
    fn vectors(count: usize, s: f64) -> Vec<Vec<f32>> {
        let value =
            |i: usize, k: usize| (1.3 * i as f64 + 0.7 * k as f64 * (1.0 + i as f64 / 7.0) + s).sin() + 0.1 * k as f64;
        (0..count).map(|i| (0..5).map(|k| value(i, k) as f32).collect()).collect()
    }

    #[test]
    fn distances_of_samples_are_numpys() {
        // i, k = np.indices((12, 5)); x = np.float32(np.sin(1.3*i + 0.7*k*(1 + i/7) + s) + 0.1*k) for s 0 and 1.
        // np.cov(x.T), scipy.linalg.sqrtm as above; KID: polynomial_kernel(degree=3, gamma=1/5, coef0=1), unbiased.
        let (a, b) = (vectors(12, 0.0), vectors(12, 1.0));
        let found = frechet(&Normal::of(&a).unwrap(), &Normal::of(&b).unwrap()).unwrap();
        assert!((found - 0.034004506646070735).abs() < 1e-9, "{found}");
        let found = kernel(&a, &b, 100, 10).unwrap();
        assert!((found.mean - -0.4140375719272549).abs() < 1e-9 && found.n == 1, "{found:?}");
    }

    #[test]
    fn fewer_vectors_than_dimensions_are_no_error() {
        let (a, b) = (vectors(3, 0.0), vectors(4, 2.0));
        let (na, nb) = (Normal::of(&a).unwrap(), Normal::of(&b).unwrap());
        let (there, back) = (frechet(&na, &nb).unwrap(), frechet(&nb, &na).unwrap());
        assert!(there > 0.0 && (there - back).abs() < 1e-9, "{there} {back}");
        assert_eq!(Normal::of(&a[..1]), None);
        let part = kernel(&vectors(30, 0.0), &vectors(30, 0.5), 10, 20).unwrap();
        assert_eq!((part.n, part), (20, kernel(&vectors(30, 0.0), &vectors(30, 0.5), 10, 20).unwrap()));
    }
}
