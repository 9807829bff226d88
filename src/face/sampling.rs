//! Rendering as fixed sampling: where each pixel of a view reads the texture, so that a view is differentiable in the
//! texture by `tensor::ops::grid_sample` alone.
//!
//! Yin, "Towards 3D face synthesis", thesis, section 4.3.2: with shape and pose fixed, a render of a texture is
//! `grid_sample(texture, grid) * coverage`. Grids are in the coordinates of torch's `grid_sample` with
//! `align_corners = false`: -1 and 1 are the outer edges of the texture, so that `g = 2 u - 1` for every texture size.

use super::camera::Camera;
use super::mesh::{Topology, Vec3};
use super::picture::Picture;
use super::raster::{Faces, Fragments, rasterize};
use rayon::prelude::*;

/// What pixels that show nothing read: far beyond every edge, so that a border of zeros leaves them 0.
pub const NOWHERE: [f32; 2] = [-4.0, -4.0];

/// The grids of N views of H x W pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampling {
    pub width: usize,
    pub height: usize,
    /// N x H x W x 2: across and down the texture; [`NOWHERE`] where nothing is.
    pub grid: Vec<[f32; 2]>,
    /// N x 1 x H x W: 1 where the mesh is seen, else 0.
    pub coverage: Vec<f32>,
}

impl Sampling {
    /// No views yet.
    pub fn empty(width: usize, height: usize) -> Sampling {
        Sampling { width, height, ..Sampling::default() }
    }

    /// Adds a view of a mesh, whose front faces are drawn.
    pub fn view(&mut self, topology: &Topology, positions: &[Vec3], camera: &Camera) {
        let size = (self.width, self.height);
        let fragments = rasterize(&camera.project(positions), &topology.triangles, size, Faces::Front);
        self.push(&fragments, topology);
    }

    /// Adds a view that has been drawn at this size.
    pub fn push(&mut self, fragments: &Fragments, topology: &Topology) {
        debug_assert_eq!((fragments.width, fragments.height), (self.width, self.height));
        // Where nothing is this becomes NOWHERE.
        let nothing = [(NOWHERE[0] + 1.0) / 2.0, (NOWHERE[1] + 1.0) / 2.0];
        let places = fragments.interpolate(&topology.triangles, &topology.uv, nothing);
        self.grid.extend(places.iter().map(|[u, v]| [2.0 * u - 1.0, 2.0 * v - 1.0]));
        self.coverage.extend(fragments.coverage().data);
    }

    /// N.
    pub fn views(&self) -> usize {
        self.grid.len() / (self.width * self.height).max(1)
    }

    /// One view of a texture: what the operation gives with replicated borders, times the coverage.
    pub fn read(&self, view: usize, texture: &Picture) -> Picture {
        let count = self.width * self.height;
        let (grid, coverage) = (&self.grid[view * count..][..count], &self.coverage[view * count..][..count]);
        let mut out = Picture::new(self.width, self.height, texture.channels);
        let (width, height) = (texture.width as f32 / 2.0, texture.height as f32 / 2.0);
        let row = self.width * texture.channels;
        out.data.par_chunks_mut(row.max(1)).enumerate().for_each(|(y, line)| {
            for (x, pixel) in line.chunks_exact_mut(texture.channels).enumerate() {
                let i = y * self.width + x;
                if coverage[i] > 0.0 {
                    texture.sample((grid[i][0] + 1.0) * width, (grid[i][1] + 1.0) * height, pixel);
                }
            }
        });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::camera::{Orthographic, Rotation};

    #[test]
    fn a_flat_mesh_shows_its_texture_and_nothing_around_it() {
        let grid = Topology::grid(3, 3);
        let positions: Vec<Vec3> = grid.uv.iter().map(|[u, v]| [4.0 * u, -3.0 * v, 0.0]).collect();
        let texture =
            Picture { width: 4, height: 3, channels: 1, data: (0..12).map(|i| (i * i) as f32 + 1.0).collect() };
        let mut sampling = Sampling::empty(6, 5);
        for centre in [[1.0, 1.0], [0.0, 2.0]] {
            let camera = Orthographic { scale: 1.0, rotation: Rotation::IDENTITY, centre };
            sampling.view(&grid, &positions, &Camera::Orthographic(camera));
        }
        assert_eq!(sampling.views(), 2);
        for (view, (left, top)) in [(1, 1), (0, 2)].into_iter().enumerate() {
            let seen = sampling.read(view, &texture);
            for i in 0..30 {
                let (x, y) = (i % 6, i / 6);
                let inside = (left..left + 4).contains(&x) && (top..top + 3).contains(&y);
                let wanted = if inside { texture.at(x - left, y - top)[0] } else { 0.0 };
                assert!((seen.data[i] - wanted).abs() < 1e-3, "{view}: {x} {y}: {} {wanted}", seen.data[i]);
                assert_eq!(sampling.coverage[view * 30 + i], if inside { 1.0 } else { 0.0 });
                assert_eq!(sampling.grid[view * 30 + i] == NOWHERE, !inside);
            }
        }
    }
}
