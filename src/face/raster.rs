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
pub const ROWS: usize = 16;

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
    let Some(drawing) = Drawing::new(projected, triangles, (width, height), faces) else { return fragments };
    let Fragments { triangle, weights, depth, .. } = &mut fragments;
    let size = ROWS * width;
    triangle
        .par_chunks_mut(size)
        .zip(weights.par_chunks_mut(size))
        .zip(depth.par_chunks_mut(size))
        .enumerate()
        .for_each(|(number, ((triangle, weights), depth))| drawing.draw(number, triangle, weights, depth));
    fragments
}

/// [`rasterize`], a band of [`ROWS`] rows after the other: `work` is given the band's first row, what it shows, and its
/// `out`, of which there is one for each band. What was drawn is still near the processor, and no whole picture of it is
/// ever held.
pub fn in_bands<T: Send, R: Send>(
    (projected, triangles): (&Projected, &[[u32; 3]]),
    (width, height): (usize, usize),
    faces: Faces,
    outs: Vec<T>,
    work: impl Fn(usize, &Fragments, T) -> R + Sync,
) -> Vec<R> {
    let drawing = Drawing::new(projected, triangles, (width, height), faces);
    let bands = outs.into_par_iter().enumerate().take(height.div_ceil(ROWS));
    let band = |fragments: &mut Fragments, (number, out): (usize, T)| {
        let top = number * ROWS;
        let count = (height - top).min(ROWS) * width;
        fragments.clear();
        let Fragments { triangle, weights, depth, .. } = &mut *fragments;
        if let Some(drawing) = &drawing {
            drawing.draw(number, &mut triangle[..count], &mut weights[..count], &mut depth[..count]);
        }
        work(top, fragments, out)
    };
    bands.map_init(|| Fragments::empty(width, ROWS), band).collect()
}

/// Triangles ready to be drawn.
struct Drawing<'a> {
    projected: &'a Projected,
    triangles: &'a [[u32; 3]],
    size: (usize, usize),
    corners: Vec<bins::Corner>,
    bins: Bins,
}

impl<'a> Drawing<'a> {
    /// `None` for a picture without a pixel, or too large.
    fn new(projected: &'a Projected, triangles: &'a [[u32; 3]], size: (usize, usize), faces: Faces) -> Option<Self> {
        if size.0 == 0 || size.0.max(size.1) > usize::from(u16::MAX) {
            return None;
        }
        let corners = snapped(&projected.points);
        let bins = Bins::new(&corners, triangles, size, faces);
        Some(Drawing { projected, triangles, size, corners, bins })
    }

    /// Draws a band into its rows.
    fn draw(&self, number: usize, triangle: &mut [u32], weights: &mut [[f32; 3]], depth: &mut [f32]) {
        let (top, (width, height)) = (number * ROWS, self.size);
        let mut band = Band { width, top, bottom: (top + ROWS).min(height), triangle, weights, depth };
        for part in self.bins.of(number) {
            match self.projected.perspective {
                true => band.draw_all::<true>(part, self.triangles, &self.corners, &self.projected.points),
                false => band.draw_all::<false>(part, self.triangles, &self.corners, &self.projected.points),
            }
        }
    }
}

/// The triangle of each texel of a `size` x `size` texture, at the texels' centres: the atlas. Depends on the topology
/// only; where triangles overlap on the texture the first is taken.
pub fn atlas(topology: &Topology, size: usize) -> Fragments {
    let place = |[u, v]: &[f32; 2]| [u * size as f32, v * size as f32, 0.0];
    let points: Vec<Vec3> = topology.uv.iter().map(place).collect();
    rasterize(&Projected { points, perspective: false }, &topology.triangles, (size, size), Faces::Both)
}
