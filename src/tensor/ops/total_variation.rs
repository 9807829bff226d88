//! Total variation: squared differences of neighbours, a mean along x plus a mean along y.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

use super::reduce::Masked;
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

/// The map, its sizes and its mask's channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbours {
    pub masked: Masked,
    pub height: usize,
    pub width: usize,
}

pub trait VariationKernel: Storage<f32> {
    /// The variation of each sample, and the weights that its pairs along x and along y have in sum (N x 2).
    fn variation(
        &self,
        map: Neighbours,
        x: &Self::Vec,
        mask: Option<&Self::Vec>,
    ) -> Result<(Self::Vec, Self::Vec), Self::Err>;

    fn variation_backward(
        &self,
        map: Neighbours,
        x: &Self::Vec,
        mask: Option<&Self::Vec>,
        totals: &Self::Vec,
        dy: &Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;
}

/// `x`: N x C x H x W; `mask`: N x 1 x H x W or as `x`. For each sample the mean of squared differences of neighbours
/// along x, plus the same along y; a pair counts as much as the product of its masks, and where no pair counts the mean
/// is 0. Returns N x 1 x 1 x 1. The mask gets no gradient.
pub fn total_variation<D: Backend>(ctx: &Context<D>, x: &Var<D>, mask: Option<&Var<D>>) -> Result<Var<D>, Error> {
    let op = "total variation";
    let [n, _, height, width] = x.shape();
    let masked = Masked::of(op, x.shape(), mask.map_or(x.shape(), Var::shape))?;
    let map = Neighbours { masked, height, width };
    let kept = x.shared()?;
    let kept_mask = mask.map(Var::shared).transpose()?;
    let (y, totals) = ctx.device().variation(map, &kept, kept_mask.as_deref()).map_err(|e| Error::device(op, e))?;
    ctx.record(op, y, [n, 1, 1, 1], &[x], move |device, dy, slots| {
        slots.give(0, device.variation_backward(map, &kept, kept_mask.as_deref(), &totals, &dy)?)
    })
}
