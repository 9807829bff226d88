//! The scaled orthographic pose of known points, by least squares.

use super::Error;
use super::linear::Normal;
use super::points::Point;

/// `place = scale * (first two rows) point + shift`, with y up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    pub rows: [Point; 3],
    pub scale: f64,
    pub shift: [f64; 2],
}

/// A point of the model, where it is seen (y up) and how much it counts.
#[derive(Clone, Copy, Debug)]
pub struct Match {
    pub point: Point,
    pub seen: [f64; 2],
    pub weight: f64,
}

/// Gauss-Newton steps after the linear solution.
const STEPS: usize = 4;

pub fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Point, b: Point) -> Point {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

impl View {
    /// The view that brings the points nearest to where they are seen.
    pub fn of(matches: &[Match]) -> Result<View, Error> {
        let mut view = linear(matches)?;
        for _ in 0..STEPS {
            view = view.refined(matches).unwrap_or(view);
        }
        let numbers = view.rows.as_flattened().iter().chain(&view.shift).chain([&view.scale]);
        let sound = numbers.into_iter().all(|v| v.is_finite()) && view.scale > 0.0;
        if sound { Ok(view) } else { Err(Error::Diverged) }
    }

    /// Where a point is seen.
    pub fn place(&self, point: Point) -> [f64; 2] {
        [0, 1].map(|k| self.scale * dot(self.rows[k], point) + self.shift[k])
    }

    /// How the two coordinates of a place change with a small turn about the three axes, the scale's logarithm and the
    /// shift.
    pub fn moves(&self, point: Point) -> [[f64; 6]; 2] {
        let [x, y, z] = self.rows.map(|row| self.scale * dot(row, point));
        [[0.0, z, -y, x, 1.0, 0.0], [-z, 0.0, x, y, 0.0, 1.0]]
    }

    /// One Gauss-Newton step.
    fn refined(&self, matches: &[Match]) -> Option<View> {
        let mut normal = Normal::new(6);
        for Match { point, seen, weight } in matches {
            let (place, moves) = (self.place(*point), self.moves(*point));
            (0..2).for_each(|k| normal.add(&moves[k], seen[k] - place[k], *weight));
        }
        let change = normal.solve()?;
        let turn = rotation([change[0], change[1], change[2]]);
        let column = |c: usize| self.rows.map(|row| row[c]);
        Some(View {
            rows: turn.map(|row| [0, 1, 2].map(|c| dot(row, column(c)))),
            scale: self.scale * change[3].clamp(-0.5, 0.5).exp(),
            shift: [self.shift[0] + change[4], self.shift[1] + change[5]],
        })
    }
}

/// The affine camera of least squares, and of it the nearest scaled rotation.
fn linear(matches: &[Match]) -> Result<View, Error> {
    let total: f64 = matches.iter().map(|m| m.weight).sum();
    let mean = |value: &dyn Fn(&Match) -> f64| matches.iter().map(|m| m.weight * value(m)).sum::<f64>() / total;
    let centre = [0, 1, 2].map(|k| mean(&|m| m.point[k]));
    let middle = [0, 1].map(|k| mean(&|m| m.seen[k]));
    spread(matches, middle, total)?;
    let row = |k: usize| {
        let mut normal = Normal::new(3);
        for m in matches {
            let point = [0, 1, 2].map(|axis| m.point[axis] - centre[axis]);
            normal.add(&point, m.seen[k] - middle[k], m.weight);
        }
        let solved = normal.solve().ok_or(Error::Degenerate)?;
        Ok([solved[0], solved[1], solved[2]])
    };
    let (a, b) = (row(0)?, row(1)?);
    // The polar factor of the 2 x 3 matrix `M` is `(M M^T)^(-1/2) M`; the root of a 2 x 2 matrix `A` of determinant d^2
    // and trace t is `(A + d) / sqrt(t + 2 d)`. The scale is the mean of the singular values.
    let (aa, ab, bb) = (dot(a, a), dot(a, b), dot(b, b));
    let both = (aa * bb - ab * ab).max(0.0).sqrt();
    let sum = (aa + bb + 2.0 * both).sqrt();
    if both.is_nan() || both <= 1e-9 * (aa + bb) {
        return Err(Error::Degenerate);
    }
    let mix = |p: f64, q: f64| [0, 1, 2].map(|k| (p * a[k] + q * b[k]) / (both * sum));
    let (first, second) = (mix(bb + both, -ab), mix(-ab, aa + both));
    let rows = [first, second, cross(first, second)];
    let scale = sum / 2.0;
    let shift = [0, 1].map(|k| middle[k] - scale * dot(rows[k], centre));
    Ok(View { rows, scale, shift })
}

/// Whether the places spread over the plane.
fn spread(matches: &[Match], middle: [f64; 2], total: f64) -> Result<(), Error> {
    let moment = |i: usize, j: usize| {
        matches.iter().map(|m| m.weight * (m.seen[i] - middle[i]) * (m.seen[j] - middle[j])).sum::<f64>() / total
    };
    let (xx, xy, yy) = (moment(0, 0), moment(0, 1), moment(1, 1));
    let size = middle[0].abs().max(middle[1].abs()).max(1e-300);
    let broad = xx * yy - xy * xy > 1e-6 * (xx + yy) * (xx + yy);
    if broad && (xx + yy).sqrt() > 1e-6 * size { Ok(()) } else { Err(Error::Degenerate) }
}

/// The rotation about a vector by its length (Rodrigues).
fn rotation(axis: Point) -> [Point; 3] {
    let angle = dot(axis, axis).sqrt();
    let [x, y, z] = axis.map(|v| if angle > 0.0 { v / angle } else { 0.0 });
    let (s, c) = angle.sin_cos();
    let d = 1.0 - c;
    [
        [c + x * x * d, x * y * d - z * s, x * z * d + y * s],
        [y * x * d + z * s, c + y * y * d, y * z * d - x * s],
        [z * x * d - y * s, z * y * d + x * s, c + z * z * d],
    ]
}
