//! Triangle meshes with texture coordinates.

mod holes;

/// A point or direction.
pub type Vec3 = [f32; 3];

/// Scalar product.
#[inline]
pub fn dot(a: Vec3, b: Vec3) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Vector product.
#[inline]
pub fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Difference.
#[inline]
pub fn sub(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// The same direction with length 1; what has no direction stays.
#[inline]
pub fn unit(a: Vec3) -> Vec3 {
    let length = dot(a, a).sqrt();
    if length > 0.0 { [a[0] / length, a[1] / length, a[2] / length] } else { a }
}

/// How vertices hang together and where they lie on the sheet; positions are apart, since they change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    /// Counter-clockwise seen from outside.
    pub triangles: Vec<[u32; 3]>,
    /// 0 to 1, v down.
    pub uv: Vec<[f32; 2]>,
}

impl Topology {
    /// A grid of `across` x `down` vertices over the whole sheet, row by row from the top.
    pub fn grid(across: usize, down: usize) -> Topology {
        let step = |i: usize, n: usize| i as f32 / (n - 1) as f32;
        let uv = (0..across * down).map(|i| [step(i % across, across), step(i / across, down)]).collect();
        let mut triangles = Vec::with_capacity(2 * (across - 1) * (down - 1));
        for row in 0..down - 1 {
            for column in 0..across - 1 {
                let a = (row * across + column) as u32;
                let (b, c, d) = (a + 1, a + across as u32, a + across as u32 + 1);
                triangles.extend([[a, c, b], [b, c, d]]);
            }
        }
        Topology { triangles, uv }
    }

    /// Normals of length 1 at the vertices, faces weighted by their area.
    pub fn normals(&self, positions: &[Vec3]) -> Vec<Vec3> {
        let mut sums = vec![[0.0; 3]; positions.len()];
        for triangle in &self.triangles {
            let [a, b, c] = [triangle[0] as usize, triangle[1] as usize, triangle[2] as usize];
            let normal = cross(sub(positions[b], positions[a]), sub(positions[c], positions[a]));
            for i in [a, b, c] {
                let sum = &mut sums[i];
                *sum = [sum[0] + normal[0], sum[1] + normal[1], sum[2] + normal[2]];
            }
        }
        sums.into_iter().map(unit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_grid_faces_the_viewer() {
        let grid = Topology::grid(4, 3);
        assert_eq!((grid.uv.len(), grid.triangles.len()), (12, 12));
        // v runs down, y up.
        let positions: Vec<Vec3> = grid.uv.iter().map(|[u, v]| [*u, -v, 0.0]).collect();
        assert!(grid.normals(&positions).iter().all(|n| (n[2] - 1.0).abs() < 1e-6));
    }
}
