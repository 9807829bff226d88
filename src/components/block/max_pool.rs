//! Largest value in each window; padding never wins.

use super::{about, pool, windows};
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx;
use crate::registry::{Edge, Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::Border;
use crate::tensor::ops::pool::max_pool;
use crate::tensor::ops::shape::pad;
use crate::tensor::{Backend, Error};

settings! {
    pub struct MaxPool {
        /// Side of the windows, in pixels.
        kernel: usize = 2_usize, min = 1;
        /// Distance of the windows, in pixels.
        stride: usize = 2_usize, min = 1;
        /// Pixels on each side; at most half the kernel.
        padding: usize = 0_usize;
        /// Whether windows that begin inside and end outside count too, as with PyTorch's `ceil_mode`.
        ceil: bool = false;
    }
}

impl MaxPool {
    /// Pixels beyond the end of an axis of `n` that the last window reaches.
    fn beyond(&self, n: usize) -> usize {
        let (kernel, stride, padding) = (self.kernel, self.stride, self.padding);
        let Some(free) = (n + 2 * padding).checked_sub(kernel).filter(|_| self.ceil) else { return 0 };
        let last = free.div_ceil(stride) * stride;
        if last < n + padding { last - free } else { 0 }
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, MaxPool>()
}

impl Leaf for MaxPool {
    const ABOUT: About = about("max-pool", "Largest value in each window.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        if 2 * self.padding > self.kernel {
            return Err(Problem::new("`padding` is more than half the kernel").at_setting("padding"));
        }
        let along = |n: usize| pool(self.kernel, self.stride, self.padding).windows(n + self.beyond(n));
        let (rows, columns) = windows(map, along)?;
        gives(Edge { batch: map.batch, ..Edge::map(map.channels(), rows.output, columns.output) })
    }
}

impl<D: Backend> Module<D> for MaxPool {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let x = inputs.one("map")?;
        let [_, _, h, w] = x.shape();
        // The last row or column again: each such window has it already, so that it changes no maximum.
        let x = pad(pass.ctx, x, [0, self.beyond(h), 0, self.beyond(w)], Border::Replicate)?;
        only(max_pool(pass.ctx, &x, self.kernel, self.stride, self.padding)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let [_, h, w] = x.dims;
        let (p, below, right) = (self.padding, self.beyond(h), self.beyond(w));
        let padding = [p, p + below, p, p + right];
        let windows = onnx::Windows { kernel: [self.kernel; 2], stride: self.stride, dilation: 1, padding };
        drawn(sheet.graph.pool("MaxPool", &x.name, windows))
    }
}
