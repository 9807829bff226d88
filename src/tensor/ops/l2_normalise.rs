//! Vectors to unit length.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

use super::Planes;
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

pub trait NormaliseKernel: Storage<f32> {
    /// y and, for each sample and position, the length it was divided by.
    fn l2_normalise(&self, planes: Planes, epsilon: f32, x: &Self::Vec) -> Result<(Self::Vec, Self::Vec), Self::Err>;

    /// dx, in place.
    fn l2_normalise_backward(
        &self,
        planes: Planes,
        epsilon: f32,
        y: &Self::Vec,
        lengths: &Self::Vec,
        dy: Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;
}

/// `x`: N x C x H x W, the vectors over C divided by their length, or by `epsilon` if that is larger (as torch's
/// `normalize`). Returns the same shape.
pub fn l2_normalise<D: Backend>(ctx: &Context<D>, x: &Var<D>, epsilon: f32) -> Result<Var<D>, Error> {
    let op = "l2 normalise";
    let planes = Planes::of(x.shape());
    let (y, lengths) = ctx.device().l2_normalise(planes, epsilon, x.storage()?).map_err(|e| Error::device(op, e))?;
    ctx.record_with_output(op, y, x.shape(), &[x], move |device, y, dy, slots| {
        slots.give(0, device.l2_normalise_backward(planes, epsilon, y, &lengths, dy)?)
    })
}
