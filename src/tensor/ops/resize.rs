//! Nearest and bilinear resizing, with torch's conventions (no antialiasing when shrinking).

mod axis;
mod cpu;
#[cfg(feature = "cuda")]
pub(super) mod cuda;

use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;
use std::sync::Arc;

/// How the positions of one axis read the source: `low` and its follower `high`, blended by the share of `high`.
#[derive(Clone, Debug, PartialEq)]
pub struct Taps {
    pub source: usize,
    pub low: Vec<usize>,
    pub high: Vec<usize>,
    pub share: Vec<f32>,
}

impl Taps {
    /// Position i reads floor(i source / target).
    pub fn nearest(source: usize, target: usize) -> Self {
        let low: Vec<usize> = (0..target).map(|i| i * source / target).collect();
        Taps { source, high: low.clone(), low, share: vec![0.0; target] }
    }

    /// Corners meet corners, or the borders of the axes meet and what lies beyond repeats.
    pub fn linear(source: usize, target: usize, align_corners: bool) -> Self {
        let position = |i: usize| match align_corners {
            true if target > 1 => i as f64 * (source - 1) as f64 / (target - 1) as f64,
            true => 0.0,
            false => ((i as f64 + 0.5) * source as f64 / target as f64 - 0.5).max(0.0),
        };
        let low: Vec<usize> = (0..target).map(|i| (position(i) as usize).min(source - 1)).collect();
        let high = low.iter().map(|&l| (l + 1).min(source - 1)).collect();
        let share = low.iter().enumerate().map(|(i, &l)| (position(i) - l as f64) as f32).collect();
        Taps { source, low, high, share }
    }

    /// Positions of the result.
    pub fn target(&self) -> usize {
        self.low.len()
    }
}

pub trait ResizeKernel: Storage<f32> {
    fn resize(&self, count: usize, rows: &Taps, columns: &Taps, x: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// dx, of `count` planes.
    fn resize_backward(
        &self,
        count: usize,
        rows: &Taps,
        columns: &Taps,
        dy: &Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;
}

/// `x`: N x C x H x W to N x C x h x w by repeating the nearest element.
pub fn resize_nearest<D: Backend>(ctx: &Context<D>, x: &Var<D>, size: (usize, usize)) -> Result<Var<D>, Error> {
    resize(ctx, x, size, Taps::nearest)
}

/// `x`: N x C x H x W to N x C x h x w by blending four neighbours.
pub fn resize_bilinear<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    size: (usize, usize),
    align_corners: bool,
) -> Result<Var<D>, Error> {
    resize(ctx, x, size, |source, target| Taps::linear(source, target, align_corners))
}

fn resize<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    (height, width): (usize, usize),
    taps: impl Fn(usize, usize) -> Taps,
) -> Result<Var<D>, Error> {
    let [n, c, h, w] = x.shape();
    if h * w * height * width == 0 {
        return Err(Error::shape("resize", format!("{h}x{w} to {height}x{width}")));
    }
    if (h, w) == (height, width) {
        return Ok(x.clone());
    }
    let (rows, columns) = (Arc::new(taps(h, height)), Arc::new(taps(w, width)));
    let y = ctx.device().resize(n * c, &rows, &columns, x.storage()?).map_err(|e| Error::device("resize", e))?;
    ctx.record("resize", y, [n, c, height, width], &[x], move |device, dy, slots| {
        slots.give(0, device.resize_backward(n * c, &rows, &columns, &dy)?)
    })
}
