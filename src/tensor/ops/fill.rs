//! Fills what is missing with the mean colour of what is seen: the baseline that learns nothing.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

use super::reduce::Masked;
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

pub trait FillKernel: Storage<f32> {
    fn mean_fill(&self, masked: Masked, image: &Self::Vec, missing: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// The image's gradient, in place.
    fn mean_fill_backward(&self, masked: Masked, missing: &Self::Vec, dy: Self::Vec) -> Result<Self::Vec, Self::Err>;
}

/// `image`: N x C x H x W; `missing`: N x 1 x H x W or as the image, 1 where it is missing. Returns the image with every
/// missing texel the mean of the seen ones of its sample and channel (0 where none is seen); shares of missing blend.
/// The mask gets no gradient.
pub fn mean_fill<D: Backend>(ctx: &Context<D>, image: &Var<D>, missing: &Var<D>) -> Result<Var<D>, Error> {
    let op = "mean fill";
    let masked = Masked::of(op, image.shape(), missing.shape())?;
    let kept = missing.shared()?;
    let y = ctx.device().mean_fill(masked, image.storage()?, &kept).map_err(|e| Error::device(op, e))?;
    ctx.record(op, y, image.shape(), &[image], move |device, dy, slots| {
        slots.give(0, device.mean_fill_backward(masked, &kept, dy)?)
    })
}
