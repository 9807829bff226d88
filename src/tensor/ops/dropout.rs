//! Dropout: Srivastava et al., JMLR 15 (2014). Which elements are kept is a function of a random stream and their
//! position, drawn again on the way back, so nothing is stored and a resumed run drops what an uninterrupted one drops.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

use crate::random::Stream;
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

pub trait DropoutKernel: Storage<f32> {
    fn dropout(&self, share: f32, stream: Stream, x: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// The same, in place.
    fn dropout_in_place(&self, share: f32, stream: Stream, x: Self::Vec) -> Result<Self::Vec, Self::Err>;
}

/// `x`: any shape. A `share` (in [0, 1)) of the elements becomes 0, the others are divided by 1 - share. Element i is
/// kept by `stream.at(i)`: callers give a stream of its own to every layer and step.
pub fn dropout<D: Backend>(ctx: &Context<D>, x: &Var<D>, share: f32, stream: Stream) -> Result<Var<D>, Error> {
    if !(0.0..1.0).contains(&share) {
        return Err(Error::shape("dropout", format!("a share of {share}")));
    }
    if share == 0.0 {
        return Ok(x.clone());
    }
    let y = ctx.device().dropout(share, stream, x.storage()?).map_err(|e| Error::device("dropout", e))?;
    ctx.record("dropout", y, x.shape(), &[x], move |device, dy, slots| {
        slots.give(0, device.dropout_in_place(share, stream, dy)?)
    })
}
