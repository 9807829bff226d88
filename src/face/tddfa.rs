//! Faces of 3DDFA: a face is one vector of parameters, which a network gives normalised.
//!
//! Zhu et al., "Face Alignment Across Large Poses: A 3D Solution", CVPR 2016; Guo et al., "Towards Fast, Accurate and
//! Stable 3D Dense Face Alignment" (3DDFA_V2). Parameters are `normalised * deviation + mean`: twelve of a 3 x 4 matrix,
//! row after row, that holds scale, rotation and translation, then those of shape and expression. A point of the face is
//! `v = R (base + sum_i mode_i p_i) + t`, in a frame of 120 x 120 pixels with y up from its lower edge.

mod crop;
mod importance;
mod procedural;

pub use crop::crop;
pub use importance::{importance, optimised};
pub use procedural::{draw, procedural};

use super::camera::Projected;
use super::mesh::Vec3;
use super::picture::Picture;
use super::raster::{Faces, Fragments, maps, rasterize};
use super::readers::tddfa::{self, Keypoints, POSE};
use super::readers::{ReadError, Result};
use std::path::Path;

/// Side of the frame that poses are in, in pixels.
pub const FRAME: f32 = 120.0;

/// Points that move linearly with the parameters behind the pose.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    pub base: Vec<Vec3>,
    /// For each parameter what it adds to every point; further parameters move nothing.
    pub modes: Vec<Vec<Vec3>>,
}

/// A model whose faces are vectors of parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Parametric {
    /// Of each parameter.
    pub mean: Vec<f32>,
    /// Above 0.
    pub deviation: Vec<f32>,
    /// Names of what the parameters are, with their numbers.
    pub parts: Vec<(&'static str, usize)>,
    /// The points that errors are measured at.
    pub keypoints: Linear,
    /// The face that is drawn, and the texture coordinates of its points.
    pub surface: Linear,
    pub uv: Vec<[f32; 2]>,
    pub triangles: Vec<[u32; 3]>,
}

impl Linear {
    /// The points before the pose. `parameters`: those behind it. Sums are in double precision: the numbers of the Basel
    /// Face Model are of very different sizes.
    pub fn points(&self, parameters: &[f32]) -> Vec<[f64; 3]> {
        let mut points: Vec<[f64; 3]> = self.base.iter().map(|p| p.map(f64::from)).collect();
        for (mode, share) in self.modes.iter().zip(parameters).filter(|(_, share)| **share != 0.0) {
            for (point, delta) in points.iter_mut().zip(mode) {
                (0..3).for_each(|k| point[k] += f64::from(delta[k]) * f64::from(*share));
            }
        }
        points
    }
}

/// A row of the pose, times a point.
fn row(pose: &[f32], row: usize, point: &[f64; 3]) -> f64 {
    let r = &pose[4 * row..4 * row + 4];
    f64::from(r[0]) * point[0] + f64::from(r[1]) * point[1] + f64::from(r[2]) * point[2] + f64::from(r[3])
}

impl Parametric {
    /// Of 3DDFA_V2, from a folder with its files. Its surface is the mean face: the dense modes are not among them.
    ///
    /// # Errors
    /// A file is missing, damaged or of another shape.
    pub fn of_folder(folder: &Path) -> Result<Parametric> {
        let keypoints = tddfa::keypoints(folder)?;
        let face = tddfa::face(folder)?;
        if let Some(bad) = keypoints.deviation.iter().find(|d| !(d.is_finite() && **d > 0.0)) {
            let file = folder.join("param_std.npy").display().to_string();
            return Err(ReadError::whole(&file, format!("a deviation is {bad}")));
        }
        let Keypoints { mean, deviation, .. } = keypoints.clone();
        Ok(Parametric {
            mean,
            deviation,
            parts: vec![("pose", POSE), ("shape", tddfa::SHAPE), ("expression", tddfa::EXPRESSION)],
            keypoints: Linear { base: keypoints.points(&[], &[]), modes: keypoints.modes() },
            surface: Linear { base: face.mean, modes: Vec::new() },
            uv: face.topology.uv,
            triangles: face.topology.triangles,
        })
    }

