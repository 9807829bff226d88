//! Drawing triangles into a band of rows.

use super::Faces;
use super::bins::{Corner, PARTS, centres, oriented};
use crate::face::mesh::Vec3;

/// Rows of a picture from `top` to before `bottom`.
pub struct Band<'a> {
    pub width: usize,
    pub top: usize,
    pub bottom: usize,
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
    #[inline(always)]
    fn new(p: Corner, q: Corner, (x, y): (usize, usize)) -> Edge {
        let (px, py) = (i64::from(p[0]), i64::from(p[1]));
        let (dx, dy) = (i64::from(q[0]) - px, i64::from(q[1]) - py);
        let centre = |i: usize| i as i64 * i64::from(PARTS) + i64::from(PARTS / 2);
        // A left edge goes up, a top edge to the right.
        let outside = i64::from(!(dy < 0 || (dy == 0 && dx > 0)));
        let value = dx * (centre(y) - py) - dy * (centre(x) - px) - outside;
        Edge { value, right: -dy * i64::from(PARTS), down: dx * i64::from(PARTS), outside }
    }
}

impl Band<'_> {
    /// Draws the triangles of these numbers, which have been found to reach this band.
    pub fn draw_all<const PERSPECTIVE: bool>(
        &mut self,
        numbers: &[u32],
        triangles: &[[u32; 3]],
        corners: &[Corner],
        points: &[Vec3],
    ) {
        for &id in numbers {
            self.draw::<PERSPECTIVE>(id, triangles[id as usize], corners, points);
        }
    }

    #[inline(always)]
    fn draw<const PERSPECTIVE: bool>(&mut self, id: u32, triangle: [u32; 3], corners: &[Corner], points: &[Vec3]) {
        // What is not to be drawn is in no bin.
        let Some(([a, b, c], area, swapped)) = oriented(corners, triangle, Faces::Both) else { return };
        let (left, right) = centres([a[0], b[0], c[0]], self.width);
        let (top, bottom) = centres([a[1], b[1], c[1]], self.bottom);
        let top = top.max(self.top);
        let first = (left, top);
        let (mut e, mut f, mut g) = (Edge::new(b, c, first), Edge::new(c, a, first), Edge::new(a, b, first));
        let [p, q, r] = triangle;
        let [q, r] = if swapped { [r, q] } else { [q, r] };
        let near = [points[p as usize][2], points[q as usize][2], points[r as usize][2]];
        let inverse = 1.0 / area as f32;
        for y in top..bottom {
            let start = (y - self.top) * self.width;
            let (mut u, mut v, mut w) = (e.value, f.value, g.value);
            for pixel in start + left..start + right {
                if u | v | w >= 0 {
                    let share = |value: i64, edge: Edge| (value + edge.outside) as f32 * inverse;
                    self.cover::<PERSPECTIVE>(pixel, id, [share(u, e), share(v, f), share(w, g)], near, swapped);
                }
                (u, v, w) = (u + e.right, v + f.right, w + g.right);
            }
            e.value += e.down;
            f.value += f.down;
            g.value += g.down;
        }
    }

    /// Shows a triangle at a pixel unless something nearer is there.
    #[inline(always)]
    fn cover<const PERSPECTIVE: bool>(
        &mut self,
        pixel: usize,
        id: u32,
        [a, b, c]: [f32; 3],
        near: [f32; 3],
        swapped: bool,
    ) {
        let (p, q, r) = (a * near[0], b * near[1], c * near[2]);
        let sum = p + q + r;
        let depth = if PERSPECTIVE { -1.0 / sum } else { sum };
        if depth > self.depth[pixel] {
            let [a, b, c] = if PERSPECTIVE { [p / sum, q / sum, r / sum] } else { [a, b, c] };
            self.depth[pixel] = depth;
            self.triangle[pixel] = id;
            self.weights[pixel] = if swapped { [a, c, b] } else { [a, b, c] };
        }
    }
}
