//! Zeroes a random share of the values while learning and scales the others up by as much.
//!
//! Srivastava et al., "Dropout", JMLR 15 (2014); scaled while learning, as PyTorch has it.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::dropout::dropout;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Dropout {
        /// Share of values dropped.
        share: f64 = 0.5, min = 0.0, below = 1.0;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Dropout>()
}

impl Leaf for Dropout {
    const ABOUT: About = about("dropout", "Zeroes a random share of the values while learning.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(as_map(inputs.one("map")?))
    }
}

impl<D: Backend> Module<D> for Dropout {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let x = inputs.one("map")?;
        if !pass.mode.dropout || self.share == 0.0 {
            return only(x.clone());
        }
        only(dropout(pass.ctx, x, self.share as f32, pass.stream(x.len()))?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        drawn(&sheet.one("map")?.name)
    }
}
