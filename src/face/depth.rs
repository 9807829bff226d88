//! Depth of a mesh seen along z, and which of its points are seen.

use super::mesh::{Topology, Vec3};

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
        let mut depth = Depth { size, scale, offset: [-left, -bottom], nearest: vec![f32::MIN; size * size] };
        for triangle in &topology.triangles {
            depth.triangle(triangle.map(|i| positions[i as usize]));
        }
        depth
    }

    /// Pixel coordinates of a point.
    fn place(&self, p: Vec3) -> (f32, f32) {
        ((p[0] + self.offset[0]) * self.scale + 0.5, (p[1] + self.offset[1]) * self.scale + 0.5)
    }

    fn triangle(&mut self, corners: [Vec3; 3]) {
        let [(ax, ay), (bx, by), (cx, cy)] = corners.map(|p| self.place(p));
        let area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
        if area.abs() < 1e-9 {
            return;
        }
        let span = |low: f32, high: f32| (low.floor().max(0.0) as usize, (high.ceil() as usize).min(self.size - 1));
        let (x0, x1) = span(ax.min(bx).min(cx), ax.max(bx).max(cx));
        let (y0, y1) = span(ay.min(by).min(cy), ay.max(by).max(cy));
        for y in y0..=y1 {
            for x in x0..=x1 {
                let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                let b = ((px - ax) * (cy - ay) - (cx - ax) * (py - ay)) / area;
                let c = ((bx - ax) * (py - ay) - (px - ax) * (by - ay)) / area;
                let a = 1.0 - b - c;
                if a >= -1e-4 && b >= -1e-4 && c >= -1e-4 {
                    let z = a * corners[0][2] + b * corners[1][2] + c * corners[2][2];
                    let cell = &mut self.nearest[y * self.size + x];
                    *cell = cell.max(z);
                }
            }
        }
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
