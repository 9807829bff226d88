//! Convolutions on the GPU: cuDNN's, or columns and cuBLAS where it is missing or declines. What neither does (reflected and
//! repeated borders, other padding at the bottom or right than at the top or left) is done by padding first.

mod columns;
mod cudnn;

use super::{Border, ConvolutionKernel, Geometry};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, allocate_wide, kernel, pieces};
use crate::tensor::ops::shape::cuda::unmap;
use crate::tensor::ops::shape::{Remap, ShapeKernel};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

/// A convolution as a library knows it: zeros around the map, as many before as it says, whatever the output needs after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Plain {
    n: usize,
    c: usize,
    h: usize,
    w: usize,
    o: usize,
    oh: usize,
    ow: usize,
    kh: usize,
    kw: usize,
    stride: usize,
    dilation: usize,
    groups: usize,
    top: usize,
    left: usize,
}

impl Plain {
    /// Texels of a kernel over the input channels of a group.
    fn taps(&self) -> usize {
        self.c / self.groups * self.kh * self.kw
    }

    fn pixels(&self) -> usize {
        self.oh * self.ow
    }
}

/// A geometry as a plain convolution of the map itself, or of the padded map that `Remap` makes.
fn plain(g: &Geometry) -> (Plain, Option<Remap>) {
    let span = |kernel: usize| (kernel - 1) * g.dilation + 1;
    let plain = |h, w, top, left| Plain {
        n: g.n,
        c: g.c,
        h,
        w,
        o: g.o,
        oh: g.oh,
        ow: g.ow,
        kh: g.kh,
        kw: g.kw,
        stride: g.stride,
        dilation: g.dilation,
        groups: g.groups,
        top,
        left,
    };
    // As a library computes the size of the output from padding that is the same on both sides.
    let agrees = |size: usize, before: isize, kernel: usize, out: usize| {
        let padded = usize::try_from(before).ok().map(|before| size + 2 * before);
        padded.and_then(|padded| padded.checked_sub(span(kernel))).is_some_and(|room| room / g.stride + 1 == out)
    };
    if g.border == Border::Zero && agrees(g.h, g.top, g.kh, g.oh) && agrees(g.w, g.left, g.kw, g.ow) {
        return (plain(g.h, g.w, g.top.unsigned_abs(), g.left.unsigned_abs()), None);
    }
    let lines = |out: usize, kernel: usize, before: isize, size: usize| -> Vec<usize> {
        let len = (out - 1) * g.stride + span(kernel);
        // An index beyond the map is a zero.
        (0..len).map(|i| g.border.source(i as isize - before, size).unwrap_or(u32::MAX as usize)).collect()
    };
    let (rows, columns) = (lines(g.oh, g.kh, g.top, g.h), lines(g.ow, g.kw, g.left, g.w));
    (plain(rows.len(), columns.len(), 0, 0), Some(Remap { height: g.h, width: g.w, rows, columns }))
}

/// y = w * x.
fn forward(device: &Cuda, p: &Plain, x: &Buffer, w: &Buffer, y: &mut Buffer) -> Result<(), Failure> {
    if cudnn::forward(device, p, x, w, y)? { Ok(()) } else { columns::forward(device, p, x, w, y) }
}

/// dx = [dx +] w^T * dy.
fn to_input(device: &Cuda, p: &Plain, dy: &Buffer, w: &Buffer, dx: &mut Buffer, add: bool) -> Result<(), Failure> {
    if cudnn::to_input(device, p, dy, w, dx, add)? { Ok(()) } else { columns::to_input(device, p, dy, w, dx, add) }
}

/// dw = [dw +] dy * x^T.
fn to_weight(device: &Cuda, p: &Plain, x: &Buffer, dy: &Buffer, dw: &mut Buffer, add: bool) -> Result<(), Failure> {
    if cudnn::to_weight(device, p, x, dy, dw, add)? { Ok(()) } else { columns::to_weight(device, p, x, dy, dw, add) }
}

/// y += bias, channels of `size` elements.
fn add_bias(bias: Option<&Buffer>, y: &mut Buffer, channels: usize, size: usize) -> Result<(), Failure> {
    let Some(bias) = bias else { return Ok(()) };
    let n = y.len();
    kernel(bias, "convolution", "add_bias").counts(&[size, channels]).read(bias).write(y).each(n)
}

impl ConvolutionKernel for Cuda {
    fn convolve(&self, g: &Geometry, x: &Buffer, w: &Buffer, bias: Option<&Buffer>) -> Result<Buffer, Failure> {
        let (p, padding) = plain(g);
        let padded = padding.map(|map| self.remap(g.n * g.c, &map, x)).transpose()?;
        let mut y = self.allocate(g.n * g.o * g.pixels())?;
        forward(self, &p, padded.as_ref().unwrap_or(x), w, &mut y)?;
        add_bias(bias, &mut y, g.o, g.pixels())?;
        Ok(y)
    }

    fn convolve_input_gradient(
        &self,
        g: &Geometry,
        dy: &Buffer,
        w: &Buffer,
        dx: &mut Buffer,
        accumulate: bool,
    ) -> Result<(), Failure> {
        let (p, padding) = plain(g);
        let Some(map) = padding else { return to_input(self, &p, dy, w, dx, accumulate) };
        let mut padded = self.allocate(p.n * p.c * p.h * p.w)?;
        to_input(self, &p, dy, w, &mut padded, false)?;
        unmap(self, g.n * g.c, &map, &padded, dx, accumulate)
    }

    fn convolve_transposed(
        &self,
        g: &Geometry,
        y: &Buffer,
        w: &Buffer,
        bias: Option<&Buffer>,
    ) -> Result<Buffer, Failure> {
        let mut x = self.allocate(g.n * g.c * g.texels())?;
        self.convolve_input_gradient(g, y, w, &mut x, false)?;
        add_bias(bias, &mut x, g.c, g.texels())?;
        Ok(x)
    }

    fn convolve_weight_gradient(
        &self,
        g: &Geometry,
        x: &Buffer,
        dy: &Buffer,
        dw: &mut Buffer,
        accumulate: bool,
    ) -> Result<(), Failure> {
        let (p, padding) = plain(g);
        let padded = padding.map(|map| self.remap(g.n * g.c, &map, x)).transpose()?;
        to_weight(self, &p, padded.as_ref().unwrap_or(x), dy, dw, accumulate)
    }

    fn sum_channels(
        &self,
        dy: &Buffer,
        (channels, texels): (usize, usize),
        db: &mut Buffer,
        accumulate: bool,
    ) -> Result<(), Failure> {
        let rows = dy.len() / texels.max(1);
        let parts = pieces(rows, texels);
        let mut sums = allocate_wide(&dy.device(), self, rows * parts)?;
        let launch = kernel(dy, "reduce", "row_sums").counts(&[texels, parts]).read(dy);
        launch.write(&mut sums).blocks(rows * parts)?;
        let launch = kernel(dy, "reduce", "finish_sums").read(&sums).counts(&[parts, channels, rows / channels.max(1)]);
        launch.wide(1.0).flag(accumulate).write(db).each(channels)
    }
}
