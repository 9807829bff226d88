//! Largest value in each window; padding never wins.

use super::{about, pool, windows};
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx;
use crate::registry::{Edge, Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::pool::max_pool;
use crate::tensor::{Backend, Error};

settings! {
    pub struct MaxPool {
        /// Side of the windows, in pixels.
        kernel: usize = 2_usize, min = 1;
        /// Distance of the windows, in pixels.
        stride: usize = 2_usize, min = 1;
        /// Pixels on each side; at most half the kernel.
        padding: usize = 0_usize;
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
        let (rows, columns) = windows(map, |n| pool(self.kernel, self.stride, self.padding).windows(n))?;
        gives(Edge { batch: map.batch, ..Edge::map(map.channels(), rows.output, columns.output) })
    }
}

impl<D: Backend> Module<D> for MaxPool {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(max_pool(pass.ctx, inputs.one("map")?, self.kernel, self.stride, self.padding)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let windows =
            onnx::Windows { kernel: [self.kernel; 2], stride: self.stride, dilation: 1, padding: [self.padding; 4] };
        drawn(sheet.graph.pool("MaxPool", &x.name, windows))
    }
}
