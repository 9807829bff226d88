//! Joining, cutting, padding, flipping and renaming: everything that only moves elements.

mod cpu;
#[cfg(feature = "cuda")]
pub(super) mod cuda;

use super::border::Border;
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;
use std::sync::Arc;

/// Where the blocks of one side lie: the first, and the steps to the next outer block and to the next row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    pub offset: usize,
    pub outer: usize,
    pub row: usize,
}

/// Rows of `len` contiguous elements, `rows` in each of `outer` blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    pub outer: usize,
    pub rows: usize,
    pub len: usize,
}

/// Positions of a plane of height x width that the rows and columns of another read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remap {
    pub height: usize,
    pub width: usize,
    pub rows: Vec<usize>,
    pub columns: Vec<usize>,
}

pub trait ShapeKernel: Storage<f32> {
    /// Sets all elements to zero.
    fn zero(&self, target: &mut Self::Vec) -> Result<(), Self::Err>;

    /// Copies or adds blocks.
    fn transfer(
        &self,
        blocks: Blocks,
        source: (&Self::Vec, Side),
        target: (&mut Self::Vec, Side),
        add: bool,
    ) -> Result<(), Self::Err>;

    /// Reads `count` planes through a map.
    fn remap(&self, count: usize, map: &Remap, x: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// Adds each element of dy where it was read.
    fn remap_backward(&self, count: usize, map: &Remap, dy: &Self::Vec) -> Result<Self::Vec, Self::Err>;
}

/// Maps N x Ci x H x W of one size; returns N x (sum of Ci) x H x W.
pub fn concat_channels<D: Backend>(ctx: &Context<D>, maps: &[&Var<D>]) -> Result<Var<D>, Error> {
    concat(ctx, "concat", maps, 1)
}

/// Maps Ni x C x H x W of one size; returns (sum of Ni) x C x H x W.
pub fn concat_batch<D: Backend>(ctx: &Context<D>, maps: &[&Var<D>]) -> Result<Var<D>, Error> {
    concat(ctx, "concat of batches", maps, 0)
}

fn concat<D: Backend>(ctx: &Context<D>, op: &'static str, maps: &[&Var<D>], axis: usize) -> Result<Var<D>, Error> {
    let Some(first) = maps.first() else { return Err(Error::shape(op, "nothing to join")) };
    if let [only] = maps {
        return Ok((*only).clone());
    }
    let mut shape = first.shape();
    shape[axis] = 0;
    for map in maps {
        let mut other = map.shape();
        shape[axis] += std::mem::replace(&mut other[axis], shape[axis]);
        if (0..4).any(|i| i != axis && other[i] != shape[i]) {
            return Err(Error::shape(op, format!("{:?} and {:?} differ", first.shape(), map.shape())));
        }
    }
    let outer: usize = shape[..axis].iter().product();
    let whole: usize = shape[axis..].iter().product();
    let mut parts = Vec::with_capacity(maps.len());
    let mut offset = 0;
    for map in maps {
        let len = map.len() / outer.max(1);
        parts.push((Blocks { outer, rows: 1, len }, Side { offset, outer: whole, row: 0 }));
        offset += len;
    }
    let device = ctx.device();
    let mut y = device.allocate(outer * whole).map_err(|e| Error::device(op, e))?;
    for (map, &(blocks, place)) in maps.iter().zip(&parts) {
        device
            .transfer(blocks, (map.storage()?, contiguous(blocks)), (&mut y, place), false)
            .map_err(|e| Error::device(op, e))?;
    }
    ctx.record(op, y, shape, maps, move |_, dy, slots| {
        for (i, &(blocks, place)) in parts.iter().enumerate() {
            slots.write(i, blocks.outer * blocks.len, |device, dx, accumulate| {
                device.transfer(blocks, (&dy, place), (dx, contiguous(blocks)), accumulate)
            })?;
        }
        Ok(())
    })
}

/// The side of a buffer that holds nothing but the blocks.
fn contiguous(blocks: Blocks) -> Side {
    Side { offset: 0, outer: blocks.rows * blocks.len, row: blocks.len }
}

/// Cuts blocks out; on the way back they are added to zeros.
fn cut<D: Backend>(
    ctx: &Context<D>,
    op: &'static str,
    x: &Var<D>,
    (blocks, place): (Blocks, Side),
    shape: [usize; 4],
) -> Result<Var<D>, Error> {
    if shape == x.shape() {
        return Ok(x.clone());
    }
    let device = ctx.device();
    let mut y = device.allocate(shape.iter().product()).map_err(|e| Error::device(op, e))?;
    device
        .transfer(blocks, (x.storage()?, place), (&mut y, contiguous(blocks)), false)
        .map_err(|e| Error::device(op, e))?;
    let len = x.len();
    ctx.record(op, y, shape, &[x], move |_, dy, slots| {
        slots.write(0, len, |device, dx, accumulate| {
            if !accumulate {
                device.zero(dx)?;
            }
            device.transfer(blocks, (&dy, contiguous(blocks)), (dx, place), accumulate)
        })
    })
}

/// `x`: N x C x H x W. Returns the rectangle at `top`, `left`: N x C x height x width.
pub fn crop<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    top: usize,
    left: usize,
    height: usize,
    width: usize,
) -> Result<Var<D>, Error> {
    let [n, c, h, w] = x.shape();
    if top + height > h || left + width > w {
        return Err(Error::shape("crop", format!("{height}x{width} at {top}, {left} of a map {h}x{w}")));
    }
    let blocks = Blocks { outer: n * c, rows: height, len: width };
    let place = Side { offset: top * w + left, outer: h * w, row: w };
    cut(ctx, "crop", x, (blocks, place), [n, c, height, width])
}

