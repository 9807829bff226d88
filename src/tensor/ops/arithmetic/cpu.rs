//! Arithmetic on the CPU.

use super::broadcast::offsets;
use super::{ArithmeticKernel, Axis, Binary, Broadcast, Operand, Unary};
use crate::tensor::Backend;
use crate::tensor::ops::{lanes, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

/// Elements of an inner axis that a task sums at a time.
const STRIP: usize = 1 << 10;

impl ArithmeticKernel for Cpu {
    fn unary(&self, f: Unary, x: &Buffer) -> Result<Buffer, Self::Err> {
        let mut y = self.allocate(x.len())?;
        match f {
            Unary::Affine { gain, shift } => lanes::par_map(&mut y, x, move |x| gain * x + shift),
            Unary::Square => lanes::par_map(&mut y, x, move |x| x * x),
            Unary::Absolute => lanes::par_map(&mut y, x, f32::abs),
            Unary::Sqrt { epsilon } => lanes::par_map(&mut y, x, move |x| (x + epsilon).sqrt()),
        }
        Ok(y)
    }

    fn unary_backward(&self, f: Unary, kept: Option<&Buffer>, mut dy: Buffer) -> Result<Buffer, Self::Err> {
        match (f, kept) {
            (Unary::Square, Some(x)) => lanes::par_amend1(&mut dy, x, move |dy, x| 2.0 * x * dy),
            (Unary::Absolute, Some(x)) => lanes::par_amend1(&mut dy, x, move |dy, x| sign(x) * dy),
            (Unary::Sqrt { .. }, Some(y)) => lanes::par_amend1(&mut dy, y, move |dy, y| 0.5 * dy / y),
            (Unary::Affine { gain, .. }, _) => lanes::par_amend(&mut dy, move |dy| gain * dy),
            _ => {}
        }
        Ok(dy)
    }

    fn binary(&self, f: Binary, shape: &Broadcast, a: &Buffer, b: &Buffer) -> Result<Buffer, Self::Err> {
        let mut y = self.allocate(shape.len())?;
        match f {
            Binary::Add => apply(shape, &mut y, a, b, |a, b| a + b),
            Binary::Subtract => apply(shape, &mut y, a, b, |a, b| a - b),
            Binary::Multiply => apply(shape, &mut y, a, b, |a, b| a * b),
            Binary::SquaredDifference => apply(shape, &mut y, a, b, |a, b| (a - b) * (a - b)),
            Binary::AbsoluteDifference => apply(shape, &mut y, a, b, |a, b| (a - b).abs()),
        }
        Ok(y)
    }

    fn binary_gradient(
        &self,
        f: Binary,
        of: Operand,
        shape: &Broadcast,
        (a, b): (Option<&Buffer>, Option<&Buffer>),
        dy: &Buffer,
    ) -> Result<Buffer, Self::Err> {
        let len: usize = shape.axes.iter().filter(|x| step(x, of) != 0).map(|x| x.size).product();
        let mut out = self.allocate(len)?;
        let source = Source { shape, a: a.map(|a| &a[..]), b: b.map(|b| &b[..]), dy };
        match (f, of) {
            (Binary::Add, _) | (Binary::Subtract, Operand::A) => source.gradient(of, &mut out, |_, _, dy| dy),
            (Binary::Subtract, Operand::B) => source.gradient(of, &mut out, |_, _, dy| -dy),
            (Binary::Multiply, Operand::A) => source.gradient(of, &mut out, |_, b, dy| b * dy),
            (Binary::Multiply, Operand::B) => source.gradient(of, &mut out, |a, _, dy| a * dy),
            (Binary::SquaredDifference, Operand::A) => source.gradient(of, &mut out, |a, b, dy| 2.0 * (a - b) * dy),
            (Binary::SquaredDifference, Operand::B) => source.gradient(of, &mut out, |a, b, dy| 2.0 * (b - a) * dy),
            (Binary::AbsoluteDifference, Operand::A) => source.gradient(of, &mut out, |a, b, dy| sign(a - b) * dy),
            (Binary::AbsoluteDifference, Operand::B) => source.gradient(of, &mut out, |a, b, dy| sign(b - a) * dy),
        }
        Ok(out)
    }

    fn binary_gradient_in_place(
        &self,
        f: Binary,
        of: Operand,
        (a, b): (Option<&Buffer>, Option<&Buffer>),
        mut dy: Buffer,
    ) -> Result<Buffer, Self::Err> {
        let d = &mut dy;
        let sign_of = if of == Operand::A { 1.0 } else { -1.0 };
        match (f, of, a, b) {
            (Binary::Subtract, Operand::B, ..) => lanes::par_amend(d, move |dy| -dy),
            (Binary::Multiply, Operand::A, _, Some(other)) | (Binary::Multiply, Operand::B, Some(other), _) => {
                lanes::par_amend1(d, other, move |dy, other| dy * other);
            }
            (Binary::SquaredDifference, _, Some(a), Some(b)) => {
                lanes::par_amend2(d, a, b, move |dy, a, b| 2.0 * sign_of * (a - b) * dy);
            }
            (Binary::AbsoluteDifference, _, Some(a), Some(b)) => {
                lanes::par_amend2(d, a, b, move |dy, a, b| sign_of * sign(a - b) * dy);
            }
            _ => {}
        }
        Ok(dy)
    }
}

/// The slope of |x|: 0 at 0.
#[inline(always)]
fn sign(x: f32) -> f32 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x
    }
}

fn step(axis: &Axis, of: Operand) -> usize {
    match of {
        Operand::A => axis.a,
        Operand::B => axis.b,
    }
}

