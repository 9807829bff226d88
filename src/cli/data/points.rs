//! Landmarks of meshes: which vertex each of the 68 is, and where they are on a picture.

use super::unwrap::write_csv;
use super::wrong;
use crate::face::align::five;
use crate::face::camera::Camera;
use crate::face::mesh::Vec3;
use std::path::Path;

/// In a folder of meshes.
pub const FILE: &str = "vertices.csv";
const COUNT: usize = 68;

/// Writes `mesh/vertices.csv` under a folder: the landmarks (iBUG order, from 0) that a model has, and their vertices.
pub fn write(out: &Path, landmarks: &[Option<u32>]) -> anyhow::Result<()> {
    let known = landmarks.iter().enumerate().filter_map(|(point, vertex)| Some((point, (*vertex)?)));
    let rows = known.map(|(point, vertex)| vec![point.to_string(), vertex.to_string()]);
    let head = vec!["point".to_string(), "vertex".to_string()];
    write_csv(&out.join("mesh").join(FILE), std::iter::once(head).chain(rows))
}

/// The vertex of each of the 68 landmarks, where there is one.
pub struct Vertices(Vec<Option<usize>>);

impl Vertices {
    /// Of a folder of meshes; `None` where it does not say them.
    pub fn read(meshes: &Path) -> anyhow::Result<Option<Vertices>> {
        let path = meshes.join(FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let broken = |what: &str| wrong(format!("{}: {what}", path.display()));
        let text = std::fs::read_to_string(&path).map_err(|e| broken(&e.to_string()))?;
        let mut table = csv::Reader::from_reader(text.as_bytes());
        let mut found = vec![None; COUNT];
        for row in table.records() {
            let row = row.map_err(|e| broken(&e.to_string()))?;
            let number = |k: usize| row.get(k)?.trim().parse::<usize>().ok();
            match (number(0), number(1)) {
                (Some(point), Some(vertex)) if point < COUNT => found[point] = Some(vertex),
                _ => return Err(broken("expected rows of a point, 0 to 67, and a vertex")),
            }
        }
        Ok(Some(Vertices(found)))
    }

    /// What the landmarks of a picture depend on.
    pub fn key(&self) -> String {
        format!("{:?}", self.0)
    }

    /// Where a camera sees a mesh's landmarks, the first pixel's centre being (0, 0): all 68, or the five of alignments where
    /// the model lacks others. `None` where it lacks these too.
    pub fn seen(&self, positions: &[Vec3], camera: &Camera) -> Option<Vec<[f32; 2]>> {
        let known: Vec<Option<&Vec3>> = self.0.iter().map(|vertex| positions.get((*vertex)?)).collect();
        let place = |p: &Vec3| {
            let [x, y, _] = camera.point(*p);
            [x - 0.5, y - 0.5]
        };
        if let Some(all) = known.iter().copied().collect::<Option<Vec<_>>>() {
            return Some(all.into_iter().map(place).collect());
        }
        // The five are means of some of the 68; what is missing is NaN, and so is a mean of it.
        let points: Vec<[f32; 2]> = known.iter().map(|p| p.map_or([f32::NAN; 2], place)).collect();
        let five = five::of(&points)?;
        five.as_flattened().iter().all(|v| v.is_finite()).then(|| five.to_vec())
    }
}

/// The head of a table of landmarks.
pub fn head(count: usize) -> Vec<String> {
    let columns = (0..count).flat_map(|k| [format!("x{k}"), format!("y{k}")]);
    std::iter::once("file".to_string()).chain(columns).collect()
}

/// A row of it.
pub fn row(file: &str, points: &[[f32; 2]]) -> Vec<String> {
    let places = points.as_flattened().iter().map(|v| format!("{v:.3}"));
    std::iter::once(file.to_string()).chain(places).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::camera::{Orthographic, Pose};

    fn camera(yaw: f32) -> Camera {
        let rotation = Pose { yaw, ..Pose::default() }.rotation();
        Camera::Orthographic(Orthographic { scale: 2.0, rotation, centre: [50.0, 50.0] })
    }

    /// Vertex i at (i, 0, 0).
    fn line() -> Vec<Vec3> {
        (0..70).map(|i| [i as f32, 0.0, 0.0]).collect()
    }

    #[test]
    fn all_points_are_seen_or_the_five_that_the_model_has() {
        let mut known: Vec<Option<usize>> = (0..COUNT).map(|i| Some(i + 1)).collect();
        let all = Vertices(known.clone()).seen(&line(), &camera(0.0)).unwrap();
        assert_eq!((all.len(), all[3]), (68, [50.0 + 2.0 * 4.0 - 0.5, 49.5]));
        // Without the jaw: the eyes are means of six points.
        known[0] = None;
        let five = Vertices(known.clone()).seen(&line(), &camera(60.0)).unwrap();
        assert_eq!(five.len(), 5);
        assert!((five[0][0] - (50.0 + 2.0 * 39.5 * 0.5 - 0.5)).abs() < 1e-3, "{five:?}");
        known[54] = Some(99);
        assert!(Vertices(known).seen(&line(), &camera(0.0)).is_none());
    }
}
