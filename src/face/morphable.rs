//! Morphable models: a mean face and the directions in which faces differ.
//!
//! Attention ResCUNet-GAN (Luu et al.), section 2.1.1, equations 1 and 2: `S = mean + sum_i s_i alpha_i + sum_i e_i beta_i`.

use super::mesh::{Topology, Vec3};

/// How a model's coefficients lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// Independent, with mean 0 and deviation 1 (modes are scaled by their deviation).
    Normal,
    /// Each between 0 (absent) and 1 (whole): blendshapes.
    Blendshape,
}

/// Directions in which a face moves, each a displacement of every vertex for a coefficient of 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    pub prior: Prior,
    /// Mode after mode, each as long as the mean.
    deltas: Vec<Vec3>,
    vertices: usize,
}

impl Basis {
    /// From modes one after the other; `None` where their number of points is no multiple of `vertices`.
    pub fn new(prior: Prior, vertices: usize, deltas: Vec<Vec3>) -> Option<Basis> {
        (vertices > 0 && deltas.len().is_multiple_of(vertices)).then_some(Basis { prior, deltas, vertices })
    }

    /// The number of modes.
    pub fn len(&self) -> usize {
        self.deltas.len() / self.vertices
    }

    /// Whether nothing moves.
    pub fn is_empty(&self) -> bool {
        self.deltas.is_empty()
    }

    /// A mode's displacement of every vertex.
    pub fn mode(&self, mode: usize) -> &[Vec3] {
        &self.deltas[mode * self.vertices..(mode + 1) * self.vertices]
    }

    /// Adds the modes times their coefficients; further modes stay at 0.
    fn add(&self, coefficients: &[f32], positions: &mut [Vec3]) {
        for (mode, share) in self.deltas.chunks_exact(self.vertices).zip(coefficients) {
            for (position, delta) in positions.iter_mut().zip(mode) {
                position.iter_mut().zip(delta).for_each(|(p, d)| *p += share * d);
            }
        }
    }
}

/// A statistical face. Axes as everywhere in [`crate::face`]; the unit of length is the model's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Morphable {
    /// `ict`, `sfm`, `bfm`: as it is named to the user.
    pub name: String,
    /// Triangles counter-clockwise seen from outside; texture coordinates 0 to 1, v down.
    pub topology: Topology,
    pub mean: Vec<Vec3>,
    pub identity: Basis,
    pub expression: Basis,
    /// The vertex of each of the 68 landmarks in the iBUG order; `None` where the model has none.
    pub landmarks: Vec<Option<u32>>,
    /// Vertices along which the landmarks of the jaw may slide when the head turns: of the face's right side (the
    /// image's left, points 0 to 7 of the iBUG order), then of its left side (points 9 to 16). Empty where unknown.
    pub contours: [Vec<u32>; 2],
}

impl Morphable {
    /// Vertex positions of a face (equation 2).
    pub fn shape(&self, identity: &[f32], expression: &[f32]) -> Vec<Vec3> {
        let mut positions = self.mean.clone();
        self.identity.add(identity, &mut positions);
        self.expression.add(expression, &mut positions);
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_the_mean_and_its_modes() {
        let topology = Topology::grid(2, 2);
        let identity =
            Basis::new(Prior::Normal, 4, [vec![[1.0, 0.0, 0.0]; 4], vec![[0.0, 2.0, 0.0]; 4]].concat()).unwrap();
        let expression = Basis::new(Prior::Blendshape, 4, vec![[0.0, 0.0, 3.0]; 4]).unwrap();
        let mean = vec![[0.0, 1.0, 2.0]; 4];
        let (landmarks, contours) = (vec![Some(0)], [vec![], vec![]]);
        let model = Morphable { name: "flat".into(), topology, mean, identity, expression, landmarks, contours };
        assert_eq!(model.shape(&[0.5, -1.0], &[1.0]), vec![[0.5, -1.0, 5.0]; 4]);
        assert_eq!(model.shape(&[], &[]), model.mean);
        assert_eq!(Basis::new(Prior::Normal, 4, vec![[0.0; 3]; 5]), None);
    }
}
