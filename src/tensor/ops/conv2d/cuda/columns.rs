//! Convolution without cuDNN: the columns of some samples (im2col), a matrix product of each by cuBLAS. Slower than cuDNN by
//! the columns' way through memory. Which samples go together follows from the sizes alone.

use super::Plain;
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, Product, kernel, products};
use crate::tensor::ops::shape::ShapeKernel;
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

/// Most elements of the columns that are held at a time: 256 MiB.
const MOST: usize = 1 << 26;

impl Plain {
    /// Samples whose columns are held at a time.
    fn together(&self) -> usize {
        (MOST / (self.taps() * self.pixels()).max(1)).clamp(1, self.n.max(1))
    }

    /// Whether a map is its own columns.
    fn is_pointwise(&self) -> bool {
        (self.kh, self.kw, self.stride, self.top, self.left) == (1, 1, 1, 0, 0)
    }

    /// Whether samples are rows of one matrix: maps of one texel, as linear layers have.
    fn is_linear(&self) -> bool {
        self.is_pointwise() && self.pixels() == 1 && self.groups == 1
    }

    fn inputs(&self) -> usize {
        self.c / self.groups
    }

    fn outputs(&self) -> usize {
        self.o / self.groups
    }

    /// Where sample `n`'s group begins in the map and in the output, and group `k`'s weights.
    fn starts(&self, n: usize, k: usize) -> (usize, usize, usize) {
        let map = (n * self.c + k * self.inputs()) * self.h * self.w;
        let output = (n * self.o + k * self.outputs()) * self.pixels();
        (map, output, k * self.outputs() * self.taps())
    }
}

/// The columns of samples `from..from + count`, group `k`: where they are and how far each sample's lie apart.
fn columns<'a>(
    p: &Plain,
    (from, count): (usize, usize),
    k: usize,
    x: &'a Buffer,
    room: &'a mut Option<Buffer>,
) -> Result<(&'a Buffer, usize, usize), Failure> {
    let Some(room) = room else { return Ok((x, p.starts(from, k).0, p.c * p.h * p.w)) };
    let n = count * p.taps() * p.pixels();
    let launch = kernel(x, "convolution", "columns").counts(&[p.c, from * p.c + k * p.inputs(), p.h, p.w]);
    let launch = launch.counts(&[p.taps(), p.kh, p.kw, p.oh, p.ow, p.stride, p.dilation, p.top, p.left]);
    launch.read(x).write(room).each(n)?;
    Ok((room, 0, p.taps() * p.pixels()))
}

/// Room for columns, where the map is not its own.
fn room(device: &Cuda, p: &Plain) -> Result<Option<Buffer>, Failure> {
    (!p.is_pointwise()).then(|| device.allocate(p.together() * p.taps() * p.pixels())).transpose()
}

/// The groups of samples that go together, and the groups of channels.
fn turns(p: &Plain) -> impl Iterator<Item = ((usize, usize), usize)> {
    let (n, together, groups) = (p.n, p.together(), p.groups);
    let samples = (0..n).step_by(together).map(move |from| (from, together.min(n - from)));
    samples.flat_map(move |samples| (0..groups).map(move |k| (samples, k)))
}

pub fn forward(device: &Cuda, p: &Plain, x: &Buffer, w: &Buffer, y: &mut Buffer) -> Result<(), Failure> {
    if p.is_linear() {
        // Y (n x o) = X (n x c) W^T.
        let product = Product { rows: p.n, columns: p.o, depth: p.c, turn_right: true, ..Default::default() };
        return products(device, &product, (x, 0), (w, 0), (y, 0));
    }
    let mut room = room(device, p)?;
    for (samples, k) in turns(p) {
        let (_, output, weights) = p.starts(samples.0, k);
        let (columns, start, step) = columns(p, samples, k, x, &mut room)?;
        let product = Product {
            rows: p.outputs(),
            columns: p.pixels(),
            depth: p.taps(),
            count: samples.1,
            steps: [0, step, p.o * p.pixels()],
            ..Default::default()
        };
        products(device, &product, (w, weights), (columns, start), (y, output))?;
    }
    Ok(())
}

pub fn to_input(device: &Cuda, p: &Plain, dy: &Buffer, w: &Buffer, dx: &mut Buffer, add: bool) -> Result<(), Failure> {
    if p.is_linear() {
        let product = Product { rows: p.n, columns: p.c, depth: p.o, add, ..Default::default() };
        return products(device, &product, (dy, 0), (w, 0), (dx, 0));
    }
    let mut room = room(device, p)?;
    if !add && room.is_some() && p.h * p.w > 0 {
        device.zero(dx)?;
    }
    for (samples, k) in turns(p) {
        let (map, output, weights) = p.starts(samples.0, k);
        let mut product = Product {
            rows: p.taps(),
            columns: p.pixels(),
            depth: p.outputs(),
            turn_left: true,
            count: samples.1,
            steps: [0, p.o * p.pixels(), p.taps() * p.pixels()],
            ..Default::default()
        };
        let Some(room) = &mut room else {
            product.steps[2] = p.c * p.h * p.w;
            product.add = add;
            products(device, &product, (w, weights), (dy, output), (dx, map))?;
            continue;
        };
        products(device, &product, (w, weights), (dy, output), (room, 0))?;
        let launch = kernel(w, "convolution", "uncolumns");
        let launch =
            launch.counts(&[p.c, samples.0 * p.c + k * p.inputs(), p.inputs(), p.h, p.w, p.kh, p.kw, p.oh, p.ow]);
        let launch = launch.counts(&[p.stride, p.dilation, p.top, p.left]).read(room).write(dx).flag(true);
        launch.each(samples.1 * p.inputs() * p.h * p.w)?;
    }
    Ok(())
}

pub fn to_weight(device: &Cuda, p: &Plain, x: &Buffer, dy: &Buffer, dw: &mut Buffer, add: bool) -> Result<(), Failure> {
    if p.is_linear() {
        let product = Product { rows: p.o, columns: p.c, depth: p.n, turn_left: true, add, ..Default::default() };
        return products(device, &product, (dy, 0), (x, 0), (dw, 0));
    }
    let len = dw.len();
    let of_group = p.outputs() * p.taps();
    let (mut room, mut parts) = (room(device, p)?, device.allocate(p.together() * len)?);
    let mut add = add;
    for samples in (0..p.n).step_by(p.together()).map(|from| (from, p.together().min(p.n - from))) {
        for k in 0..p.groups {
            let (_, output, weights) = p.starts(samples.0, k);
            let (columns, start, step) = columns(p, samples, k, x, &mut room)?;
            let product = Product {
                rows: p.outputs(),
                columns: p.taps(),
                depth: p.pixels(),
                turn_right: true,
                count: samples.1,
                steps: [p.o * p.pixels(), step, p.groups * of_group],
                ..Default::default()
            };
            products(device, &product, (dy, output), (columns, start), (&mut parts, weights))?;
        }
        let launch = kernel(dy, "convolution", "sum_samples").count(samples.1).read(&parts).write(dw);
        launch.flag(add).each(len)?;
        add = true;
    }
    Ok(())
}
