//! Small dense least squares in f64: normal equations, Cholesky, and coordinate descent between bounds.

/// The normal equations of a weighted least squares problem: `matrix x = side`, symmetric, of which the lower half counts.
pub struct Normal {
    pub unknowns: usize,
    /// Row after row.
    pub matrix: Vec<f64>,
    pub side: Vec<f64>,
}

impl Normal {
    pub fn new(unknowns: usize) -> Normal {
        Normal { unknowns, matrix: vec![0.0; unknowns * unknowns], side: vec![0.0; unknowns] }
    }

    /// Adds an equation `row x = target`.
    pub fn add(&mut self, row: &[f64], target: f64, weight: f64) {
        for (i, share) in row.iter().enumerate() {
            let share = weight * share;
            if share != 0.0 {
                let line = &mut self.matrix[i * self.unknowns..][..=i];
                line.iter_mut().zip(row).for_each(|(to, v)| *to += share * v);
                self.side[i] += share * target;
            }
        }
    }

    /// Adds `weight x_i^2` to the sum for each unknown.
    pub fn pull(&mut self, weight: f64) {
        (0..self.unknowns).for_each(|i| self.matrix[i * self.unknowns + i] += weight);
    }

    /// The equations of the unknowns from `first` on, the others being whatever suits these best (Schur's complement).
    pub fn without(mut self, first: usize) -> Normal {
        let n = self.unknowns;
        for k in 0..first {
            let pivot = self.matrix[k * n + k];
            if pivot.is_nan() || pivot <= 0.0 {
                continue;
            }
            let column: Vec<f64> = (k + 1..n).map(|i| self.matrix[i * n + k]).collect();
            for (i, share) in (k + 1..n).zip(&column) {
                let share = share / pivot;
                let line = &mut self.matrix[i * n + k + 1..=i * n + i];
                line.iter_mut().zip(&column).for_each(|(to, v)| *to -= share * v);
                self.side[i] -= share * self.side[k];
            }
        }
        let matrix = (first..n).flat_map(|i| self.matrix[i * n + first..(i + 1) * n].iter().copied()).collect();
        Normal { unknowns: n - first, matrix, side: self.side[first..].to_vec() }
    }

    /// The solution by Cholesky's factors; `None` where the matrix is not positive.
    pub fn solve(mut self) -> Option<Vec<f64>> {
        let n = self.unknowns;
        let greatest = (0..n).map(|i| self.matrix[i * n + i]).fold(0.0, f64::max);
        for i in 0..n {
            for j in 0..=i {
                let (upper, lower) = self.matrix.split_at_mut(i * n);
                let (of_j, known) = if j < i { (&upper[j * n..j * n + j], upper[j * n + j]) } else { (&[][..], 0.0) };
                let line = &mut lower[..n];
                if j < i {
                    let sum: f64 = line[..j].iter().zip(of_j).map(|(a, b)| a * b).sum();
                    line[j] = (line[j] - sum) / known;
                } else {
                    let pivot = line[i] - line[..i].iter().map(|v| v * v).sum::<f64>();
                    if !(pivot > 1e-13 * greatest && pivot.is_finite()) {
                        return None;
                    }
                    line[i] = pivot.sqrt();
                }
            }
            let row = &self.matrix[i * n..i * n + n];
            let sum: f64 = row[..i].iter().zip(&self.side).map(|(a, b)| a * b).sum();
            self.side[i] = (self.side[i] - sum) / row[i];
        }
        for i in (0..n).rev() {
            self.side[i] /= self.matrix[i * n + i];
            let value = self.side[i];
            let row = &self.matrix[i * n..i * n + i];
            self.side[..i].iter_mut().zip(row).for_each(|(s, v)| *s -= v * value);
        }
        self.side.iter().all(|v| v.is_finite()).then_some(self.side)
    }

    /// The solution with every unknown from 0 to 1: one unknown after the other, from a start, until none moves.
    pub fn solve_bounded(&self, start: &mut [f64]) {
        const MOST_SWEEPS: usize = 100;
        const STILL: f64 = 1e-5;
        let n = self.unknowns;
        let at = |i: usize, j: usize| self.matrix[i.max(j) * n + i.min(j)];
        let mut slope: Vec<f64> =
            (0..n).map(|i| self.side[i] - (0..n).map(|j| at(i, j) * start[j]).sum::<f64>()).collect();
        for _ in 0..MOST_SWEEPS {
            let mut moved: f64 = 0.0;
            for i in 0..n {
                let bend = at(i, i);
                if bend > 0.0 {
                    let value = (start[i] + slope[i] / bend).clamp(0.0, 1.0);
                    let change = value - start[i];
                    if change != 0.0 {
                        start[i] = value;
                        moved = moved.max(change.abs());
                        slope.iter_mut().enumerate().for_each(|(j, s)| *s -= at(i, j) * change);
                    }
                }
            }
            if moved < STILL {
                break;
            }
        }
    }
}