    /// The number of parameters.
    pub fn len(&self) -> usize {
        self.mean.len()
    }

    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.mean.is_empty()
    }

    /// Parameters from what a network gives.
    pub fn parameters(&self, normalised: &[f32]) -> Vec<f32> {
        let both = self.deviation.iter().zip(&self.mean);
        normalised.iter().zip(both).map(|(v, (deviation, mean))| v * deviation + mean).collect()
    }

    /// What a network should give.
    pub fn normalised(&self, parameters: &[f32]) -> Vec<f32> {
        let both = self.deviation.iter().zip(&self.mean);
        parameters.iter().zip(both).map(|(v, (deviation, mean))| (v - mean) / deviation).collect()
    }

    /// Points in the picture whose part `[x0, y0, x1, y1]` (pixels) was the frame: x, y down, z towards the viewer, as
    /// 3DDFA_V2's `recon_vers` has them: pixel centres are whole numbers. Of shape of parameters not checked: those that
    /// are missing are 0.
    pub fn placed(&self, parameters: &[f32], points: &Linear, region: [f64; 4]) -> Vec<Vec3> {
        let (pose, rest) = split(parameters);
        let factor = [0, 1].map(|k| (region[k + 2] - region[k]) / f64::from(FRAME));
        let place = |point: &[f64; 3]| {
            let [x, y, z] = [0, 1, 2].map(|k| row(&pose, k, point));
            let (x, y) = ((x - 1.0) * factor[0] + region[0], (f64::from(FRAME) - y) * factor[1] + region[1]);
            [x as f32, y as f32, ((z - 1.0) * (factor[0] + factor[1]) / 2.0) as f32]
        };
        points.points(rest).iter().map(place).collect()
    }

    /// The surface as it is seen in the whole frame, drawn with `size` x `size` pixels.
    pub fn seen(&self, parameters: &[f32], size: usize) -> Fragments {
        let scale = size as f32 / FRAME;
        let frame = f64::from(FRAME);
        let placed = self.placed(parameters, &self.surface, [0.0, 0.0, frame, frame]);
        // Pixel centres lie at +0.5 where it is drawn.
        let points = placed.into_iter().map(|[x, y, z]| [(x + 0.5) * scale, (y + 0.5) * scale, z * scale]).collect();
        rasterize(&Projected { points, perspective: false }, &self.triangles, (size, size), Faces::Front)
    }

    /// PNCC of these parameters: the mean face's colours on the face, 0 where nothing is; size x size x 3, 0 to 1 (Zhu et
    /// al. 2016, section 3.2).
    pub fn pncc(&self, parameters: &[f32], size: usize) -> Picture {
        maps::pncc(&self.seen(parameters, size), &self.triangles, &self.surface.base)
    }
}

/// The pose and what is behind it; what is missing of a pose is 0.
fn split(parameters: &[f32]) -> ([f32; POSE], &[f32]) {
    let mut pose = [0.0; POSE];
    let (first, rest) = parameters.split_at(POSE.min(parameters.len()));
    pose[..first.len()].copy_from_slice(first);
    (pose, rest)
}

/// The part of a picture around a face, `[x0, y0, x1, y1]`: a square about the middle of its landmarks' box, as wide as the
/// diagonal of the square about that box (3DDFA_V2's `parse_roi_box_from_landmark`).
pub fn region(landmarks: &[[f32; 2]]) -> [f64; 4] {
    let mut ends = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
    for point in landmarks {
        for k in 0..2 {
            let v = f64::from(point[k]);
            ends[k] = [ends[k][0].min(v), ends[k][1].max(v)];
        }
    }
    let side = (ends[0][1] - ends[0][0]).max(ends[1][1] - ends[1][0]);
    let half = side * std::f64::consts::SQRT_2 / 2.0;
    let middle = ends.map(|[low, high]| (low + high) / 2.0);
    [middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half]
}

#[cfg(test)]
mod tests;
