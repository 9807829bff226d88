//! Drawing triangles into a band of rows.

use super::Faces;
use super::bins::{Corner, PARTS, centres, oriented};
use crate::face::mesh::Vec3;

/// Width of a triangle's box from which on its rows' ends are reckoned.
const WIDE: usize = 12;
/// Pixels that are passed over together.
const BLOCK: usize = 8;

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
        let plane = Plane { id, near, inverse, swapped };
        let (columns, wide) = (left..right, right - left >= WIDE);
        for y in top..bottom {
            let start = (y - self.top) * self.width;
            let row = start + columns.start..start + columns.end;
            let cells = (&mut self.triangle[row.clone()], &mut self.weights[row.clone()], &mut self.depth[row]);
            match wide {
                true => plane.wide::<PERSPECTIVE>(cells, [e, f, g]),
                false => plane.narrow::<PERSPECTIVE>(cells, [e, f, g]),
            }
            e.value += e.down;
            f.value += f.down;
            g.value += g.down;
        }
    }
}

/// Cells of a row: number, weights and depth.
type Cells<'a> = (&'a mut [u32], &'a mut [[f32; 3]], &'a mut [f32]);

/// What covered pixels of a triangle show.
struct Plane {
    id: u32,
    /// Of the corners in clockwise order: what is linear over the picture.
    near: [f32; 3],
    /// 1 / twice the area.
    inverse: f32,
    swapped: bool,
}

impl Plane {
    /// A few pixels: each is asked whether it is inside.
    #[inline(always)]
    fn narrow<const PERSPECTIVE: bool>(&self, (triangle, weights, depth): Cells, [e, f, g]: [Edge; 3]) {
        let (mut u, mut v, mut w) = (e.value, f.value, g.value);
        let len = depth.len();
        let (triangle, weights) = (&mut triangle[..len], &mut weights[..len]);
        for i in 0..len {
            if u | v | w >= 0 {
                let cell = (&mut triangle[i], &mut weights[i], &mut depth[i]);
                self.cover::<PERSPECTIVE>(cell, [u + e.outside, v + f.outside, w + g.outside]);
            }
            (u, v, w) = (u + e.right, v + f.right, w + g.right);
        }
    }

    /// Many pixels: those inside are reckoned, and blocks that lie well behind what is there are passed over.
    fn wide<const PERSPECTIVE: bool>(&self, (triangle, weights, depth): Cells, [e, f, g]: [Edge; 3]) {
        let Some(inside) = span([e, f, g], depth.len()) else { return };
        let at = |i: usize, edge: Edge| edge.value + i as i64 * edge.right + edge.outside;
        let sum = |u: i64, v: i64, w: i64| {
            (u as f32 * self.near[0] + v as f32 * self.near[1] + w as f32 * self.near[2]) * self.inverse
        };
        let first = sum(at(inside.start, e), at(inside.start, f), at(inside.start, g));
        let step = sum(e.right, f.right, g.right);
        let mut from = inside.start;
        while from < inside.end {
            let to = (from + BLOCK).min(inside.end);
            let here = first + step * (from - inside.start) as f32;
            let behind = |block: &[f32; BLOCK]| {
                // Without a branch, which vectors would not have.
                (0..BLOCK).fold(true, |all, k| all & ((here + step * k as f32) * -block[k] < 0.9999))
            };
            if !(PERSPECTIVE && depth[from..to].first_chunk().is_some_and(behind)) {
                for i in from..to {
                    let cell = (&mut triangle[i], &mut weights[i], &mut depth[i]);
                    self.cover::<PERSPECTIVE>(cell, [at(i, e), at(i, f), at(i, g)]);
                }
            }
            from = to;
        }
    }

    /// Shows the triangle at a pixel inside it unless something nearer is there; `areas` are those of the edges.
    #[inline(always)]
    fn cover<const PERSPECTIVE: bool>(
        &self,
        (triangle, weights, shown): (&mut u32, &mut [f32; 3], &mut f32),
        areas: [i64; 3],
    ) {
        let (a, b, c) =
            (areas[0] as f32 * self.inverse, areas[1] as f32 * self.inverse, areas[2] as f32 * self.inverse);
        let (p, q, r) = (a * self.near[0], b * self.near[1], c * self.near[2]);
        let sum = p + q + r;
        // Surely behind, by more than rounding: known without a division.
        if PERSPECTIVE && sum * -*shown < 0.999_99 {
            return;
        }
        let depth = if PERSPECTIVE { -1.0 / sum } else { sum };
        if depth > *shown {
            let [a, b, c] = if PERSPECTIVE { [p / sum, q / sum, r / sum] } else { [a, b, c] };
            *shown = depth;
            *triangle = self.id;
            *weights = if self.swapped { [a, c, b] } else { [a, b, c] };
        }
    }
}

/// The pixels of a row, of `len` from the edges' places on, that lie inside all three.
fn span(edges: [Edge; 3], len: usize) -> Option<std::ops::Range<usize>> {
    let (mut from, mut to) = (0, len as i64);
    for Edge { value, right, .. } in edges {
        match right {
            0 if value < 0 => return None,
            0 => {}
            right if right > 0 && value < 0 => from = from.max((-value + right - 1) / right),
            right if right > 0 => {}
            _ if value < 0 => return None,
            right => to = to.min(value / -right + 1),
        }
    }
    (from < to).then_some(from as usize..to as usize)
}
