//! Eigenvalues and factors of symmetric matrices, row-major.
//!
//! Householder's reduction to three diagonals, then the implicit QL steps (Golub and Van Loan, "Matrix Computations",
//! sections 8.3.1 and 8.3.5), for values alone: 2/3 n^3 multiplications and additions.

/// Eigenvalues of a symmetric n x n matrix, rising; `None` where a value is no number or the steps do not converge.
pub fn eigenvalues(mut matrix: Vec<f64>, n: usize) -> Option<Vec<f64>> {
    if matrix.len() != n * n || matrix.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let (mut diagonal, mut beside) = tridiagonal(&mut matrix, n);
    implicit(&mut diagonal, &mut beside)?;
    diagonal.sort_by(f64::total_cmp);
    Some(diagonal)
}

/// The diagonal, and what stands beside it from the second row on.
fn tridiagonal(a: &mut [f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut diagonal, mut beside) = (vec![0.0; n], vec![0.0; n]);
    for i in (1..n).rev() {
        // The row left of the diagonal becomes (0, .., 0, beside[i]).
        let (upper, row) = a.split_at_mut(i * n);
        let row = &mut row[..i];
        let scale: f64 = row[..i - 1].iter().map(|v| v.abs()).sum();
        if scale == 0.0 {
            beside[i] = row[i - 1];
            continue;
        }
        let scale = scale + row[i - 1].abs();
        row.iter_mut().for_each(|v| *v /= scale);
        let mut h: f64 = row.iter().map(|v| v * v).sum();
        let last = row[i - 1];
        let g = if last >= 0.0 { -h.sqrt() } else { h.sqrt() };
        beside[i] = scale * g;
        h -= last * g;
        row[i - 1] = last - g;
        // p = A u / h by the lower triangle, q = p - K u, A' = A - q u' - u q'.
        let mut p = vec![0.0; i];
        for j in 0..i {
            let line = &upper[j * n..j * n + j];
            let mut sum = upper[j * n + j] * row[j];
            for (k, v) in line.iter().enumerate() {
                sum += v * row[k];
                p[k] += v * row[j];
            }
            p[j] += sum;
        }
        p.iter_mut().for_each(|v| *v /= h);
        let k: f64 = p.iter().zip(&*row).map(|(p, u)| p * u).sum::<f64>() / (2.0 * h);
        p.iter_mut().zip(&*row).for_each(|(p, u)| *p -= k * u);
        for j in 0..i {
            let (u, q) = (row[j], p[j]);
            let line = &mut upper[j * n..=j * n + j];
            line.iter_mut().zip(&p).zip(&*row).for_each(|((v, p), r)| *v -= u * p + q * r);
        }
    }
    (0..n).for_each(|i| diagonal[i] = a[i * n + i]);
    (diagonal, beside)
}

/// QL steps with implicit shifts until nothing stands beside the diagonal.
fn implicit(d: &mut [f64], e: &mut [f64]) -> Option<()> {
    let n = d.len();
    if n == 0 {
        return Some(());
    }
    e.rotate_left(1);
    e[n - 1] = 0.0;
    for l in 0..n {
        for turn in 0.. {
            let small = |m: &usize| e[*m].abs() <= f64::EPSILON * (d[*m].abs() + d[*m + 1].abs());
            let m = (l..n - 1).find(small).unwrap_or(n - 1);
            if m == l {
                break;
            }
            if turn == 60 {
                return None;
            }
            let mut g = (d[l + 1] - d[l]) / (2.0 * e[l]);
            let r = g.hypot(1.0);
            g = d[m] - d[l] + e[l] / (g + if g >= 0.0 { r } else { -r });
            let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
            let mut whole = true;
            for i in (l..m).rev() {
                let (f, b) = (s * e[i], c * e[i]);
                let r = f.hypot(g);
                e[i + 1] = r;
                if r == 0.0 {
                    d[i + 1] -= p;
                    e[m] = 0.0;
                    whole = false;
                    break;
                }
                (s, c) = (f / r, g / r);
                g = d[i + 1] - p;
                let r = (d[i] - g) * s + 2.0 * c * b;
                p = s * r;
                d[i + 1] = g + p;
                g = c * r - b;
            }
            if whole {
                d[l] -= p;
                e[l] = g;
                e[m] = 0.0;
            }
        }
    }
    Some(())
}

/// A lower triangular L with L L' = the matrix, which has no negative eigenvalue: of directions without variance the
/// column is 0.
pub fn factor(matrix: &[f64], n: usize) -> Vec<f64> {
    let most = (0..n).map(|i| matrix[i * n + i]).fold(0.0, f64::max);
    let mut l = vec![0.0; n * n];
    for j in 0..n {
        let rest = matrix[j * n + j] - l[j * n..j * n + j].iter().map(|v| v * v).sum::<f64>();
        if rest <= most * 1e-13 {
            continue;
        }
        let root = rest.sqrt();
        l[j * n + j] = root;
        for i in j + 1..n {
            let (above, below) = l.split_at(i * n);
            let dot: f64 = above[j * n..j * n + j].iter().zip(&below[..j]).map(|(a, b)| a * b).sum();
            l[i * n + j] = (matrix[i * n + j] - dot) / root;
        }
    }
    l
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A symmetric matrix without pattern.
    fn matrix(n: usize) -> Vec<f64> {
        (0..n * n).map(|k| ((k / n).min(k % n) * 7 + (k / n).max(k % n) * 3) as f64 * 0.37).map(f64::sin).collect()
    }

    #[test]
    fn values_are_numpys() {
        // i, j = np.indices((6, 6)); np.linalg.eigvalsh(np.sin((np.minimum(i, j) * 7 + np.maximum(i, j) * 3) * 0.37))
        let theirs = [
            -2.488554272354827,
            -1.9135369176151964,
            -0.07610647339289897,
            0.6360137524500789,
            1.1272480977717036,
            2.5350266287459866,
        ];
        let found = eigenvalues(matrix(6), 6).unwrap();
        for (a, b) in found.iter().zip(theirs) {
            assert!((a - b).abs() < 1e-12, "{found:?}");
        }
        // The sum and the sum of squares of eigenvalues are those of the matrix.
        let (n, all) = (60, matrix(60));
        let found = eigenvalues(all.clone(), n).unwrap();
        let trace: f64 = (0..n).map(|i| all[i * n + i]).sum();
        assert!((found.iter().sum::<f64>() - trace).abs() < 1e-11);
        let squares: f64 = all.iter().map(|v| v * v).sum();
        assert!((found.iter().map(|v| v * v).sum::<f64>() - squares).abs() < 1e-9);
        assert_eq!(eigenvalues(vec![2.0, 0.0, 0.0, 1.0], 2), Some(vec![1.0, 2.0]));
        assert_eq!(eigenvalues(vec![f64::NAN], 1), None);
        assert_eq!(eigenvalues(vec![], 0), Some(vec![]));
    }

    #[test]
    fn factors_multiply_back_also_where_nothing_varies() {
        // Rank 1: the second and third rows are multiples of the first.
        let flat = vec![1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0];
        for matrix in [flat, vec![4.0, 2.0, 0.6, 2.0, 2.0, 0.5, 0.6, 0.5, 3.0]] {
            let l = factor(&matrix, 3);
            for i in 0..3 {
                for j in 0..3 {
                    let product: f64 = (0..3).map(|k| l[i * 3 + k] * l[j * 3 + k]).sum();
                    assert!((product - matrix[i * 3 + j]).abs() < 1e-12);
                }
            }
        }
    }
}
