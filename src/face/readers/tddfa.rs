//! Parameter files of 3DDFA (Zhu et al., "Face Alignment in Full Pose Range: A 3D Total Solution"; 3DDFA_V2, Guo et
//! al.): the basis of the 68 keypoints with the parameters' mean and deviation, and the face of the Basel Face Model
//! without neck.
//!
//! Micrometres; x to the image's right, y up, z towards the viewer.

use super::array::Array;
use super::bytes::whole_file;
use super::error::Result;
use super::{modes, npy, seams};
use crate::face::mesh::{Topology, Vec3};
use crate::face::morphable::{Morphable, Prior};
use std::path::Path;

/// All files of a folder that [`keypoints`] and [`face`] read.
pub const FILES: [&str; 9] = [
    "param_mean.npy",
    "param_std.npy",
    "u_base.npy",
    "w_shp_base.npy",
    "w_exp_base.npy",
    "bfm_noneck_mean_vertices.npy",
    "bfm_noneck_triangles.npy",
    "bfm_noneck_uv.npy",
    "bfm_noneck_landmarks68.npy",
];

/// The parameters: a pose as a 3 x 4 matrix row after row, then shape and expression.
pub const POSE: usize = 12;
pub const SHAPE: usize = 40;
pub const EXPRESSION: usize = 10;
const POINTS: usize = 68;

/// What turns the network's output into 68 points. Parameters are output x deviation + mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Keypoints {
    /// 62 values each.
    pub mean: Vec<f32>,
    pub deviation: Vec<f32>,
    base: Vec<f32>,
    /// Row after row, 204 x 40.
    shape: Vec<f32>,
    /// Row after row, 204 x 10.
    expression: Vec<f32>,
}

impl Keypoints {
    /// The 68 points of a face before its pose, from its 40 shape and 10 expression parameters; further ones are left.
    pub fn points(&self, shape: &[f32], expression: &[f32]) -> Vec<Vec3> {
        let mut values = self.base.clone();
        for (basis, width, parameters) in [(&self.shape, SHAPE, shape), (&self.expression, EXPRESSION, expression)] {
            for (value, row) in values.iter_mut().zip(basis.chunks_exact(width)) {
                // Products of 1e6 and 1e-3 are summed: in double precision the order does not matter.
                let sum: f64 = row.iter().zip(parameters).map(|(b, p)| f64::from(*b) * f64::from(*p)).sum();
                *value += sum as f32;
            }
        }
        values.as_chunks::<3>().0.to_vec()
    }

    /// What each of the 40 shape and 10 expression parameters adds to every point.
    pub fn modes(&self) -> Vec<Vec<Vec3>> {
        let bases = [(&self.shape, SHAPE), (&self.expression, EXPRESSION)];
        let columns = bases.into_iter().flat_map(|(basis, width)| (0..width).map(move |mode| (basis, width, mode)));
        let column = |(basis, width, mode): (&Vec<f32>, usize, usize)| {
            let values: Vec<f32> = basis.iter().skip(mode).step_by(width).copied().collect();
            values.as_chunks::<3>().0.to_vec()
        };
        columns.map(column).collect()
    }
}

fn array(folder: &Path, name: &str) -> Result<Array> {
    let path = folder.join(name);
    npy::read(&path.display().to_string(), name, &whole_file(&path)?)
}

/// From a folder with `param_mean.npy`, `param_std.npy`, `u_base.npy`, `w_shp_base.npy` and `w_exp_base.npy`.
pub fn keypoints(folder: &Path) -> Result<Keypoints> {
    let read = |name: &str, shape: &[Option<usize>]| array(folder, name)?.expect(shape)?.rows();
    let parameters = Some(POSE + SHAPE + EXPRESSION);
    Ok(Keypoints {
        mean: read("param_mean.npy", &[parameters])?,
        deviation: read("param_std.npy", &[parameters])?,
        base: read("u_base.npy", &[Some(3 * POINTS)])?,
        shape: read("w_shp_base.npy", &[Some(3 * POINTS), Some(SHAPE)])?,
        expression: read("w_exp_base.npy", &[Some(3 * POINTS), Some(EXPRESSION)])?,
    })
}

/// The mean face without neck, from a folder with `bfm_noneck_{mean_vertices, triangles, uv, landmarks68}.npy`. It has no
/// modes: the dense ones are not among these files. Its triangles are clockwise in the file and its v is up.
pub fn face(folder: &Path) -> Result<Morphable> {
    let held = array(folder, "bfm_noneck_mean_vertices.npy")?;
    held.expect(&[None, Some(3)])?;
    let mean = held.points()?;
    let vertices = mean.len();
    let triangles = modes::turned(modes::triangles(&array(folder, "bfm_noneck_triangles.npy")?, 0, vertices)?);
    let uv = array(folder, "bfm_noneck_uv.npy")?;
    uv.expect(&[Some(vertices), Some(2)])?;
    let uv = seams::v_down(seams::pairs(&uv)?);
    let landmarks = modes::landmarks(&array(folder, "bfm_noneck_landmarks68.npy")?, vertices)?;
    let identity = modes::none(&held, Prior::Normal, vertices)?;
    let expression = identity.clone();
    let (topology, contours) = (Topology { triangles, uv }, [Vec::new(), Vec::new()]);
    Ok(Morphable { name: "bfm".into(), topology, mean, identity, expression, landmarks, contours })
}

#[cfg(test)]
#[path = "tddfa_tests.rs"]
mod tests;
