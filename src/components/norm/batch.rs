//! Batch norm: mean 0 and variance 1 for each channel over the batch; running statistics when not learning.
//!
//! Ioffe and Szegedy, "Batch Normalization", <https://arxiv.org/abs/1502.03167>; as PyTorch has it: the biased variance
//! normalises, the unbiased one moves the running variance.

use super::{Affine, about};
use crate::components::node::{About, Leaf, NodeEntry, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx::Attribute;
use crate::registry::{Buffer, Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::arithmetic::{add, affine};
use crate::tensor::ops::norm::{batch_norm_eval, batch_norm_train};
use crate::tensor::{Backend, Context, Error, Var};

settings! {
    pub struct Batch {
        /// Share of the new statistics in the running ones.
        momentum: f64 = 0.1, above = 0.0, max = 1.0;
        /// Added to the variance.
        epsilon: f64 = 1e-5, above = 0.0;
        /// A weight and a bias for each channel.
        affine: bool = true;
        /// The weight is not learnt: 1, or what a file gives.
        fixed_weight: bool = false;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Batch>()
}

impl Leaf for Batch {
    const ABOUT: About = about("batch", "Batch norm, with running statistics for use.", "Ioffe and Szegedy 2015");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let shape = [1, inputs.one("map")?.channels(), 1, 1];
        let buffers = vec![
            Buffer { name: "running-mean", shape, fill: 0.0 },
            Buffer { name: "running-variance", shape, fill: 1.0 },
        ];
        Ok(Inferred { buffers, ..super::infer(inputs, self.affine)? })
    }
}

impl<D: Backend> Module<D> for Batch {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let (x, epsilon) = (inputs.one("map")?, self.epsilon as f32);
        let parameters = if self.fixed_weight { Affine::of(pass).with_fixed_weight() } else { Affine::of(pass) };
        let (running_mean, running_variance) = (pass.buffer("running-mean")?, pass.buffer("running-variance")?);
        if !pass.mode.batch_statistics {
            let y = batch_norm_eval(pass.ctx, x, &running_mean, &running_variance, parameters.get(), epsilon)?;
            return only(y);
        }
        let (y, measured) = batch_norm_train(pass.ctx, x, parameters.get(), epsilon)?;
        if pass.mode.move_buffers {
            let variance = affine(pass.ctx, &measured.variance, measured.unbiased, 0.0)?;
            pass.move_buffer("running-mean", &self.moved(pass.ctx, &running_mean, &measured.mean)?);
            pass.move_buffer("running-variance", &self.moved(pass.ctx, &running_variance, &variance)?);
        }
        only(y)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let (mean, variance) = (sheet.pass.buffer("running-mean")?, sheet.pass.buffer("running-variance")?);
        let (scale, shift) = super::told(sheet, x.dims[0]);
        let (mean, variance) = (sheet.vector("running-mean", &mean), sheet.vector("running-variance", &variance));
        let inputs = [x.name.as_str(), &scale, &shift, &mean, &variance];
        let epsilon = ("epsilon", Attribute::Float(self.epsilon as f32));
        drawn(sheet.graph.node("BatchNormalization", &inputs, &[epsilon]))
    }
}

impl Batch {
    /// (1 - momentum) running + momentum new.
    fn moved<D: Backend>(&self, ctx: &Context<D>, running: &Var<D>, new: &Var<D>) -> Result<Var<D>, Error> {
        let m = self.momentum as f32;
        add(ctx, &affine(ctx, running, 1.0 - m, 0.0)?, &affine(ctx, new, m, 0.0)?)
    }
}
