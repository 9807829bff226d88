//! Maximum and average pooling over windows and over whole planes. The maximum keeps where it was found, not the map.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod maxima;
mod windows;

use super::{Planes, reduce};
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

/// Square windows over a plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    pub height: usize,
    pub width: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

impl Windows {
    /// Height and width of the result, as torch rounds (down); `None` where no window fits.
    pub fn output(&self) -> Option<(usize, usize)> {
        let along = |size: usize| {
            let free = (size + 2 * self.padding).checked_sub(self.kernel)?;
            Some(free / self.stride + 1)
        };
        Some((along(self.height)?, along(self.width)?))
    }

    fn check(&self) -> Result<(usize, usize), Error> {
        let message = || format!("windows {self:?} on {}x{}", self.height, self.width);
        if self.kernel == 0 || self.stride == 0 || 2 * self.padding > self.kernel {
            return Err(Error::shape("pool", message()));
        }
        self.output().ok_or_else(|| Error::shape("pool", message()))
    }
}

pub trait PoolKernel: Storage<f32> {
    /// Positions of maxima, each within its block.
    type Positions: 'static;

    /// The first largest element of each window; a plane is a block.
    fn max_pool(
        &self,
        count: usize,
        windows: Windows,
        x: &Self::Vec,
    ) -> Result<(Self::Vec, Self::Positions), Self::Err>;

    /// As [`PoolKernel::max_pool`], without the positions.
    fn max_pool_values(&self, count: usize, windows: Windows, x: &Self::Vec) -> Result<Self::Vec, Self::Err> {
        self.max_pool(count, windows, x).map(|(y, _)| y)
    }

    /// The first largest over `channels` of each of `size` positions of each of `samples`; a sample is a block.
    fn max_over(
        &self,
        samples: usize,
        channels: usize,
        size: usize,
        x: &Self::Vec,
    ) -> Result<(Self::Vec, Self::Positions), Self::Err>;

    /// Adds each element of dy where its maximum was; `(input, output)` are the lengths of a block.
    fn scatter(
        &self,
        blocks: (usize, usize),
        positions: &Self::Positions,
        dy: &Self::Vec,
        dx: &mut Self::Vec,
        accumulate: bool,
    ) -> Result<(), Self::Err>;

    /// The mean of each window; what lies outside counts as 0.
    fn average_pool(&self, count: usize, windows: Windows, x: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    fn average_pool_backward(&self, count: usize, windows: Windows, dy: &Self::Vec) -> Result<Self::Vec, Self::Err>;
}

/// `x`: N x C x H x W. Returns N x C x h x w; what lies outside never wins.
pub fn max_pool<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Result<Var<D>, Error> {
    let [n, c, height, width] = x.shape();
    let windows = Windows { height, width, kernel, stride, padding };
    let (h, w) = windows.check()?;
    if !(ctx.is_recording() && x.needs_grad()) {
        let y = ctx.device().max_pool_values(n * c, windows, x.storage()?);
        return ctx
            .record("max pool", y.map_err(|e| Error::device("max pool", e))?, [n, c, h, w], &[x], |_, _, _| Ok(()));
    }
    let (y, positions) =
        ctx.device().max_pool(n * c, windows, x.storage()?).map_err(|e| Error::device("max pool", e))?;
    record_max(ctx, "max pool", x, (y, positions), [n, c, h, w], n * c)
}

/// `x`: N x C x H x W. Returns N x C x h x w; padding counts as zeros, as torch's default.
pub fn average_pool<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Result<Var<D>, Error> {
    let [n, c, height, width] = x.shape();
    let windows = Windows { height, width, kernel, stride, padding };
    let (h, w) = windows.check()?;
    let y = ctx.device().average_pool(n * c, windows, x.storage()?).map_err(|e| Error::device("average pool", e))?;
    ctx.record("average pool", y, [n, c, h, w], &[x], move |device, dy, slots| {
        slots.give(0, device.average_pool_backward(n * c, windows, &dy)?)
    })
}

/// `x`: N x C x H x W. Returns the means of its planes, N x C x 1 x 1.
pub fn global_average_pool<D: Backend>(ctx: &Context<D>, x: &Var<D>) -> Result<Var<D>, Error> {
    let planes = Planes::of(x.shape());
    reduce::rows(
        ctx,
        "global average pool",
        x,
        planes.size,
        1.0 / planes.size as f64,
        [planes.samples, planes.channels, 1, 1],
    )
}

/// `x`: N x C x H x W. Returns the largest elements of its planes, N x C x 1 x 1.
pub fn global_max_pool<D: Backend>(ctx: &Context<D>, x: &Var<D>) -> Result<Var<D>, Error> {
    let planes = Planes::of(x.shape());
    if planes.is_empty() {
        return Err(Error::shape("global max pool", format!("an empty map {:?}", x.shape())));
    }
    let found = ctx
        .device()
        .max_over(planes.count(), planes.size, 1, x.storage()?)
        .map_err(|e| Error::device("global max pool", e))?;
    record_max(ctx, "global max pool", x, found, [planes.samples, planes.channels, 1, 1], planes.count())
}

/// `x`: N x C x H x W. Returns the largest over the channels, N x 1 x H x W.
pub fn max_channels<D: Backend>(ctx: &Context<D>, x: &Var<D>) -> Result<Var<D>, Error> {
    let [n, c, h, w] = x.shape();
    if x.is_empty() {
        return Err(Error::shape("max over channels", format!("an empty map {:?}", x.shape())));
    }
    let found = ctx.device().max_over(n, c, h * w, x.storage()?).map_err(|e| Error::device("max over channels", e))?;
    record_max(ctx, "max over channels", x, found, [n, 1, h, w], n)
}

/// `x`: N x 2C x H x W. Returns the larger of each of the first C channels and its partner among the others,
/// N x C x H x W.
pub fn max_halves<D: Backend>(ctx: &Context<D>, x: &Var<D>) -> Result<Var<D>, Error> {
    let op = "max of halves";
    let [n, c, h, w] = x.shape();
    if x.is_empty() || !c.is_multiple_of(2) {
        return Err(Error::shape(op, format!("{:?} has no halves", x.shape())));
    }
    let found = ctx.device().max_over(n, 2, c / 2 * h * w, x.storage()?).map_err(|e| Error::device(op, e))?;
    record_max(ctx, op, x, found, [n, c / 2, h, w], n)
}

/// The way back of maxima found in `count` blocks.
fn record_max<D: Backend>(
    ctx: &Context<D>,
    op: &'static str,
    x: &Var<D>,
    (y, positions): (D::Vec, D::Positions),
    shape: [usize; 4],
    count: usize,
) -> Result<Var<D>, Error> {
    let len = x.len();
    let blocks = (len / count.max(1), shape.iter().product::<usize>() / count.max(1));
    ctx.record(op, y, shape, &[x], move |_, dy, slots| {
        slots.write(0, len, |device, dx, accumulate| device.scatter(blocks, &positions, &dy, dx, accumulate))
    })
}
