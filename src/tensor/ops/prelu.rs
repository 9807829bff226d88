//! Parametric relu: a learned slope per channel below zero. He et al., <https://arxiv.org/abs/1502.01852>, section 2.1.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

use super::Planes;
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

pub trait PreluKernel: Storage<f32> {
    /// y = x above zero, slope[c] x below.
    fn prelu(&self, planes: Planes, x: &Self::Vec, slope: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// The slopes' gradient: for each channel the sum of x dy where x is below zero.
    fn prelu_slopes(&self, planes: Planes, x: &Self::Vec, dy: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// dx, in place.
    fn prelu_backward(
        &self,
        planes: Planes,
        x: &Self::Vec,
        slope: &Self::Vec,
        dy: Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;
}

/// `x`: N x C x H x W; `slope`: 1 x C x 1 x 1. Returns the shape of `x`.
pub fn prelu<D: Backend>(ctx: &Context<D>, x: &Var<D>, slope: &Var<D>) -> Result<Var<D>, Error> {
    let planes = Planes::of(x.shape());
    if slope.shape() != [1, planes.channels, 1, 1] {
        return Err(Error::shape("prelu", format!("slopes {:?} for a map {:?}", slope.shape(), x.shape())));
    }
    let (kept, slopes) = (x.shared()?, slope.shared()?);
    let y = ctx.device().prelu(planes, &kept, &slopes).map_err(|e| Error::device("prelu", e))?;
    ctx.record("prelu", y, x.shape(), &[x, slope], move |device, dy, slots| {
        if slots.wants(1) {
            slots.give(1, device.prelu_slopes(planes, &kept, &dy)?)?;
        }
        if slots.wants(0) {
            slots.give(0, device.prelu_backward(planes, &kept, &slopes, dy)?)?;
        }
        Ok(())
    })
}
