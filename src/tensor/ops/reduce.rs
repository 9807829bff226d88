//! Sums and means over everything, samples or channels; in f64 over fixed partitions, so that the number of threads
//! changes nothing.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

pub use super::pool::max_channels;

use super::Planes;
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

/// Gradients of a masked mean's input and mask, as far as they are wanted.
pub type MaskedGradients<D> = (Option<<D as Storage<f32>>::Vec>, Option<<D as Storage<f32>>::Vec>);

pub trait ReduceKernel: Storage<f32> {
    /// For each of `blocks` x `size`: `scale` times the sum over `repeats` (blocks x repeats x size elements).
    fn sum(&self, dims: Sums, x: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// The way back: each dy, times `scale`, repeated.
    fn spread(&self, dims: Sums, dy: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// Means of the samples under the mask, and the masks' sums (counted for every channel).
    fn masked_mean(&self, masked: Masked, x: &Self::Vec, mask: &Self::Vec)
    -> Result<(Self::Vec, Self::Vec), Self::Err>;

    fn masked_mean_backward(
        &self,
        masked: Masked,
        x: Option<&Self::Vec>,
        mask: &Self::Vec,
        means: (&Self::Vec, &Self::Vec),
        dy: &Self::Vec,
        wants: (bool, bool),
    ) -> Result<MaskedGradients<Self>, Self::Err>;

    /// The mean of the largest elements, and the share of every element in it.
    fn top_mean(
        &self,
        masked: Masked,
        x: &Self::Vec,
        mask: Option<&Self::Vec>,
        share: f32,
    ) -> Result<(Self::Vec, Self::Vec), Self::Err>;

    /// `shares` times the only element of dy.
    fn top_mean_backward(&self, shares: &Self::Vec, dy: &Self::Vec) -> Result<Self::Vec, Self::Err>;
}

/// What is summed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sums {
    pub blocks: usize,
    pub repeats: usize,
    pub size: usize,
    pub scale: f64,
}

/// What is masked; the mask has one channel or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Masked {
    pub planes: Planes,
    pub mask_channels: usize,
}

impl Masked {
    /// Checks that `mask` (N x 1 x H x W or N x C x H x W) fits a map of shape `x`.
    pub fn of(op: &'static str, x: [usize; 4], mask: [usize; 4]) -> Result<Self, Error> {
        let fits = mask[0] == x[0] && mask[2..] == x[2..] && (mask[1] == 1 || mask[1] == x[1]);
        if fits {
            return Ok(Masked { planes: Planes::of(x), mask_channels: mask[1] });
        }
        Err(Error::shape(op, format!("a mask {mask:?} for a map {x:?}")))
    }

    /// The plane of the mask that plane `p` of the map is under.
    pub fn plane(self, p: usize) -> usize {
        if self.mask_channels == 1 { p / self.planes.channels } else { p }
    }
}

fn sums<D: Backend>(
    ctx: &Context<D>,
    op: &'static str,
    x: &Var<D>,
    dims: Sums,
    shape: [usize; 4],
) -> Result<Var<D>, Error> {
    if x.is_empty() {
        return Err(Error::shape(op, format!("an empty map {:?}", x.shape())));
    }
    let y = ctx.device().sum(dims, x.storage()?).map_err(|e| Error::device(op, e))?;
    ctx.record(op, y, shape, &[x], move |device, dy, slots| slots.give(0, device.spread(dims, &dy)?))
}

/// `scale` times the sum of each contiguous row of `len` elements, as `shape`.
pub(super) fn rows<D: Backend>(
    ctx: &Context<D>,
    op: &'static str,
    x: &Var<D>,
    len: usize,
    scale: f64,
    shape: [usize; 4],
) -> Result<Var<D>, Error> {
    let dims = Sums { blocks: x.len() / len.max(1), repeats: len, size: 1, scale };
    sums(ctx, op, x, dims, shape)
}

/// The mean of all elements, 1 x 1 x 1 x 1.
pub fn mean_all<D: Backend>(ctx: &Context<D>, x: &Var<D>) -> Result<Var<D>, Error> {
    rows(ctx, "mean", x, x.len(), 1.0 / x.len() as f64, [1; 4])
}

/// The sum of all elements, 1 x 1 x 1 x 1.
pub fn sum_all<D: Backend>(ctx: &Context<D>, x: &Var<D>) -> Result<Var<D>, Error> {
    rows(ctx, "sum", x, x.len(), 1.0, [1; 4])
}

/// The mean of each sample over C, H, W: N x 1 x 1 x 1.
pub fn mean_samples<D: Backend>(ctx: &Context<D>, x: &Var<D>) -> Result<Var<D>, Error> {
    let [n, c, h, w] = x.shape();
    rows(ctx, "mean of samples", x, c * h * w, 1.0 / (c * h * w) as f64, [n, 1, 1, 1])
}

/// The mean over the channels, N x 1 x H x W.
pub fn mean_channels<D: Backend>(ctx: &Context<D>, x: &Var<D>) -> Result<Var<D>, Error> {
    let [n, c, h, w] = x.shape();
    let dims = Sums { blocks: n, repeats: c, size: h * w, scale: 1.0 / c as f64 };
    sums(ctx, "mean over channels", x, dims, [n, 1, h, w])
}

/// For each sample, sum of mask times element over sum of mask, the mask (N x 1 x H x W or as `x`) repeated for each
/// channel; 0 where the mask is empty: N x 1 x 1 x 1.
pub fn masked_mean_samples<D: Backend>(ctx: &Context<D>, x: &Var<D>, mask: &Var<D>) -> Result<Var<D>, Error> {
    let op = "masked mean";
    let masked = Masked::of(op, x.shape(), mask.shape())?;
    let (y, totals) =
        ctx.device().masked_mean(masked, x.storage()?, mask.storage()?).map_err(|e| Error::device(op, e))?;
    let kept_x = mask.needs_grad().then(|| x.shared()).transpose()?;
    let kept_mask = mask.shared()?;
    ctx.record_with_output(op, y, [masked.planes.samples, 1, 1, 1], &[x, mask], move |device, y, dy, slots| {
        let wants = (slots.wants(0), slots.wants(1));
        let (dx, dmask) =
            device.masked_mean_backward(masked, kept_x.as_deref(), &kept_mask, (y, &totals), &dy, wants)?;
        dx.map(|dx| slots.give(0, dx)).transpose()?;
        dmask.map(|dmask| slots.give(1, dmask)).transpose()?;
        Ok(())
    })
}

/// The mean of the `share` (in (0, 1]; at least one element) largest elements under the mask, each counting as much as
/// the mask says; 0 where the mask is empty: 1 x 1 x 1 x 1. Online hard example mining: Shrivastava et al.,
/// <https://arxiv.org/abs/1604.03540>. Which elements those are is fixed on the way back; the mask gets no gradient.
pub fn top_share_mean<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    mask: Option<&Var<D>>,
    share: f32,
) -> Result<Var<D>, Error> {
    let op = "mean of the largest";
    if !(share > 0.0 && share <= 1.0) {
        return Err(Error::shape(op, format!("a share of {share}")));
    }
    let masked = Masked::of(op, x.shape(), mask.map_or(x.shape(), Var::shape))?;
    let mask = mask.map(Var::storage).transpose()?;
    let (y, shares) = ctx.device().top_mean(masked, x.storage()?, mask, share).map_err(|e| Error::device(op, e))?;
    ctx.record(op, y, [1; 4], &[x], move |device, dy, slots| slots.give(0, device.top_mean_backward(&shares, &dy)?))
}
