//! Instance norm: mean 0 and variance 1 for each channel of each sample.
//!
//! Ulyanov et al., "Instance Normalization", <https://arxiv.org/abs/1607.08022>; no weight and bias unless asked for,
//! as PyTorch has it.

use super::{Affine, about};
use crate::components::node::{About, Leaf, NodeEntry, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx::Attribute;
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::norm::instance_norm;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Instance {
        /// Added to the variance.
        epsilon: f64 = 1e-5, above = 0.0;
        /// A weight and a bias for each channel.
        affine: bool = false;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Instance>()
}

impl Leaf for Instance {
    const ABOUT: About = about(
        "instance",
        "Instance norm: mean 0 and variance 1 for each channel of each sample.",
        "Ulyanov et al. 2016",
    );

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        super::infer(inputs, self.affine)
    }
}

impl<D: Backend> Module<D> for Instance {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let affine = Affine::of(pass);
        only(instance_norm(pass.ctx, inputs.one("map")?, affine.get(), self.epsilon as f32)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let (scale, shift) = super::told(sheet, x.dims[0]);
        let epsilon = ("epsilon", Attribute::Float(self.epsilon as f32));
        drawn(sheet.graph.node("InstanceNormalization", &[&x.name, &scale, &shift], &[epsilon]))
    }
}
