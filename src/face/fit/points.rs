//! The part of a model that a fit needs: a few of its vertices with all that moves them, in f64.

use crate::face::morphable::{Basis, Morphable};

/// A point or direction.
pub type Point = [f64; 3];

/// Some vertices of a model.
pub struct Points {
    pub vertices: Vec<u32>,
    mean: Vec<Point>,
    pub identity: Modes,
    pub expression: Modes,
}

/// What a basis does to the points: point after point, axis after axis, mode after mode.
pub struct Modes {
    pub count: usize,
    moves: Vec<f64>,
}

impl Points {
    /// The first modes of a model at these vertices, which must be vertices of the mean.
    pub fn new(model: &Morphable, vertices: Vec<u32>, identity: usize, expression: usize) -> Points {
        let mean = vertices.iter().map(|v| model.mean[*v as usize].map(f64::from)).collect();
        let identity = Modes::new(&model.identity, &vertices, identity);
        let expression = Modes::new(&model.expression, &vertices, expression);
        Points { vertices, mean, identity, expression }
    }

    /// Where the points lie.
    pub fn placed(&self, identity: &[f64], expression: &[f64]) -> Vec<Point> {
        let place = |(p, mean): (usize, &Point)| {
            let (by_identity, by_expression) = (self.identity.sum(p, identity), self.expression.sum(p, expression));
            [0, 1, 2].map(|axis| mean[axis] + by_identity[axis] + by_expression[axis])
        };
        self.mean.iter().enumerate().map(place).collect()
    }

    /// The vertices of the mean face.
    pub fn mean(&self) -> &[Point] {
        &self.mean
    }
}

impl Modes {
    fn new(basis: &Basis, vertices: &[u32], most: usize) -> Modes {
        let count = if basis.is_empty() { 0 } else { basis.len().min(most) };
        let mut moves = vec![0.0; vertices.len() * 3 * count];
        for k in 0..count {
            let mode = basis.mode(k);
            for (p, vertex) in vertices.iter().enumerate() {
                for axis in 0..3 {
                    moves[(p * 3 + axis) * count + k] = f64::from(mode[*vertex as usize][axis]);
                }
            }
        }
        Modes { count, moves }
    }

    /// What each mode does to a point along an axis.
    fn of(&self, point: usize, axis: usize) -> &[f64] {
        &self.moves[(point * 3 + axis) * self.count..][..self.count]
    }

    /// What all modes together do to a point.
    pub fn sum(&self, point: usize, coefficients: &[f64]) -> Point {
        [0, 1, 2].map(|axis| self.of(point, axis).iter().zip(coefficients).map(|(m, c)| m * c).sum())
    }

    /// What each mode does to a point along a direction.
    pub fn along(&self, point: usize, direction: Point, out: &mut [f64]) {
        let axes = [0, 1, 2].map(|axis| self.of(point, axis));
        for (k, out) in out.iter_mut().enumerate() {
            *out = direction[0] * axes[0][k] + direction[1] * axes[1][k] + direction[2] * axes[2][k];
        }
    }
}
