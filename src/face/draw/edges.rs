//! Lines along the edges of the triangles that are seen.

use crate::face::mesh::Vec3;
use crate::face::picture::Picture;
use crate::face::raster::Fragments;

/// How much of each pixel lies within `half` pixels of an edge of the triangle that it shows: 0 or 1, H x W x 1.
/// `points` are the corners on the picture. What is hidden has no lines.
pub fn edges(fragments: &Fragments, triangles: &[[u32; 3]], points: &[Vec3], half: f32) -> Picture {
    let mut out = Picture::new(fragments.width, fragments.height, 1);
    for (pixel, value) in out.data.iter_mut().enumerate() {
        let Some(corners) = triangles.get(fragments.triangle[pixel] as usize) else { continue };
        let centre = [(pixel % fragments.width) as f32 + 0.5, (pixel / fragments.width) as f32 + 0.5];
        let near = |k: usize| {
            let (p, q) = (points[corners[k] as usize], points[corners[(k + 1) % 3] as usize]);
            from_line(centre, p, q) <= half
        };
        *value = if near(0) || near(1) || near(2) { 1.0 } else { 0.0 };
    }
    out
}

/// The distance of a point from the line through two points.
fn from_line([x, y]: [f32; 2], p: Vec3, q: Vec3) -> f32 {
    let (dx, dy) = (q[0] - p[0], q[1] - p[1]);
    ((x - p[0]) * dy - (y - p[1]) * dx).abs() / dx.hypot(dy).max(f32::MIN_POSITIVE)
}
