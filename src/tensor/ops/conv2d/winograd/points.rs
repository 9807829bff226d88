//! The transforms of one direction, as matrices: those of Toom and Cook for interpolation at 0, 1, -1, 2 (, -2) and infinity.
#![allow(unsafe_code, reason = "runs on vector registers")]

use crate::tensor::ops::matrix::vector::Vector;

/// Outputs of a tile in each direction.
pub const TILE: usize = 4;

/// The most points in one direction, of which there are [`Points::COUNT`].
pub const MOST: usize = 6;

type Matrix<const ROWS: usize, const COLUMNS: usize> = [[f32; COLUMNS]; ROWS];

/// A minimal algorithm for tiles of four outputs and a kernel of some taps: products at `COUNT` points. Matrices have as
/// many rows and columns as any needs; what is beyond is zero.
pub trait Points: Sync {
    const COUNT: usize;
    const TAPS: usize;
    /// Points from the values under a tile.
    const INPUT: Matrix<MOST, MOST>;
    /// Points from taps.
    const KERNEL: Matrix<MOST, MOST>;
    /// A tile from points.
    const OUTPUT: Matrix<MOST, MOST>;
    /// Points from a tile of the output's gradient.
    const GRADIENT: Matrix<MOST, MOST>;
    /// Taps of the weights' gradient from points.
    const TAPS_BACK: Matrix<MOST, MOST>;
}

/// F(4, 3).
pub struct Three;

/// F(4, 2).
pub struct Two;

const NONE: [f32; 6] = [0.0; 6];

#[rustfmt::skip] // matrices
impl Points for Three {
    const COUNT: usize = 6;
    const TAPS: usize = 3;
    const INPUT: Matrix<6, 6> = [
        [4.0,  0.0, -5.0,  0.0, 1.0, 0.0],
        [0.0, -4.0, -4.0,  1.0, 1.0, 0.0],
        [0.0,  4.0, -4.0, -1.0, 1.0, 0.0],
        [0.0, -2.0, -1.0,  2.0, 1.0, 0.0],
        [0.0,  2.0, -1.0, -2.0, 1.0, 0.0],
        [0.0,  4.0,  0.0, -5.0, 0.0, 1.0],
    ];
    const KERNEL: Matrix<6, 6> = [
        [ 1.0 / 4.0,         0.0,        0.0, 0.0, 0.0, 0.0],
        [-1.0 / 6.0,  -1.0 / 6.0, -1.0 / 6.0, 0.0, 0.0, 0.0],
        [-1.0 / 6.0,   1.0 / 6.0, -1.0 / 6.0, 0.0, 0.0, 0.0],
        [ 1.0 / 24.0,  1.0 / 12.0, 1.0 / 6.0, 0.0, 0.0, 0.0],
        [ 1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0, 0.0, 0.0, 0.0],
        [        0.0,         0.0,       1.0, 0.0, 0.0, 0.0],
    ];
    const OUTPUT: Matrix<6, 6> = [
        [1.0, 1.0,  1.0, 1.0,  1.0, 0.0],
        [0.0, 1.0, -1.0, 2.0, -2.0, 0.0],
        [0.0, 1.0,  1.0, 4.0,  4.0, 0.0],
        [0.0, 1.0, -1.0, 8.0, -8.0, 1.0],
        NONE,
        NONE,
    ];
    const GRADIENT: Matrix<6, 6> = [
        [ 1.0 / 4.0,         0.0,        0.0,         0.0, 0.0, 0.0],
        [-1.0 / 6.0,  -1.0 / 6.0, -1.0 / 6.0,  -1.0 / 6.0, 0.0, 0.0],
        [-1.0 / 6.0,   1.0 / 6.0, -1.0 / 6.0,   1.0 / 6.0, 0.0, 0.0],
        [ 1.0 / 24.0,  1.0 / 12.0, 1.0 / 6.0,   1.0 / 3.0, 0.0, 0.0],
        [ 1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0,  -1.0 / 3.0, 0.0, 0.0],
        [        0.0,         0.0,       0.0,         1.0, 0.0, 0.0],
    ];
    const TAPS_BACK: Matrix<6, 6> = [
        [1.0, 1.0,  1.0, 1.0,  1.0, 0.0],
        [0.0, 1.0, -1.0, 2.0, -2.0, 0.0],
        [0.0, 1.0,  1.0, 4.0,  4.0, 1.0],
        NONE,
        NONE,
        NONE,
    ];
}

