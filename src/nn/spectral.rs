//! Spectral normalisation of a kernel: divided by its largest singular value, found by power iteration.
//!
//! Miyato et al., <https://arxiv.org/abs/1802.05957>, algorithm 1; as PyTorch's `spectral_norm`: one iteration for each
//! forward pass while learning, the singular vectors constant for the gradient.

use super::Pass;
use crate::registry::Buffer;
use crate::tensor::ops::spectral_norm::spectral_norm;
use crate::tensor::{Backend, Error, Var};

/// The left singular vector, as long as the kernel has output channels. It starts as a constant vector of unit length.
pub fn buffer(channels: usize) -> Buffer {
    Buffer { name: "left-singular", shape: [1, channels, 1, 1], fill: (1.0 / (channels as f64).sqrt()) as f32 }
}

/// The parameter `weight`, normalised if `on`. `axis`: where its output channels are (0, or 1 where it is stored
/// transposed).
pub fn weight<D: Backend>(pass: &Pass<'_, D>, on: bool, axis: usize) -> Result<Var<D>, Error> {
    let weight = pass.parameter("weight")?;
    if !on {
        return Ok(weight);
    }
    let left = pass.buffer("left-singular")?;
    let (normalised, moved) = spectral_norm(pass.ctx, &weight, &left, axis, pass.mode.batch_statistics)?;
    pass.move_buffer("left-singular", &pass.ctx.constant(moved, left.shape())?);
    Ok(normalised)
}
