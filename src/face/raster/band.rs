//! Drawing triangles into a band of rows.

use super::Faces;
use super::bins::{Corner, PARTS, centres, oriented};
use crate::face::mesh::Vec3;

/// Rows of a picture from `top` on.
pub struct Band<'a> {
    pub width: usize,
    pub top: usize,
    pub triangle: &'a mut [u32],
    pub weights: &'a mut [[f32; 3]],
    pub depth: &'a mut [f32],
}

/// Twice the area of an edge and a pixel's centre: its value at a place and its steps to the right and down. Above 0
/// inside.
#[derive(Clone, Copy)]
struct Edge {
    /// At the first centre; lower by 1 than the area where the edge itself is outside.
    value: i64,
    right: i64,
    down: i64,
    /// 1 where centres on the edge belong to the neighbour.
    outside: i64,
}

impl Edge {
    /// From `p` to `q`, with the inside to its right, seen from the centre of pixel `x`, `y`.
    fn new(p: Corner, q: Corner, (x, y): (usize, usize)) -> Edge {
        let [px, py, qx, qy] = [p[0], p[1], q[0], q[1]].map(i64::from);
        let (dx, dy) = (qx - px, qy - py);
        let centre = |i: usize| i as i64 * i64::from(PARTS) + i64::from(PARTS / 2);
        // A left edge goes up, a top edge to the right.
        let outside = i64::from(!(dy < 0 || (dy == 0 && dx > 0)));
        let value = dx * (centre(y) - py) - dy * (centre(x) - px) - outside;
        Edge { value, right: -dy * i64::from(PARTS), down: dx * i64::from(PARTS), outside }
    }
}

impl Band<'_> {
    /// Draws one triangle, which has been found to reach this band.
    #[inline]
    pub fn draw<const PERSPECTIVE: bool>(&mut self, id: u32, triangle: [u32; 3], corners: &[Corner], points: &[Vec3]) {
        // What is not to be drawn is in no bin.
        let Some(([a, b, c], area, swapped)) = oriented(corners, triangle, Faces::Both) else { return };
        let rows = self.triangle.len() / self.width;
        let (left, right) = centres([a[0], b[0], c[0]], self.width);
        let (top, bottom) = centres([a[1], b[1], c[1]], self.top + rows);
        let top = top.max(self.top);
        let first = (left, top);
        let mut edges = [Edge::new(b, c, first), Edge::new(c, a, first), Edge::new(a, b, first)];
        let [p, q, r] = triangle.map(|i| points[i as usize][2]);
        let near = if swapped { [p, r, q] } else { [p, q, r] };
        let inverse = 1.0 / area as f32;
        for y in top..bottom {
            let start = (y - self.top) * self.width;
            let mut values = edges.map(|e| e.value);
            for pixel in start + left..start + right {
                if values[0] | values[1] | values[2] >= 0 {
                    let weights = [0, 1, 2].map(|k| (values[k] + edges[k].outside) as f32 * inverse);
                    self.cover::<PERSPECTIVE>(pixel, id, weights, near, swapped);
                }
                values.iter_mut().zip(&edges).for_each(|(v, e)| *v += e.right);
            }
            edges.iter_mut().for_each(|e| e.value += e.down);
        }
    }

    /// Shows a triangle at a pixel unless something nearer is there.
    #[inline]
    fn cover<const PERSPECTIVE: bool>(
        &mut self,
        pixel: usize,
        id: u32,
        [a, b, c]: [f32; 3],
        near: [f32; 3],
        swapped: bool,
    ) {
        let parts = [a * near[0], b * near[1], c * near[2]];
        let sum = parts[0] + parts[1] + parts[2];
        let depth = if PERSPECTIVE { -1.0 / sum } else { sum };
        if depth > self.depth[pixel] {
            let [a, b, c] = if PERSPECTIVE { parts.map(|p| p / sum) } else { [a, b, c] };
            self.depth[pixel] = depth;
            self.triangle[pixel] = id;
            self.weights[pixel] = if swapped { [a, c, b] } else { [a, b, c] };
        }
    }
}
