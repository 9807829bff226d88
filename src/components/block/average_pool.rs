//! Mean over squares of `size` pixels, side by side; what is left over at the right and bottom is dropped.

use super::{pool, windows};
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx;
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::pool::average_pool;
use crate::tensor::{Backend, Error};

settings! {
    pub struct AveragePool {
        /// Side of the squares, in pixels.
        size: usize = 2_usize, min = 1;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, AveragePool>()
}

impl Leaf for AveragePool {
    const ABOUT: About = About {
        family: "block",
        name: "average-pool",
        doc: "Mean over squares of `size` pixels, side by side.",
        paper: "",
        inputs: &["map: T"],
        outputs: &["map: T"],
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        let (rows, columns) = windows(map, |n| pool(self.size, self.size, 0).windows(n))
            .map_err(|p| Problem { setting: Some("size".into()), ..p })?;
        gives(map.with(map.ty, [map.channels(), rows.output, columns.output]))
    }
}

impl<D: Backend> Module<D> for AveragePool {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(average_pool(pass.ctx, inputs.one("map")?, self.size, self.size, 0)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let windows = onnx::Windows { kernel: [self.size; 2], stride: self.size, dilation: 1, padding: [0; 4] };
        drawn(sheet.graph.pool("AveragePool", &x.name, windows))
    }
}
