//! Texture maps put together without seams: gradients are copied instead of colours, and the map is the one that fits
//! them best (Poisson's equation).
//!
//! Pérez, Gangnet and Blake, "Poisson Image Editing" (SIGGRAPH 2003). Attention ResCUNet-GAN (Luu et al.), section 3.1
//! and Fig. 5, merges the maps of three views so; Yin's thesis, section 4.3.2.1, blends maps into a model's texture.

pub mod equation;
pub mod merge;
pub mod mirror;
mod multigrid;
pub mod patchwork;
pub mod poisson;
mod solver;
pub mod texture;

#[cfg(test)]
mod tests;

pub use solver::Solved;

/// Why maps cannot be blended.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("the {what} is {found}, where {expected} is needed")]
    Size { what: &'static str, found: String, expected: String },
    #[error("texel ({x}, {y}) of the {what} is no finite number")]
    NotFinite { what: &'static str, x: usize, y: usize },
    #[error("a map of {0} channels cannot be blended: 1 to 4 are")]
    Channels(usize),
    #[error("{0} views cannot be merged: 1 to 255 are")]
    Views(usize),
    #[error("the blended map was not found: {iterations} steps leave a residual of {residual:.1e}")]
    NotSolved { iterations: usize, residual: f64 },
}
