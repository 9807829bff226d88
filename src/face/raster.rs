//! The rasterizer: which triangle of a mesh each pixel shows, and where in it.
//!
//! Corners are snapped to 1/4096 pixel and coverage is decided in whole numbers, so it is exact: a pixel is covered where
//! its centre lies inside, and a centre on an edge that two triangles share belongs to one of them (top-left rule, as
//! Direct3D and OpenGL have it). The nearest triangle is seen; of two equally near the first in the mesh. The picture is
//! drawn in bands of rows on all cores, each band through its triangles in the mesh's order, so that the number of
//! threads changes nothing.
//!
//! A triangle with a corner that cannot be placed (nearer than a perspective camera's near plane, not finite, more than
//! 65536 pixels away from the picture's corner, or no vertex of the mesh) is left out whole: nothing is clipped.

mod band;
mod bins;
mod fragments;
pub mod maps;
#[cfg(test)]
mod tests;

use super::camera::Projected;
use super::mesh::{Topology, Vec3};
use band::Band;
use bins::{Bins, snapped};
use rayon::prelude::*;

pub use fragments::{Fragments, NONE};

/// Rows of a band.
const ROWS: usize = 16;

/// Which sides of triangles are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faces {
    /// Those that are counter-clockwise on the picture.
    Front,
    Both,
}

/// Draws triangles into `width` x `height` pixels (at most 65535 each; larger pictures stay empty).
pub fn rasterize(
    projected: &Projected,
    triangles: &[[u32; 3]],
    (width, height): (usize, usize),
    faces: Faces,
) -> Fragments {
    let mut fragments = Fragments::empty(width, height);
    if width == 0 || width.max(height) > usize::from(u16::MAX) {
        return fragments;
    }
    let corners = snapped(&projected.points);
    let bins = Bins::new(&corners, triangles, (width, height), faces);
    let Fragments { triangle, weights, depth, .. } = &mut fragments;
    let size = ROWS * width;
    triangle
        .par_chunks_mut(size)
        .zip(weights.par_chunks_mut(size))
        .zip(depth.par_chunks_mut(size))
        .enumerate()
        .for_each(|(number, ((triangle, weights), depth))| {
            let top = number * ROWS;
            let mut band = Band { width, top, bottom: (top + ROWS).min(height), triangle, weights, depth };
            for part in bins.of(number) {
                match projected.perspective {
                    true => band.draw_all::<true>(part, triangles, &corners, &projected.points),
                    false => band.draw_all::<false>(part, triangles, &corners, &projected.points),
                }
            }
        });
    fragments
}

/// The triangle of each texel of a `size` x `size` texture, at the texels' centres: the atlas. Depends on the topology
/// only; where triangles overlap on the texture the first is taken.
pub fn atlas(topology: &Topology, size: usize) -> Fragments {
    let place = |[u, v]: &[f32; 2]| [u * size as f32, v * size as f32, 0.0];
    let points: Vec<Vec3> = topology.uv.iter().map(place).collect();
    rasterize(&Projected { points, perspective: false }, &topology.triangles, (size, size), Faces::Both)
}