fn apply(shape: &Broadcast, y: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32 + Copy + Sync) {
    let inner = shape.inner();
    parallel::rows(y, inner.size, |row, y| {
        let (i, j) = offsets(shape.outer(), row);
        let (a, b) = (&a[i..], &b[j..]);
        match (inner.a, inner.b) {
            (_, 0) => {
                let b = b[0];
                lanes::par_map(y, a, move |a| f(a, b));
            }
            (0, _) => {
                let a = a[0];
                lanes::par_map(y, b, move |b| f(a, b));
            }
            _ => lanes::par_map2(y, a, b, f),
        }
    });
}

/// What a gradient is computed from.
struct Source<'a> {
    shape: &'a Broadcast,
    a: Option<&'a [f32]>,
    b: Option<&'a [f32]>,
    dy: &'a [f32],
}

/// A part of an inner axis: a slice, or the one value that repeats.
#[derive(Clone, Copy)]
enum Strip<'a> {
    Values(&'a [f32]),
    One(f32),
}

impl<'a> Strip<'a> {
    fn of(values: Option<&'a [f32]>, offset: usize, step: usize, from: usize, len: usize) -> Self {
        match values {
            None => Strip::One(0.0),
            Some(values) if step == 0 => Strip::One(values[offset]),
            Some(values) => Strip::Values(&values[offset + from..][..len]),
        }
    }
}

impl Source<'_> {
    /// Both operands and dy for elements `from..from + len` of row `row`.
    fn strips(&self, row: usize, from: usize, len: usize) -> (Strip<'_>, Strip<'_>, &[f32]) {
        let inner = self.shape.inner();
        let (i, j) = offsets(self.shape.outer(), row);
        let a = Strip::of(self.a, i, inner.a, from, len);
        let b = Strip::of(self.b, j, inner.b, from, len);
        (a, b, &self.dy[row * inner.size + from..][..len])
    }

    /// Sums `g` over what was repeated.
    fn gradient(&self, of: Operand, out: &mut [f32], g: impl Fn(f32, f32, f32) -> f32 + Copy + Sync) {
        let inner = self.shape.inner();
        let outer = self.shape.outer();
        let kept: Vec<usize> = (0..outer.len()).filter(|&i| step(&outer[i], of) != 0).collect();
        let summed: Vec<usize> = (0..outer.len()).filter(|&i| step(&outer[i], of) == 0).collect();
        let repeats: usize = summed.iter().map(|&i| outer[i].size).product();
        // The row of the output where the kept axes are at `k` and the summed ones at `s`.
        let row = |mut k: usize, mut s: usize| {
            let (mut row, mut stride) = (0, 1);
            for i in (0..outer.len()).rev() {
                let position = if kept.contains(&i) { &mut k } else { &mut s };
                row += *position % outer[i].size * stride;
                *position /= outer[i].size;
                stride *= outer[i].size;
            }
            row
        };
        if step(&inner, of) == 0 {
            let sums = parallel::collect(out.len(), repeats * inner.size, |k| {
                (0..repeats).map(|s| sum(self.strips(row(k, s), 0, inner.size), g)).sum::<f64>() as f32
            });
            out.copy_from_slice(&sums);
            return;
        }
        let fill = |k: usize, from: usize, out: &mut [f32]| {
            if repeats == 1 {
                return write(out, self.strips(row(k, 0), from, out.len()), g);
            }
            let mut sums = vec![0.0; out.len()];
            let mut values = vec![0.0; out.len()];
            for s in 0..repeats {
                write(&mut values, self.strips(row(k, s), from, out.len()), g);
                lanes::add_wide(&mut sums, &values);
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = sum as f32;
            }
        };
        parallel::rows(out, inner.size, |k, out| {
            if out.len() * repeats <= parallel::CHUNK {
                return fill(k, 0, out);
            }
            parallel::chunks(out, STRIP, &|strip, out| fill(k, strip * STRIP, out));
        });
    }
}

type Strips<'a> = (Strip<'a>, Strip<'a>, &'a [f32]);

fn write(out: &mut [f32], (a, b, dy): Strips<'_>, g: impl Fn(f32, f32, f32) -> f32 + Copy) {
    match (a, b) {
        (Strip::Values(a), Strip::Values(b)) => lanes::map3(out, a, b, dy, g),
        (Strip::Values(a), Strip::One(b)) => lanes::map2(out, a, dy, move |a, dy| g(a, b, dy)),
        (Strip::One(a), Strip::Values(b)) => lanes::map2(out, b, dy, move |b, dy| g(a, b, dy)),
        (Strip::One(a), Strip::One(b)) => lanes::map(out, dy, move |dy| g(a, b, dy)),
    }
}

fn sum((a, b, dy): Strips<'_>, g: impl Fn(f32, f32, f32) -> f32 + Copy + Sync) -> f64 {
    let [sum] = match (a, b) {
        (Strip::Values(a), Strip::Values(b)) => lanes::par_fold(a, b, dy, move |a, b, dy| [f64::from(g(a, b, dy))]),
        (Strip::Values(a), Strip::One(b)) => lanes::par_fold(a, dy, dy, move |a, dy, _| [f64::from(g(a, b, dy))]),
        (Strip::One(a), Strip::Values(b)) => lanes::par_fold(b, dy, dy, move |b, dy, _| [f64::from(g(a, b, dy))]),
        (Strip::One(a), Strip::One(b)) => lanes::par_fold(dy, dy, dy, move |dy, _, _| [f64::from(g(a, b, dy))]),
    };
    sum
}
