//! The procedural head as a morphable model: fitting and unwrapping without licensed data.

use super::head::{Head, MODES, MOVES};
use super::landmarks::{contours, landmarks};
use crate::face::align::five;
use crate::face::mesh::Vec3;
use crate::face::morphable::{Basis, Morphable, Prior};
use std::sync::OnceLock;

/// A model of about `side` x `side` vertices; its sheet is that of the synthetic faces. `None` for no vertex.
pub fn morphable(side: usize) -> Option<Morphable> {
    let head = Head::new(side);
    let modes = |range: std::ops::Range<usize>| -> Vec<Vec3> { range.flat_map(|k| head.delta(k).to_vec()).collect() };
    let count = head.mean.len();
    let mut topology = head.topology.clone();
    // Photos show something between open lips, and here there is nothing but the lips.
    for pair in head.line().windows(2) {
        let ([a, c], [b, d]) = (pair[0], pair[1]);
        topology.triangles.extend([[a, c, b], [b, c, d]]);
    }
    Some(Morphable {
        name: "procedural".into(),
        topology,
        mean: head.mean.clone(),
        identity: Basis::new(Prior::Normal, count, modes(0..MODES))?,
        expression: Basis::new(Prior::Blendshape, count, modes(MODES..MODES + MOVES))?,
        landmarks: landmarks(&head).map(Some).to_vec(),
        contours: contours(&head),
    })
}

/// The 68 landmarks of the mean head, seen from the front, in a square of `size` pixels as areas: its five points lie where
/// ArcFace's template has them.
pub fn frontal(size: usize) -> Vec<[f32; 2]> {
    static POINTS: OnceLock<Vec<[f32; 2]>> = OnceLock::new();
    let points = POINTS.get_or_init(|| {
        let head = Head::new(FRONTAL);
        landmarks(&head).map(|v| head.mean.get(v as usize).map_or([0.0; 2], |[x, y, _]| [*x, -y])).to_vec()
    });
    let to = five::align(points, size);
    points.iter().map(|point| to.map_or(*point, |to| to.of(*point))).collect()
}

/// Vertices along a side of the head that they are taken from.
const FRONTAL: usize = 96;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::camera::{Camera, Orthographic, Pose};
    use crate::face::procedural::{Expression, Person};
    use crate::random::Stream;

    #[test]
    fn a_model_has_the_head_and_landmarks_of_its_own() {
        let model = morphable(64).unwrap();
        let person = Person::new(Stream::new(3, "model"));
        let mut smile = Expression::default();
        smile.moves[0] = 0.7;
        let own = Head::new(64).positions(&person, &smile);
        let shaped = model.shape(&person.shape, &smile.moves);
        assert!(own.iter().flatten().zip(shaped.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-5));
        let marked: std::collections::BTreeSet<u32> = model.landmarks.iter().flatten().copied().collect();
        assert!(marked.len() >= 66, "{}", marked.len());
        assert!(model.contours.iter().all(|line| line.len() > 20));
        // The mouth is closed by triangles whose corners are together while it is shut.
        let closing = &model.topology.triangles[Head::new(64).topology.triangles.len()..];
        assert!(closing.len() > 20);
        for [a, b, c] in closing.iter().map(|t| t.map(|v| model.mean[v as usize])) {
            assert!((a[1] - b[1]).abs().max((b[1] - c[1]).abs()) < 0.01, "{a:?} {b:?} {c:?}");
        }
        // On the picture the jaw goes around the mouth, and the eyes are above it.
        let camera = Orthographic::framing(&model.mean, Pose::default().rotation(), (100, 100), 0.9);
        let at = |k: usize| Camera::Orthographic(camera).point(model.mean[model.landmarks[k].unwrap() as usize]);
        assert!(at(0)[0] < at(48)[0] && at(48)[0] < at(54)[0] && at(54)[0] < at(16)[0]);
        assert!(at(37)[1] < at(33)[1] && at(33)[1] < at(51)[1] && at(57)[1] < at(8)[1]);
    }
}
