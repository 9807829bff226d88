//! A morphable model fitted to the 68 landmarks of a photo.
//!
//! The parameters of Attention ResCUNet-GAN's section 2.1.1 (`f, R, t_2d, alpha, beta` of equations 1 to 4), found by
//! alternation: the pose by linear least squares and a polar decomposition, refined by Gauss-Newton steps; then the
//! identity by ridge regression, then the expression within its bounds. Where the head turns, the landmarks of the jaw
//! mark the outline of what is seen and no fixed points of the face: they are looked for again in each round (Zhu et al.,
//! "High-Fidelity Pose and Expression Normalization", CVPR 2015, section 3.1.2). Everything is computed in f64, by one
//! thread.

mod contour;
mod fitter;
mod linear;
mod points;
mod pose;

#[cfg(test)]
mod photo_tests;
#[cfg(test)]
mod tests;

use super::camera::{Orthographic, Pose};

pub use fitter::Fitter;

/// The number of landmarks in the iBUG order.
pub const LANDMARKS: usize = 68;
/// The outer corners of the eyes, whose distance measures residuals.
const EYES: [usize; 2] = [36, 45];
/// Landmarks of the jaw, from the image's left to its right.
const JAW: std::ops::Range<usize> = 0..17;
/// Fewer landmarks do not tell a pose from a shape.
const FEWEST: usize = 6;

/// How a fit is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Rounds of pose, identity and expression.
    pub rounds: usize,
    /// The first rounds, which leave out the jaw.
    pub without_jaw: usize,
    /// The most modes of identity and of expression, the first of the model.
    pub identity: usize,
    pub expression: usize,
    /// How far landmarks are expected to lie off, as a share of the distance between the outer corners of the eyes: the
    /// greater, the nearer the face stays to the mean.
    pub noise: f64,
    /// How far blendshapes are expected to move: their deviation, of a range of 0 to 1.
    pub expressiveness: f64,
    /// How much a landmark of the jaw counts.
    pub jaw: f64,
    /// The yaw in degrees from which the landmarks of the jaw are looked for along outline and contour.
    pub outline_from: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            rounds: 8,
            without_jaw: 3,
            identity: 60,
            expression: 60,
            noise: 0.03,
            expressiveness: 0.3,
            jaw: 0.5,
            outline_from: 8.0,
        }
    }
}

/// A fitted face.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    pub pose: Pose,
    /// The camera that sees the model so: to pixels of the photo.
    pub camera: Orthographic,
    /// For [`super::morphable::Morphable::shape`].
    pub identity: Vec<f32>,
    pub expression: Vec<f32>,
    /// The vertex that each landmark was matched with; `None` where the model has none or the landmark is missing.
    pub vertices: Vec<Option<u32>>,
    /// Distances between landmarks and their vertices, in pixels.
    pub residuals: Vec<Option<f64>>,
    /// The distance between the outer corners of the eyes of the fitted face, in pixels, as a frontal view shows it.
    pub eye_distance: f64,
}

impl Fit {
    /// The mean residual in pixels.
    pub fn residual(&self) -> f64 {
        let found: Vec<f64> = self.residuals.iter().flatten().copied().collect();
        found.iter().sum::<f64>() / found.len().max(1) as f64
    }

    /// The mean residual as a share of the distance between the eyes' outer corners.
    pub fn relative_residual(&self) -> f64 {
        self.residual() / self.eye_distance
    }
}

/// Why no face was fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("{found} {what} are given, {expected} are needed")]
    Count { what: &'static str, found: usize, expected: usize },
    #[error("the model's landmark {0} is no vertex of its own")]
    Vertex(usize),
    #[error("the model has {0} landmarks with a vertex, at least {FEWEST} are needed")]
    Model(usize),
    #[error("{0} landmarks can be used, at least {FEWEST} are needed")]
    TooFew(usize),
    #[error("the landmarks lie on one point or line")]
    Degenerate,
    #[error("no face fits these landmarks")]
    Diverged,
}
