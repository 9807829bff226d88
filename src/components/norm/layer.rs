//! Layer norm: mean 0 and variance 1 over all of a sample.
//!
//! Ba et al., "Layer Normalization", <https://arxiv.org/abs/1607.06450>; weight and bias for each channel (PyTorch:
//! `GroupNorm(1, C)`), so that they do not depend on the size.

use super::{Affine, about};
use crate::components::node::{About, Leaf, NodeEntry, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::norm::layer_norm;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Layer {
        /// Added to the variance.
        epsilon: f64 = 1e-5, above = 0.0;
        /// A weight and a bias for each channel.
        affine: bool = true;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Layer>()
}

impl Leaf for Layer {
    const ABOUT: About = about("layer", "Layer norm: mean 0 and variance 1 over all of a sample.", "Ba et al. 2016");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        super::infer(inputs, self.affine)
    }
}

impl<D: Backend> Module<D> for Layer {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let affine = Affine::of(pass);
        only(layer_norm(pass.ctx, inputs.one("map")?, affine.get(), self.epsilon as f32)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let mean = sheet.graph.reduce("ReduceMean", &x.name, &[1, 2, 3]);
        let centred = sheet.graph.node("Sub", &[&x.name, &mean], &[]);
        let squares = sheet.graph.node("Mul", &[&centred, &centred], &[]);
        let variance = sheet.graph.reduce("ReduceMean", &squares, &[1, 2, 3]);
        let epsilon = sheet.graph.scalar("epsilon", self.epsilon as f32);
        let variance = sheet.graph.node("Add", &[&variance, &epsilon], &[]);
        let deviation = sheet.graph.node("Sqrt", &[&variance], &[]);
        let normal = sheet.graph.node("Div", &[&centred, &deviation], &[]);
        if !self.affine {
            return drawn(normal);
        }
        let (weight, bias) = (sheet.parameter("weight")?, sheet.parameter("bias")?);
        let scaled = sheet.graph.node("Mul", &[&normal, &weight], &[]);
        drawn(sheet.graph.node("Add", &[&scaled, &bias], &[]))
    }
}
