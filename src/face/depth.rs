//! Depth of a mesh seen along z, and which of its points are seen.

use super::camera::Projected;
use super::mesh::{Topology, Vec3};
use super::raster::{Faces, rasterize};

/// A square depth map over the mesh's bounding box; greater z is nearer.
pub struct Depth {
    size: usize,
    /// Pixels for one unit, and what is added before scaling.
    scale: f32,
    offset: [f32; 2],
    nearest: Vec<f32>,
}

impl Depth {
    /// Draws turned positions into `size` x `size` pixels.
    pub fn draw(topology: &Topology, positions: &[Vec3], size: usize) -> Depth {
        let range = |axis: usize| {
            positions.iter().fold((f32::MAX, f32::MIN), |(low, high), p| (low.min(p[axis]), high.max(p[axis])))
        };
        let ((left, right), (bottom, top)) = (range(0), range(1));
        let scale = (size as f32 - 2.0) / (right - left).max(top - bottom).max(1e-6);
        let mut depth = Depth { size, scale, offset: [-left, -bottom], nearest: Vec::new() };
        let point = |p: &Vec3| {
            let (x, y) = depth.place(*p);
            [x, y, p[2]]
        };
        let points = positions.iter().map(point).collect();
        let projected = Projected { points, perspective: false };
        depth.nearest = rasterize(&projected, &topology.triangles, (size, size), Faces::Both).depth;
        depth
    }

    /// Pixel coordinates of a point; here y goes up.
    fn place(&self, p: Vec3) -> (f32, f32) {
        ((p[0] + self.offset[0]) * self.scale + 0.5, (p[1] + self.offset[1]) * self.scale + 0.5)
    }

    /// Whether a point of the mesh is nearer than everything before it, up to `bias`.
    pub fn sees(&self, p: Vec3, bias: f32) -> bool {
        let (x, y) = self.place(p);
        let clamp = |v: f32| (v.max(0.0) as usize).min(self.size - 1);
        p[2] + bias >= self.nearest[clamp(y) * self.size + clamp(x)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_behind_is_hidden() {
        // Two squares, the second behind the first's right half.
        let grid = Topology::grid(2, 2);
        let square = |x: f32, z: f32| grid.uv.iter().map(move |[u, v]| [u + x, -v, z]);
        let positions: Vec<Vec3> = square(0.0, 1.0).chain(square(0.5, 0.0)).collect();
        let triangles: Vec<[u32; 3]> =
            grid.triangles.iter().copied().chain(grid.triangles.iter().map(|t| t.map(|i| i + 4))).collect();
        let both = Topology { triangles, uv: [grid.uv.clone(), grid.uv.clone()].concat() };
        let depth = Depth::draw(&both, &positions, 64);
        assert!(depth.sees([0.2, -0.5, 1.0], 0.01) && depth.sees([1.3, -0.5, 0.0], 0.01));
        assert!(!depth.sees([0.7, -0.5, 0.0], 0.01));
    }
}
