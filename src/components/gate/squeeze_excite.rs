//! Squeeze-and-excitation: one weight for each channel, read from the channels' means. The signal is not looked at.
//!
//! Hu et al., "Squeeze-and-Excitation Networks", <https://arxiv.org/abs/1709.01507>, section 3; both layers with bias.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, leaf, per_channel, weight};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet};
use crate::registry::{Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::ops::arithmetic::multiply;
use crate::tensor::ops::linear::linear;
use crate::tensor::ops::pool::global_average_pool;
use crate::tensor::{Backend, Error};

settings! {
    pub struct SqueezeExcite {
        /// How many times narrower the bottleneck is than the skip; it has at least one channel.
        reduction: usize = 16_usize, min = 1;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, SqueezeExcite>()
}

impl Leaf for SqueezeExcite {
    const ABOUT: About = About {
        outputs: &["map: map", "attention: vector"],
        ..about("squeeze-excite", "One weight for each channel, read from the channels' means.", "Hu et al. 2018")
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let skip = inputs.one("skip")?;
        let channels = skip.channels();
        let narrow = (channels / self.reduction).max(1);
        let parameters = vec![
            weight("squeeze-weight", [narrow, channels, 1, 1]),
            per_channel("squeeze-bias", narrow, 0.0),
            weight("excite-weight", [channels, narrow, 1, 1]),
            per_channel("excite-bias", channels, 0.0),
        ];
        let outputs = vec![Some(as_map(skip)), Some(skip.with(Type::Vector, [channels, 1, 1]))];
        Ok(Inferred { outputs, parameters, macs: 2 * (channels * narrow) as u64, ..Default::default() })
    }
}

impl<D: Backend> Module<D> for SqueezeExcite {
    /// `skip`: N x C x H x W.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let (ctx, skip) = (pass.ctx, inputs.one("skip")?);
        let means = global_average_pool(ctx, skip)?; // N x C x 1 x 1
        let narrow = linear(ctx, &means, &pass.parameter("squeeze-weight")?, Some(&pass.parameter("squeeze-bias")?))?;
        let narrow = activate(ctx, &narrow, Activation::Relu)?; // N x C/r x 1 x 1
        let wide = linear(ctx, &narrow, &pass.parameter("excite-weight")?, Some(&pass.parameter("excite-bias")?))?;
        let weights = activate(ctx, &wide, Activation::Sigmoid)?; // N x C x 1 x 1
        Ok(vec![Some(multiply(ctx, skip, &weights)?), Some(weights)])
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let skip = sheet.one("skip")?;
        let means = sheet.graph.node("GlobalAveragePool", &[&skip.name], &[]);
        let wide = super::draw_perceptron(sheet, &means)?;
        let weights = sheet.graph.node("Sigmoid", &[&wide], &[]);
        Ok(vec![Some(sheet.graph.node("Mul", &[&skip.name, &weights], &[])), Some(weights)])
    }
}
