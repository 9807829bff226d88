//! A mask without its rim: the smallest value in a square around each pixel. Beyond the border nothing is looked at.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx;
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::arithmetic::affine;
use crate::tensor::ops::pool::max_pool;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Erode {
        /// Width of the rim: the square has 2 * `pixels` + 1 on each side.
        pixels: usize = 1_usize;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Erode>()
}

impl Leaf for Erode {
    const ABOUT: About = about("erode", "A mask without its rim.", &["map: mask"], &["map: mask"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(inputs.one("map")?.clone())
    }
}

impl<D: Backend> Module<D> for Erode {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let negated = affine(pass.ctx, inputs.one("map")?, -1.0, 0.0)?;
        let largest = max_pool(pass.ctx, &negated, 2 * self.pixels + 1, 1, self.pixels)?;
        only(affine(pass.ctx, &largest, -1.0, 0.0)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let negated = sheet.graph.node("Neg", &[&x.name], &[]);
        let (kernel, padding) = (2 * self.pixels + 1, [self.pixels; 4]);
        let windows = onnx::Windows { kernel: [kernel; 2], stride: 1, dilation: 1, padding };
        let largest = sheet.graph.pool("MaxPool", &negated, windows);
        drawn(sheet.graph.node("Neg", &[&largest], &[]))
    }
}
