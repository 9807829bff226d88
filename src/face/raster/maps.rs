//! Maps of what a camera sees: depth, normals, and the projected normalised coordinate code.

use super::Fragments;
use crate::face::mesh::Vec3;
use crate::face::picture::Picture;

/// Depth from 1 at the nearest pixel to `far` at the farthest, 0 where nothing is: H x W x 1.
pub fn depth(fragments: &Fragments, far: f32) -> Picture {
    let seen = || fragments.depth.iter().copied().filter(|z| z.is_finite());
    let (low, high) = seen().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), z| (l.min(z), h.max(z)));
    let range = (high - low).max(f32::MIN_POSITIVE);
    let shade = |z: &f32| if z.is_finite() { far + (1.0 - far) * (z - low) / range } else { 0.0 };
    let data = fragments.depth.iter().map(shade).collect();
    Picture { width: fragments.width, height: fragments.height, channels: 1, data }
}

/// Normals as colours, `(n + 1) / 2`, of the vertices' normals as they are given (turn them first to see the camera's);
/// 0 where nothing is: H x W x 3.
pub fn normals(fragments: &Fragments, triangles: &[[u32; 3]], normals: &[Vec3]) -> Picture {
    let mut data = fragments.directions(triangles, normals);
    for (pixel, normal) in data.iter_mut().enumerate() {
        *normal = if fragments.covers(pixel) { normal.map(|v| 0.5 * v + 0.5) } else { [0.0; 3] };
    }
    Picture { width: fragments.width, height: fragments.height, channels: 3, data: data.into_flattened() }
}

/// The colours of a mean face's vertices: each coordinate from 0 at its least to 1 at its greatest (Zhu et al., "Face
/// Alignment Across Large Poses: A 3D Solution", CVPR 2016, equation 7).
pub fn coordinate_code(mean: &[Vec3]) -> Vec<Vec3> {
    let mut low = [f32::INFINITY; 3];
    let mut high = [f32::NEG_INFINITY; 3];
    for p in mean {
        for k in 0..3 {
            low[k] = low[k].min(p[k]);
            high[k] = high[k].max(p[k]);
        }
    }
    let code = |p: &Vec3| [0, 1, 2].map(|k| (p[k] - low[k]) / (high[k] - low[k]).max(f32::MIN_POSITIVE));
    mean.iter().map(code).collect()
}

/// PNCC: the mean face's colours on a face seen by a camera, 0 where nothing is: H x W x 3.
pub fn pncc(fragments: &Fragments, triangles: &[[u32; 3]], mean: &[Vec3]) -> Picture {
    fragments.picture(triangles, &coordinate_code(mean), [0.0; 3])
}