/// `x`: N x C x H x W. Returns channels `from..from + count`.
pub fn slice_channels<D: Backend>(ctx: &Context<D>, x: &Var<D>, from: usize, count: usize) -> Result<Var<D>, Error> {
    let [n, c, h, w] = x.shape();
    if from + count > c {
        return Err(Error::shape("slice", format!("channels {from} to {} of {c}", from + count)));
    }
    let blocks = Blocks { outer: n, rows: 1, len: count * h * w };
    let place = Side { offset: from * h * w, outer: c * h * w, row: 0 };
    cut(ctx, "slice", x, (blocks, place), [n, count, h, w])
}

/// `x`: N x C x H x W. Returns samples `from..from + count`.
pub fn slice_batch<D: Backend>(ctx: &Context<D>, x: &Var<D>, from: usize, count: usize) -> Result<Var<D>, Error> {
    let [n, c, h, w] = x.shape();
    if from + count > n {
        return Err(Error::shape("slice of a batch", format!("samples {from} to {} of {n}", from + count)));
    }
    let size = c * h * w;
    let blocks = Blocks { outer: count, rows: 1, len: size };
    let place = Side { offset: from * size, outer: size, row: 0 };
    cut(ctx, "slice of a batch", x, (blocks, place), [count, c, h, w])
}

/// `x`: N x C x H x W. Returns N x C x (t + H + b) x (l + W + r); `padding` is top, bottom, left, right.
pub fn pad<D: Backend>(ctx: &Context<D>, x: &Var<D>, padding: [usize; 4], border: Border) -> Result<Var<D>, Error> {
    let [n, c, h, w] = x.shape();
    let [top, bottom, left, right] = padding;
    if padding == [0; 4] {
        return Ok(x.clone());
    }
    let shape = [n, c, h + top + bottom, w + left + right];
    if border != Border::Zero {
        if ![(top, h), (bottom, h), (left, w), (right, w)].iter().all(|&(p, len)| border.reaches(p, len)) {
            return Err(Error::shape("pad", format!("a map {h}x{w} has too few texels for {padding:?}, {border:?}")));
        }
        let axis = |len: usize, before: usize, after: usize| {
            let padded = -(before as isize)..(len + after) as isize;
            padded.filter_map(|i| border.source(i, len)).collect()
        };
        let map = Remap { height: h, width: w, rows: axis(h, top, bottom), columns: axis(w, left, right) };
        return remap(ctx, "pad", x, map);
    }
    let blocks = Blocks { outer: n * c, rows: h, len: w };
    let place = Side { offset: top * shape[3] + left, outer: shape[2] * shape[3], row: shape[3] };
    let device = ctx.device();
    let run = || {
        let mut y = device.allocate(shape.iter().product())?;
        device.zero(&mut y)?;
        Ok(y)
    };
    let mut y = run().map_err(|e: D::Err| Error::device("pad", e))?;
    device
        .transfer(blocks, (x.storage()?, contiguous(blocks)), (&mut y, place), false)
        .map_err(|e| Error::device("pad", e))?;
    let len = x.len();
    ctx.record("pad", y, shape, &[x], move |_, dy, slots| {
        slots.write(0, len, |device, dx, accumulate| {
            device.transfer(blocks, (&dy, place), (dx, contiguous(blocks)), accumulate)
        })
    })
}

/// `x`: N x C x H x W, mirrored left to right.
pub fn flip_width<D: Backend>(ctx: &Context<D>, x: &Var<D>) -> Result<Var<D>, Error> {
    let [_, _, h, w] = x.shape();
    let map = Remap { height: h, width: w, rows: (0..h).collect(), columns: (0..w).rev().collect() };
    remap(ctx, "flip", x, map)
}

fn remap<D: Backend>(ctx: &Context<D>, op: &'static str, x: &Var<D>, map: Remap) -> Result<Var<D>, Error> {
    let [n, c, ..] = x.shape();
    let map = Arc::new(map);
    let y = ctx.device().remap(n * c, &map, x.storage()?).map_err(|e| Error::device(op, e))?;
    ctx.record(op, y, [n, c, map.rows.len(), map.columns.len()], &[x], move |device, dy, slots| {
        slots.give(0, device.remap_backward(n * c, &map, &dy)?)
    })
}

/// The same elements under another shape of as many. Shares the storage and the gradient; records nothing.
pub fn reshape<D: Backend>(ctx: &Context<D>, x: &Var<D>, shape: [usize; 4]) -> Result<Var<D>, Error> {
    if shape.iter().product::<usize>() != x.len() {
        return Err(Error::shape("reshape", format!("{:?} does not hold as many elements as {shape:?}", x.shape())));
    }
    x.storage()?;
    let [n, c, h, w] = shape;
    let view = ctx.device().reshape(x.tensor(), (n, c, h, w)).map_err(|e| Error::device("reshape", e))?;
    Ok(if x.needs_grad() { Var::leaf(view) } else { Var::constant(view) })
}
