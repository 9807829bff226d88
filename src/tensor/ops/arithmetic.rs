//! Arithmetic, element by element. Of two values a dimension repeats where one side has 1; what was repeated is summed
//! on the way back. Passing a gradient on is a move.

mod broadcast;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

pub use broadcast::{Axis, Broadcast};

use super::shape::{Blocks, Side};
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

/// A function of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    SquaredDifference,
    AbsoluteDifference,
}

impl Binary {
    /// Whether the gradient of an operand reads itself, and the other.
    fn reads(self) -> (bool, bool) {
        match self {
            Binary::Add | Binary::Subtract => (false, false),
            Binary::Multiply => (false, true),
            Binary::SquaredDifference | Binary::AbsoluteDifference => (true, true),
        }
    }
}

/// A function of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unary {
    /// gain x + shift.
    Affine {
        gain: f32,
        shift: f32,
    },
    Square,
    Absolute,
    /// sqrt(x + epsilon).
    Sqrt {
        epsilon: f32,
    },
}

/// Which operand a gradient is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    A,
    B,
}

pub trait ArithmeticKernel: Storage<f32> {
    fn unary(&self, f: Unary, x: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// dx in place; `kept` is the output for roots, else the input; affine functions read none.
    fn unary_backward(&self, f: Unary, kept: Option<&Self::Vec>, dy: Self::Vec) -> Result<Self::Vec, Self::Err>;

    fn binary(&self, f: Binary, shape: &Broadcast, a: &Self::Vec, b: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// An operand's gradient, summed where it was repeated. Operands that are not read may be missing.
    fn binary_gradient(
        &self,
        f: Binary,
        of: Operand,
        shape: &Broadcast,
        operands: (Option<&Self::Vec>, Option<&Self::Vec>),
        dy: &Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;

    /// The same for operands of one shape, in place.
    fn binary_gradient_in_place(
        &self,
        f: Binary,
        of: Operand,
        operands: (Option<&Self::Vec>, Option<&Self::Vec>),
        dy: Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;
}

/// a + b.
pub fn add<D: Backend>(ctx: &Context<D>, a: &Var<D>, b: &Var<D>) -> Result<Var<D>, Error> {
    binary(ctx, "add", Binary::Add, a, b)
}

/// a - b.
pub fn subtract<D: Backend>(ctx: &Context<D>, a: &Var<D>, b: &Var<D>) -> Result<Var<D>, Error> {
    binary(ctx, "subtract", Binary::Subtract, a, b)
}

/// a b.
pub fn multiply<D: Backend>(ctx: &Context<D>, a: &Var<D>, b: &Var<D>) -> Result<Var<D>, Error> {
    binary(ctx, "multiply", Binary::Multiply, a, b)
}

/// (a - b)^2.
pub fn squared_difference<D: Backend>(ctx: &Context<D>, a: &Var<D>, b: &Var<D>) -> Result<Var<D>, Error> {
    binary(ctx, "squared difference", Binary::SquaredDifference, a, b)
}

/// |a - b|; slope 0 where they are equal.
pub fn absolute_difference<D: Backend>(ctx: &Context<D>, a: &Var<D>, b: &Var<D>) -> Result<Var<D>, Error> {
    binary(ctx, "absolute difference", Binary::AbsoluteDifference, a, b)
}

/// gain x + shift.
pub fn affine<D: Backend>(ctx: &Context<D>, x: &Var<D>, gain: f32, shift: f32) -> Result<Var<D>, Error> {
    if gain == 1.0 && shift == 0.0 {
        return Ok(x.clone());
    }
    unary(ctx, "affine", Unary::Affine { gain, shift }, x)
}

/// x^2.
pub fn square<D: Backend>(ctx: &Context<D>, x: &Var<D>) -> Result<Var<D>, Error> {
    unary(ctx, "square", Unary::Square, x)
}

/// |x|; slope 0 at 0.
pub fn absolute<D: Backend>(ctx: &Context<D>, x: &Var<D>) -> Result<Var<D>, Error> {
    unary(ctx, "absolute", Unary::Absolute, x)
}

/// sqrt(x + epsilon).
pub fn sqrt<D: Backend>(ctx: &Context<D>, x: &Var<D>, epsilon: f32) -> Result<Var<D>, Error> {
    unary(ctx, "sqrt", Unary::Sqrt { epsilon }, x)
}

fn unary<D: Backend>(ctx: &Context<D>, op: &'static str, f: Unary, x: &Var<D>) -> Result<Var<D>, Error> {
    let y = ctx.device().unary(f, x.storage()?).map_err(|e| Error::device(op, e))?;
    match f {
        Unary::Sqrt { .. } => ctx.record_with_output(op, y, x.shape(), &[x], move |device, y, dy, slots| {
            slots.give(0, device.unary_backward(f, Some(y), dy)?)
        }),
        Unary::Affine { gain, .. } => ctx.record(op, y, x.shape(), &[x], move |device, dy, slots| {
            slots.give(0, if gain == 1.0 { dy } else { device.unary_backward(f, None, dy)? })
        }),
        Unary::Square | Unary::Absolute => {
            let kept = x.shared()?;
            ctx.record(op, y, x.shape(), &[x], move |device, dy, slots| {
                slots.give(0, device.unary_backward(f, Some(&kept), dy)?)
            })
        }
    }
}

fn binary<D: Backend>(ctx: &Context<D>, op: &'static str, f: Binary, a: &Var<D>, b: &Var<D>) -> Result<Var<D>, Error> {
    let shape = Broadcast::of(a.shape(), b.shape())
        .ok_or_else(|| Error::shape(op, format!("{:?} and {:?} do not fit", a.shape(), b.shape())))?;
    let y = ctx.device().binary(f, &shape, a.storage()?, b.storage()?).map_err(|e| Error::device(op, e))?;
    let (own, other) = f.reads();
    let reads = |mine: &Var<D>, its: &Var<D>| (mine.needs_grad() && own) || (its.needs_grad() && other);
    let kept_a = reads(a, b).then(|| a.shared()).transpose()?;
    let kept_b = reads(b, a).then(|| b.shared()).transpose()?;
    ctx.record(op, y, shape.output, &[a, b], move |device, dy, slots| {
        let operands = (kept_a.as_deref(), kept_b.as_deref());
        let wants = (slots.wants(0), slots.wants(1));
        if !shape.is_plain() {
            if wants.0 {
                slots.give(0, device.binary_gradient(f, Operand::A, &shape, operands, &dy)?)?;
            }
            if wants.1 {
                slots.give(1, device.binary_gradient(f, Operand::B, &shape, operands, &dy)?)?;
            }
            return Ok(());
        }
        if wants.0 && wants.1 {
            match f {
                Binary::Add | Binary::Subtract => {
                    let blocks = Blocks { outer: 1, rows: 1, len: shape.len() };
                    let side = Side { offset: 0, outer: blocks.len, row: blocks.len };
                    slots.write(0, blocks.len, |device, da, accumulate| {
                        device.transfer(blocks, (&dy, side), (da, side), accumulate)
                    })?;
                }
                _ => slots.give(0, device.binary_gradient(f, Operand::A, &shape, operands, &dy)?)?,
            }
        }
        let (i, of) = if wants.1 { (1, Operand::B) } else { (0, Operand::A) };
        slots.give(i, device.binary_gradient_in_place(f, of, operands, dy)?)
    })
}
