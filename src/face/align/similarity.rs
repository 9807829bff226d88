//! Turn, scale and shift in the plane.

/// p to (a x - b y + shift x, b x + a y + shift y).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    pub a: f32,
    pub b: f32,
    pub shift: [f32; 2],
}

impl Similarity {
    /// The one with the least sum of squared distances from `from`, moved, to `to`; `None` for points that all lie in one
    /// place, are not finite or not as many.
    pub fn fit(from: &[[f32; 2]], to: &[[f32; 2]]) -> Option<Similarity> {
        if from.len() != to.len() || from.is_empty() {
            return None;
        }
        let (middle, goal) = (mean(from), mean(to));
        let (mut along, mut across, mut squares) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(to) {
            let (p, q) = (less(p, middle), less(q, goal));
            along += p[0] * q[0] + p[1] * q[1];
            across += p[0] * q[1] - p[1] * q[0];
            squares += p[0] * p[0] + p[1] * p[1];
        }
        let (a, b) = (along / squares, across / squares);
        let shift = [goal[0] - a * middle[0] + b * middle[1], goal[1] - b * middle[0] - a * middle[1]];
        let usable = squares > 0.0 && [a, b, shift[0], shift[1]].iter().all(|v| v.is_finite());
        usable.then(|| Similarity { a: a as f32, b: b as f32, shift: shift.map(|v| v as f32) })
    }

    /// A point, moved.
    pub fn of(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [self.a * x - self.b * y + self.shift[0], self.b * x + self.a * y + self.shift[1]]
    }

    pub fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }

    /// Degrees, clockwise as pictures are seen.
    pub fn turn(&self) -> f32 {
        self.b.atan2(self.a).to_degrees()
    }

    /// What undoes it; `None` where it brings all to one place.
    pub fn inverse(&self) -> Option<Similarity> {
        let square = self.a * self.a + self.b * self.b;
        if !(square > 0.0 && square.is_finite()) {
            return None;
        }
        let (a, b) = (self.a / square, -self.b / square);
        let [x, y] = self.shift;
        Some(Similarity { a, b, shift: [-a * x + b * y, -b * x - a * y] })
    }
}

fn mean(points: &[[f32; 2]]) -> [f64; 2] {
    let sum = |k: usize| points.iter().map(|p| f64::from(p[k])).sum::<f64>();
    [sum(0) / points.len() as f64, sum(1) / points.len() as f64]
}

fn less(p: &[f32; 2], middle: [f64; 2]) -> [f64; 2] {
    [f64::from(p[0]) - middle[0], f64::from(p[1]) - middle[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five points of a photo, and what Umeyama's closed form has for ArcFace's template:
    /// ```text
    /// import numpy as np
    /// src = np.array([[141.2, 180.4], [203.9, 171.1], [176.3, 214.8], [154.6, 250.2], [207.1, 242.5]])
    /// dst = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
    /// p, q = src - src.mean(0), dst - dst.mean(0)
    /// U, S, Vt = np.linalg.svd(q.T @ p / 5)
    /// d = np.array([1.0, np.sign(np.linalg.det(U) * np.linalg.det(Vt))])
    /// R = U @ np.diag(d) @ Vt
    /// s = (S * d).sum() / p.var(0).sum()
    /// print(s * R, dst.mean(0) - s * R @ src.mean(0))
    /// ```
    #[test]
    fn a_fit_is_umeyamas() {
        let from = [[141.2, 180.4], [203.9, 171.1], [176.3, 214.8], [154.6, 250.2], [207.1, 242.5]];
        let to = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]];
        let found = Similarity::fit(&from, &to).unwrap();
        let wanted = [0.559_572_6, 0.069_285_5, -28.130_888, -58.853_905];
        for (found, wanted) in [found.a, found.b, found.shift[0], found.shift[1]].into_iter().zip(wanted) {
            assert!((found - wanted).abs() < 2e-5 * wanted.abs().max(1.0), "{found} {wanted}");
        }
    }

    #[test]
    fn a_similarity_is_found_again_and_undone() {
        let known = Similarity { a: 0.3, b: -0.2, shift: [5.0, 9.0] };
        let points = [[1.0, 2.0], [50.0, 3.0], [20.0, 70.0]];
        let moved = points.map(|p| known.of(p));
        let found = Similarity::fit(&points, &moved).unwrap();
        let back = found.inverse().unwrap();
        for (p, q) in points.iter().zip(moved) {
            let again = back.of(q);
            assert!((again[0] - p[0]).abs() < 1e-3 && (again[1] - p[1]).abs() < 1e-3, "{again:?} {p:?}");
        }
        assert!((found.scale() - 0.13_f32.sqrt()).abs() < 1e-6);
        for wrong in [&[[3.0, 3.0]; 3][..], &[[f32::NAN, 0.0], [1.0, 1.0], [2.0, 0.0]], &points[..2]] {
            assert_eq!(Similarity::fit(wrong, &moved), None);
        }
    }
}
