//! A mask without its rim: the smallest value in a square around each pixel. Beyond the border nothing is looked at.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Inputs, Module, Outputs, Pass, only};
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
}
