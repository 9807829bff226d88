//! Bilinear reading of maps at the places that a grid says, with torch's conventions (`grid_sample`).
//!
//! With a grid that a camera and a mesh fix, this is rendering: differentiable in the texture.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

use super::Border;
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

/// Sizes and conventions of one reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub samples: usize,
    pub channels: usize,
    /// Height and width of what is read, and of what comes out.
    pub source: (usize, usize),
    pub target: (usize, usize),
    /// [`Border::Zero`] or [`Border::Replicate`].
    pub border: Border,
    /// Whether -1 and 1 are the centres of the outermost pixels, not their outer edges.
    pub align_corners: bool,
}

pub trait GridKernel: Storage<f32> {
    fn grid_sample(&self, reading: Reading, x: &Self::Vec, grid: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// The gradient of what is read.
    fn grid_sample_backward(&self, reading: Reading, grid: &Self::Vec, dy: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// The gradient of the grid.
    fn grid_sample_backward_grid(
        &self,
        reading: Reading,
        x: &Self::Vec,
        grid: &Self::Vec,
        dy: &Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;
}

/// `x`: N x C x H x W; `grid`: N x h x w x 2, where to read: across and down, -1 to 1 from edge to edge (from centre to
/// centre of the outermost pixels with `align_corners`). Returns N x C x h x w. Beyond the edge are zeros
/// ([`Border::Zero`]) or the nearest pixels of the edge ([`Border::Replicate`]), where moving the grid changes nothing.
/// Refuses other borders, another N, and empty maps.
pub fn grid_sample<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    grid: &Var<D>,
    border: Border,
    align_corners: bool,
) -> Result<Var<D>, Error> {
    let op = "grid sample";
    let [n, c, h, w] = x.shape();
    let [samples, height, width, two] = grid.shape();
    if (samples, two) != (n, 2) || border == Border::Reflect || x.len() * grid.len() == 0 {
        let message = format!("a map of {:?} at a grid of {:?}, border {border:?}", x.shape(), grid.shape());
        return Err(Error::shape(op, message));
    }
    let reading = Reading { samples, channels: c, source: (h, w), target: (height, width), border, align_corners };
    let places = grid.shared()?;
    let y = ctx.device().grid_sample(reading, x.storage()?, &places).map_err(|e| Error::device(op, e))?;
    let source = grid.needs_grad().then(|| x.shared()).transpose()?;
    ctx.record(op, y, [n, c, height, width], &[x, grid], move |device, dy, slots| {
        if slots.wants(0) {
            slots.give(0, device.grid_sample_backward(reading, &places, &dy)?)?;
        }
        match &source {
            Some(x) => slots.give(1, device.grid_sample_backward_grid(reading, x, &places, &dy)?),
            None => Ok(()),
        }
    })
}