#[rustfmt::skip] // matrices
impl Points for Two {
    const COUNT: usize = 5;
    const TAPS: usize = 2;
    const INPUT: Matrix<6, 6> = [
        [2.0, -1.0, -2.0,  1.0, 0.0, 0.0],
        [0.0, -2.0, -1.0,  1.0, 0.0, 0.0],
        [0.0,  2.0, -3.0,  1.0, 0.0, 0.0],
        [0.0, -1.0,  0.0,  1.0, 0.0, 0.0],
        [0.0,  2.0, -1.0, -2.0, 1.0, 0.0],
        NONE,
    ];
    const KERNEL: Matrix<6, 6> = [
        [ 1.0 / 2.0,        0.0, 0.0, 0.0, 0.0, 0.0],
        [-1.0 / 2.0, -1.0 / 2.0, 0.0, 0.0, 0.0, 0.0],
        [-1.0 / 6.0,  1.0 / 6.0, 0.0, 0.0, 0.0, 0.0],
        [ 1.0 / 6.0,  1.0 / 3.0, 0.0, 0.0, 0.0, 0.0],
        [       0.0,        1.0, 0.0, 0.0, 0.0, 0.0],
        NONE,
    ];
    const OUTPUT: Matrix<6, 6> = [
        [1.0, 1.0,  1.0, 1.0, 0.0, 0.0],
        [0.0, 1.0, -1.0, 2.0, 0.0, 0.0],
        [0.0, 1.0,  1.0, 4.0, 0.0, 0.0],
        [0.0, 1.0, -1.0, 8.0, 1.0, 0.0],
        NONE,
        NONE,
    ];
    const GRADIENT: Matrix<6, 6> = [
        [ 1.0 / 2.0,        0.0,        0.0,        0.0, 0.0, 0.0],
        [-1.0 / 2.0, -1.0 / 2.0, -1.0 / 2.0, -1.0 / 2.0, 0.0, 0.0],
        [-1.0 / 6.0,  1.0 / 6.0, -1.0 / 6.0,  1.0 / 6.0, 0.0, 0.0],
        [ 1.0 / 6.0,  1.0 / 3.0,  2.0 / 3.0,  4.0 / 3.0, 0.0, 0.0],
        [       0.0,        0.0,        0.0,        1.0, 0.0, 0.0],
        NONE,
    ];
    const TAPS_BACK: Matrix<6, 6> = [
        [1.0, 1.0,  1.0, 1.0, 0.0, 0.0],
        [0.0, 1.0, -1.0, 2.0, 1.0, 0.0],
        NONE,
        NONE,
        NONE,
        NONE,
    ];
}

/// The product of a matrix with a column of registers: its first `rows` rows, `columns` columns. Where both and the matrix
/// are known to the compiler, what is multiplied by 0 or 1 is not.
///
/// # Safety
/// The processor has the vector's instructions.
#[inline(always)]
pub unsafe fn apply<V: Vector>(
    matrix: &Matrix<MOST, MOST>,
    (rows, columns): (usize, usize),
    values: &[V; MOST],
) -> [V; MOST] {
    // SAFETY: as the caller promises.
    unsafe {
        let mut result = [V::zero(); MOST];
        for i in 0..MOST {
            if i < rows {
                let mut sum = V::zero();
                let mut started = false;
                for k in 0..MOST {
                    if k < columns && matrix[i][k] != 0.0 {
                        if matrix[i][k] == 1.0 {
                            sum = if started { sum.add(values[k]) } else { values[k] };
                        } else {
                            sum = sum.add_product(V::splat(matrix[i][k]), values[k]);
                        }
                        started = true;
                    }
                }
                result[i] = sum;
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(m: &Matrix<6, 6>, v: &[f64]) -> Vec<f64> {
        m.iter().map(|row| row.iter().zip(v).map(|(a, b)| f64::from(*a) * b).sum()).collect()
    }

    fn agrees<P: Points>() {
        let x: Vec<f64> = (0..P::COUNT).map(|i| (i as f64 * 0.9).sin()).collect();
        let w: Vec<f64> = (0..P::TAPS).map(|i| 0.3 + i as f64).collect();
        let dy: Vec<f64> = (0..TILE).map(|i| 1.0 / (1.0 + i as f64)).collect();
        let points: Vec<f64> = times(&P::INPUT, &x);
        let sums = |with: Vec<f64>| points.iter().zip(with).map(|(a, b)| a * b).collect::<Vec<f64>>();
        let y = times(&P::OUTPUT, &sums(times(&P::KERNEL, &w)));
        let dw = times(&P::TAPS_BACK, &sums(times(&P::GRADIENT, &dy)));
        let exact = |i: usize, with: &[f64]| with.iter().zip(&x[i..]).map(|(a, b)| a * b).sum::<f64>();
        (0..TILE).for_each(|i| assert!((y[i] - exact(i, &w)).abs() < 1e-6, "output {i}"));
        (0..P::TAPS).for_each(|i| assert!((dw[i] - exact(i, &dy)).abs() < 1e-6, "tap {i}"));
    }

    #[test]
    fn the_matrices_are_minimal_algorithms() {
        agrees::<Three>();
        agrees::<Two>();
    }
}
