//! Convolutional block attention: a weight for each channel, then one for each pixel. The signal is not looked at.
//!
//! Woo et al., "CBAM", <https://arxiv.org/abs/1807.06521>, eq. 2 and 3: one perceptron for the channels' means and
//! maxima, a convolution over the mean and maximum of all channels. Without the batch norm that the authors' code adds.

use super::{about, attending};
use crate::components::node::{About, Leaf, NodeEntry, as_map, leaf, per_channel, weight};
use crate::nn::{Drawn, Inputs, Kernel, Module, Outputs, Pass, Sheet};
use crate::onnx;
use crate::registry::{Inferred, InputEdges, Padding, Problem, Type, settings};
use crate::tensor::ops::Border;
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::ops::arithmetic::{add, multiply};
use crate::tensor::ops::conv2d::{Conv2d, conv2d};
use crate::tensor::ops::linear::linear;
use crate::tensor::ops::pool::{global_average_pool, global_max_pool, max_channels};
use crate::tensor::ops::reduce::mean_channels;
use crate::tensor::ops::shape::concat_channels;
use crate::tensor::{Backend, Error, Var};

settings! {
    pub struct Cbam {
        /// How many times narrower the perceptron is than the skip; it has at least one channel.
        reduction: usize = 16_usize, min = 1;
        /// Side of the pixels' kernel.
        kernel: usize = 7_usize, min = 1;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Cbam>()
}

impl Leaf for Cbam {
    const ABOUT: About =
        attending(about("cbam", "A weight for each channel, then one for each pixel.", "Woo et al. 2018"));

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let skip = inputs.one("skip")?;
        let [channels, h, w] = skip.dims;
        let narrow = (channels / self.reduction).max(1);
        let parameters = vec![
            weight("squeeze-weight", [narrow, channels, 1, 1]),
            per_channel("squeeze-bias", narrow, 0.0),
            weight("excite-weight", [channels, narrow, 1, 1]),
            per_channel("excite-bias", channels, 0.0),
            weight("pixel-weight", [1, 2, self.kernel, self.kernel]),
        ];
        let macs = (4 * channels * narrow + 2 * self.kernel * self.kernel * h * w) as u64;
        let outputs = vec![Some(as_map(skip)), Some(skip.with(Type::Mask, [1, h, w]))];
        Ok(Inferred { outputs, parameters, macs, ..Default::default() })
    }
}

impl Cbam {
    /// Of the pixels' convolution.
    fn padding(&self, h: usize, w: usize) -> Result<[usize; 4], Error> {
        let along = Kernel { size: self.kernel, stride: 1, dilation: 1, padding: Padding::Same };
        let both = along.windows(h).zip(along.windows(w));
        let (rows, columns) = both.ok_or_else(|| Error::shape("cbam", "an empty map"))?;
        Ok([rows.before, rows.after, columns.before, columns.after])
    }

    /// `pooled`: N x C x 1 x 1. Returns the same shape.
    fn perceptron<D: Backend>(pass: &Pass<'_, D>, pooled: &Var<D>) -> Result<Var<D>, Error> {
        let (squeeze, excite) = (pass.parameter("squeeze-weight")?, pass.parameter("excite-weight")?);
        let narrow = linear(pass.ctx, pooled, &squeeze, Some(&pass.parameter("squeeze-bias")?))?;
        let narrow = activate(pass.ctx, &narrow, Activation::Relu)?;
        linear(pass.ctx, &narrow, &excite, Some(&pass.parameter("excite-bias")?))
    }
}

impl<D: Backend> Module<D> for Cbam {
    /// `skip`: N x C x H x W.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let (ctx, skip) = (pass.ctx, inputs.one("skip")?);
        let means = Self::perceptron(pass, &global_average_pool(ctx, skip)?)?;
        let maxima = Self::perceptron(pass, &global_max_pool(ctx, skip)?)?;
        let channels = activate(ctx, &add(ctx, &means, &maxima)?, Activation::Sigmoid)?; // N x C x 1 x 1
        let refined = multiply(ctx, skip, &channels)?;
        let pooled = concat_channels(ctx, &[&mean_channels(ctx, &refined)?, &max_channels(ctx, &refined)?])?; // N x 2 x H x W
        let [_, _, h, w] = pooled.shape();
        let how = Conv2d { stride: 1, padding: self.padding(h, w)?, border: Border::Zero, dilation: 1, groups: 1 };
        let logits = conv2d(ctx, &pooled, &pass.parameter("pixel-weight")?, None, &how)?;
        let attention = activate(ctx, &logits, Activation::Sigmoid)?; // N x 1 x H x W
        Ok(vec![Some(multiply(ctx, &refined, &attention)?), Some(attention)])
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let skip = sheet.one("skip")?;
        let [means, maxima] = ["GlobalAveragePool", "GlobalMaxPool"].map(|op| sheet.graph.node(op, &[&skip.name], &[]));
        let (means, maxima) = (super::draw_perceptron(sheet, &means)?, super::draw_perceptron(sheet, &maxima)?);
        let total = sheet.graph.node("Add", &[&means, &maxima], &[]);
        let channels = sheet.graph.node("Sigmoid", &[&total], &[]);
        let refined = sheet.graph.node("Mul", &[&skip.name, &channels], &[]);
        let [mean, maximum] = ["ReduceMean", "ReduceMax"].map(|op| sheet.graph.reduce(op, &refined, &[1]));
        let pooled = sheet.graph.concat(&[&mean, &maximum], 1);
        let [_, h, w] = skip.dims;
        let windows = onnx::Windows { kernel: [self.kernel; 2], stride: 1, dilation: 1, padding: self.padding(h, w)? };
        let weight = sheet.parameter("pixel-weight")?;
        let logits = sheet.graph.conv(&pooled, (&weight, None), windows, onnx::Border::Zero, 1);
        let attention = sheet.graph.node("Sigmoid", &[&logits], &[]);
        let gated = sheet.graph.node("Mul", &[&refined, &attention], &[]);
        Ok(vec![Some(gated), Some(attention)])
    }
}
