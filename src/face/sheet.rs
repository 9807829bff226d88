//! The texture sheet: which point of a mesh each texel shows.

use super::mesh::{Topology, Vec3};

/// A texel's triangle and the weights of its corners.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Texel {
    pub triangle: u32,
    pub weights: [f32; 3],
}

/// Texels row by row; `None` where the sheet shows nothing. Depends on the topology only.
pub struct Sheet {
    pub size: usize,
    pub texels: Vec<Option<Texel>>,
}

impl Sheet {
    /// Draws the triangles' texture coordinates into `size` x `size` texels, at the texels' centres.
    pub fn new(topology: &Topology, size: usize) -> Sheet {
        let mut texels = vec![None; size * size];
        for (number, triangle) in topology.triangles.iter().enumerate() {
            let corners = triangle.map(|i| topology.uv[i as usize].map(|t| t * size as f32));
            draw(&mut texels, size, number as u32, corners);
        }
        Sheet { size, texels }
    }

    /// A value of the vertices at a texel, `None` where there is no face.
    pub fn at(&self, topology: &Topology, texel: usize, values: &[Vec3]) -> Option<Vec3> {
        let Texel { triangle, weights } = self.texels[texel]?;
        let [a, b, c] = topology.triangles[triangle as usize].map(|i| values[i as usize]);
        Some([0, 1, 2].map(|k| weights[0] * a[k] + weights[1] * b[k] + weights[2] * c[k]))
    }
}

fn draw(texels: &mut [Option<Texel>], size: usize, triangle: u32, corners: [[f32; 2]; 3]) {
    let [[ax, ay], [bx, by], [cx, cy]] = corners;
    let area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    if area.abs() < 1e-9 {
        return;
    }
    let span = |low: f32, high: f32| (low.floor().max(0.0) as usize, (high.ceil().max(0.0) as usize).min(size));
    let (x0, x1) = span(ax.min(bx).min(cx), ax.max(bx).max(cx));
    let (y0, y1) = span(ay.min(by).min(cy), ay.max(by).max(cy));
    for y in y0..y1 {
        for x in x0..x1 {
            let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
            let b = ((px - ax) * (cy - ay) - (cx - ax) * (py - ay)) / area;
            let c = ((bx - ax) * (py - ay) - (px - ax) * (by - ay)) / area;
            let weights = [1.0 - b - c, b, c];
            if weights.iter().all(|w| *w >= -1e-5) {
                texels[y * size + x] = Some(Texel { triangle, weights });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_fills_the_sheet_and_interpolates_exactly() {
        let grid = Topology::grid(5, 4);
        let sheet = Sheet::new(&grid, 17);
        let values: Vec<Vec3> = grid.uv.iter().map(|[u, v]| [*u, *v, 1.0]).collect();
        for i in 0..17 * 17 {
            let [u, v, one] = sheet.at(&grid, i, &values).unwrap();
            assert!((u - ((i % 17) as f32 + 0.5) / 17.0).abs() < 1e-5);
            assert!((v - ((i / 17) as f32 + 0.5) / 17.0).abs() < 1e-5 && (one - 1.0).abs() < 1e-5);
        }
    }
}
