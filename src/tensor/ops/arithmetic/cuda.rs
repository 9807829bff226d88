//! Arithmetic on the GPU.

use super::{ArithmeticKernel, Axis, Binary, Broadcast, Operand, Unary};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, allocate_wide, kernel, pieces, words};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

/// Repeats that a thread sums on its own.
const FEW: usize = 1024;

/// The kernels' number of a function, and what it is given.
fn parts(f: Unary) -> (usize, f32, f32) {
    match f {
        Unary::Affine { gain, shift } => (0, gain, shift),
        Unary::Square => (1, 0.0, 0.0),
        Unary::Absolute => (2, 0.0, 0.0),
        Unary::Sqrt { epsilon } => (3, 0.0, epsilon),
    }
}

fn number(f: Binary) -> usize {
    match f {
        Binary::Add => 0,
        Binary::Subtract => 1,
        Binary::Multiply => 2,
        Binary::SquaredDifference => 3,
        Binary::AbsoluteDifference => 4,
    }
}

impl ArithmeticKernel for Cuda {
    fn unary(&self, f: Unary, x: &Buffer) -> Result<Buffer, Failure> {
        let mut y = self.allocate(x.len())?;
        let (kind, a, b) = parts(f);
        kernel(x, "elementwise", "unary").count(kind).real(a).real(b).read(x).write(&mut y).each(x.len())?;
        Ok(y)
    }

    fn unary_backward(&self, f: Unary, kept: Option<&Buffer>, mut dy: Buffer) -> Result<Buffer, Failure> {
        let (kind, a, _) = parts(f);
        let n = dy.len();
        kernel(&dy, "elementwise", "unary_backward").count(kind).real(a).read_some(kept).write(&mut dy).each(n)?;
        Ok(dy)
    }

    fn binary(&self, f: Binary, shape: &Broadcast, a: &Buffer, b: &Buffer) -> Result<Buffer, Failure> {
        let n = shape.len();
        let mut y = self.allocate(n)?;
        if shape.is_plain() {
            kernel(a, "elementwise", "binary").count(number(f)).read(a).read(b).write(&mut y).each(n)?;
            return Ok(y);
        }
        let table = words(self, axes(shape))?;
        let launch = kernel(a, "elementwise", "binary_broadcast").count(number(f)).read(&table);
        launch.read(a).read(b).write(&mut y).each(n)?;
        Ok(y)
    }

    fn binary_gradient(
        &self,
        f: Binary,
        of: Operand,
        shape: &Broadcast,
        (a, b): (Option<&Buffer>, Option<&Buffer>),
        dy: &Buffer,
    ) -> Result<Buffer, Failure> {
        let sorted = Sorted::of(shape, of);
        let mut out = self.allocate(sorted.kept)?;
        let table = words(self, sorted.words)?;
        let launch = |name| {
            let launch = kernel(dy, "elementwise", name).read(&table).count(number(f)).flag(of == Operand::A);
            launch.read_some(a).read_some(b).read(dy).count(sorted.repeats)
        };
        if sorted.repeats <= FEW || sorted.kept >= 1 << 16 {
            launch("broadcast_gradient").write(&mut out).each(sorted.kept)?;
            return Ok(out);
        }
        let parts = pieces(sorted.kept, sorted.repeats);
        let mut sums = allocate_wide(&dy.device(), self, sorted.kept * parts)?;
        launch("broadcast_gradient_pieces").count(parts).write(&mut sums).blocks(sorted.kept * parts)?;
        let finish = kernel(dy, "reduce", "finish_sums").read(&sums).counts(&[parts, 1, 1]).wide(1.0).flag(false);
        finish.write(&mut out).each(sorted.kept)?;
        Ok(out)
    }

    fn binary_gradient_in_place(
        &self,
        f: Binary,
        of: Operand,
        (a, b): (Option<&Buffer>, Option<&Buffer>),
        mut dy: Buffer,
    ) -> Result<Buffer, Failure> {
        if f == Binary::Add || (f == Binary::Subtract && of == Operand::A) {
            return Ok(dy);
        }
        let n = dy.len();
        let launch = kernel(&dy, "elementwise", "binary_gradient").count(number(f)).flag(of == Operand::A);
        launch.read_some(a).read_some(b).write(&mut dy).each(n)?;
        Ok(dy)
    }
}

/// Four axes of size, step of a and step of b.
fn axes(shape: &Broadcast) -> Vec<u32> {
    let missing = Axis { size: 1, a: 0, b: 0 };
    let padded = std::iter::repeat_n(&missing, 4 - shape.axes.len()).chain(&shape.axes);
    padded.flat_map(|axis| [axis.size, axis.a, axis.b]).map(|word| word as u32).collect()
}

/// The axes that an operand has, and those over which its gradient is summed.
struct Sorted {
    /// Four kept axes, then four summed ones: size, step of dy, of a, of b.
    words: Vec<u32>,
    /// Elements of the gradient.
    kept: usize,
    /// Elements that each is a sum of.
    repeats: usize,
}

impl Sorted {
    fn of(shape: &Broadcast, of: Operand) -> Self {
        let mut steps = Vec::new();
        let mut step = 1;
        for axis in shape.axes.iter().rev() {
            steps.push((*axis, step));
            step *= axis.size;
        }
        steps.reverse();
        let own = |axis: &Axis| if of == Operand::A { axis.a } else { axis.b };
        let (kept, summed): (Vec<_>, Vec<_>) = steps.into_iter().partition(|(axis, _)| own(axis) != 0);
        let size = |axes: &[(Axis, usize)]| axes.iter().map(|(axis, _)| axis.size).product();
        let words = |axes: &[(Axis, usize)]| {
            let missing = (Axis { size: 1, a: 0, b: 0 }, 0);
            let padded: Vec<_> = std::iter::repeat_n(missing, 4 - axes.len()).chain(axes.iter().copied()).collect();
            padded.into_iter().flat_map(|(axis, step)| [axis.size, step, axis.a, axis.b].map(|word| word as u32))
        };
        Sorted { kept: size(&kept), repeats: size(&summed), words: words(&kept).chain(words(&summed)).collect() }
    }
}
