//! Squeeze-and-excitation inside a block: the map times one weight for each channel, read from the channels' means.
//!
//! Hu et al., "Squeeze-and-Excitation Networks", <https://arxiv.org/abs/1709.01507>, section 3; both layers with bias.
//! As `gate/squeeze-excite`, but the bottleneck's width is given: EfficientNet counts it from the block's input. Tensors
//! are named as in timm's `SqueezeExcite`.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf, per_channel, weight};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Kind, Problem, settings};
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::ops::arithmetic::multiply;
use crate::tensor::ops::linear::linear;
use crate::tensor::ops::pool::global_average_pool;
use crate::tensor::{Backend, Error};

settings! {
    pub struct SqueezeExcite {
        /// Channels of the bottleneck.
        width: usize, kind = Kind::Dim, min = 1;
        /// Activation of the bottleneck.
        activation: String = "silu", of = ["relu", "silu"];
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, SqueezeExcite>()
}

impl Leaf for SqueezeExcite {
    const ABOUT: About = About {
        paper: "Hu et al. 2018",
        ..about("squeeze-excite", "The map times one weight for each channel, read from the channels' means.")
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        let channels = map.channels();
        let parameters = vec![
            weight("conv-reduce/weight", [self.width, channels, 1, 1]),
            per_channel("conv-reduce/bias", self.width, 0.0),
            weight("conv-expand/weight", [channels, self.width, 1, 1]),
            per_channel("conv-expand/bias", channels, 0.0),
        ];
        Ok(Inferred { parameters, macs: 2 * (channels * self.width) as u64, ..gives(as_map(map))? })
    }
}

impl<D: Backend> Module<D> for SqueezeExcite {
    /// `map`: N x C x H x W.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let (ctx, map) = (pass.ctx, inputs.one("map")?);
        let layer = |x: &_, weight, bias| linear(ctx, x, &pass.parameter(weight)?, Some(&pass.parameter(bias)?));
        let means = global_average_pool(ctx, map)?; // N x C x 1 x 1
        let narrow = layer(&means, "conv-reduce/weight", "conv-reduce/bias")?; // N x width x 1 x 1
        let f = if self.activation == "silu" { Activation::Silu } else { Activation::Relu };
        let wide = layer(&activate(ctx, &narrow, f)?, "conv-expand/weight", "conv-expand/bias")?;
        only(multiply(ctx, map, &activate(ctx, &wide, Activation::Sigmoid)?)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let map = sheet.one("map")?;
        let means = sheet.graph.node("GlobalAveragePool", &[&map.name], &[]);
        let (weight, bias) = (sheet.parameter("conv-reduce/weight")?, sheet.bias("conv-reduce/bias"));
        let narrow = sheet.graph.linear(&means, &weight, bias.as_deref());
        let bent = if self.activation == "silu" {
            let share = sheet.graph.node("Sigmoid", &[&narrow], &[]);
            sheet.graph.node("Mul", &[&narrow, &share], &[])
        } else {
            sheet.graph.node("Relu", &[&narrow], &[])
        };
        let (weight, bias) = (sheet.parameter("conv-expand/weight")?, sheet.bias("conv-expand/bias"));
        let wide = sheet.graph.linear(&bent, &weight, bias.as_deref());
        let weights = sheet.graph.node("Sigmoid", &[&wide], &[]);
        drawn(sheet.graph.node("Mul", &[&map.name, &weights], &[]))
    }
}
