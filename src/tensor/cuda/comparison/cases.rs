//! The operations that are compared, each with its inputs.

use crate::random::Stream;
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::ops::conv_transpose2d::{ConvTranspose2d, conv_transpose2d};
use crate::tensor::ops::conv2d::{Conv2d, conv2d};
use crate::tensor::ops::fusion::{Weighting, weighted_sum};
use crate::tensor::ops::grid_sample::grid_sample;
use crate::tensor::ops::loss::Curve;
use crate::tensor::ops::ssim::{Window, ssim_map};
use crate::tensor::ops::{Border, arithmetic, dropout, fill, l2_normalise, linear, loss, norm, pool, prelu, reduce};
use crate::tensor::ops::{resize, shape, spectral_norm, total_variation};
use crate::tensor::{Backend, Context, Error, Var};

/// What an input holds, and whether its gradient is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// In (-1.05, 1.05), none near 0.
    Learned,
    /// The same, a constant.
    Given,
    /// In (0.05, 0.95).
    Share,
    /// Zeros and ones, a constant.
    Mask,
    /// Whole numbers below this, a constant.
    Labels(u64),
}

impl Kind {
    pub fn is_learned(self) -> bool {
        matches!(self, Kind::Learned | Kind::Share)
    }
}

/// The values of an input; `number` says which it is of its operation.
pub fn values(shape: [usize; 4], kind: Kind, number: u64) -> Vec<f32> {
    let len: usize = shape.iter().product();
    let mut stream = Stream::new(number, "comparison");
    let order = stream.permutation(len);
    let spread = |i: &usize| (*i as f32 + 0.25) / len as f32;
    match kind {
        Kind::Learned | Kind::Given => {
            order.iter().map(|i| spread(i) * 2.0 - 1.0).map(|v| v + 0.05 * v.signum()).collect()
        }
        Kind::Share => order.iter().map(|i| 0.05 + 0.9 * spread(i)).collect(),
        Kind::Mask => order.iter().map(|i| (i % 3 > 0) as u8 as f32).collect(),
        Kind::Labels(count) => (0..len).map(|_| (stream.bits() % count) as f32).collect(),
    }
}

/// A name and the inputs.
type Case = (&'static str, &'static [([usize; 4], Kind)]);

/// Declares cases: a name, inputs as `shape kind`, and what is computed of them.
macro_rules! cases {
    ($($name:literal [$($shape:expr, $kind:expr);*] |$ctx:ident, $v:ident| $body:expr;)*) => {
        /// Every case.
        pub const CASES: &[Case] = {
            use Kind::{Given, Labels, Learned, Mask, Share};
            &[$(($name, &[$(($shape, $kind)),*])),*]
        };

        /// Computes a case.
        pub fn apply<D: Backend>(case: usize, ctx: &Context<D>, inputs: &[Var<D>]) -> Result<Var<D>, Error> {
            type Function<D> = fn(&Context<D>, &[Var<D>]) -> Result<Var<D>, Error>;
            let all: &[Function<D>] = &[$(|$ctx, $v| $body),*];
            all[case](ctx, inputs)
        }
    };
}

const MAP: [usize; 4] = [2, 3, 5, 7];
const CHANNELS: [usize; 4] = [1, 3, 1, 1];
/// Long enough that rows are summed in pieces.
const LONG: [usize; 4] = [2, 2, 97, 131];

fn convolve<D: Backend>(ctx: &Context<D>, v: &[Var<D>], how: Conv2d) -> Result<Var<D>, Error> {
    conv2d(ctx, &v[0], &v[1], v.get(2), &how)
}

cases! {
    "relu" [MAP, Learned] |c, v| activate(c, &v[0], Activation::Relu);
    "leaky relu" [MAP, Learned] |c, v| activate(c, &v[0], Activation::LeakyRelu(0.2));
    "elu" [MAP, Learned] |c, v| activate(c, &v[0], Activation::Elu(0.7));
    "sigmoid" [MAP, Learned] |c, v| activate(c, &v[0], Activation::Sigmoid);
    "tanh" [MAP, Learned] |c, v| activate(c, &v[0], Activation::Tanh);
    "hard swish" [MAP, Learned] |c, v| activate(c, &v[0], Activation::HardSwish);
    "silu" [MAP, Learned] |c, v| activate(c, &v[0], Activation::Silu);
    "softplus" [MAP, Learned] |c, v| activate(c, &v[0], Activation::Softplus);
    "prelu" [MAP, Learned; CHANNELS, Learned] |c, v| prelu::prelu(c, &v[0], &v[1]);
    "affine" [MAP, Learned] |c, v| arithmetic::affine(c, &v[0], -1.5, 0.25);
    "square" [MAP, Learned] |c, v| arithmetic::square(c, &v[0]);
    "absolute" [MAP, Learned] |c, v| arithmetic::absolute(c, &v[0]);
    "sqrt" [MAP, Share] |c, v| arithmetic::sqrt(c, &v[0], 1e-3);
    "add" [MAP, Learned; MAP, Learned] |c, v| arithmetic::add(c, &v[0], &v[1]);
    "add to itself" [MAP, Learned] |c, v| arithmetic::add(c, &v[0], &v[0]);
    "subtract" [MAP, Learned; MAP, Learned] |c, v| arithmetic::subtract(c, &v[0], &v[1]);
    "multiply" [MAP, Learned; MAP, Learned] |c, v| arithmetic::multiply(c, &v[0], &v[1]);
    "squared difference" [MAP, Learned; MAP, Given] |c, v| arithmetic::squared_difference(c, &v[0], &v[1]);
    "absolute difference" [MAP, Learned; MAP, Learned] |c, v| arithmetic::absolute_difference(c, &v[0], &v[1]);
    "multiply by channels" [MAP, Learned; [2, 3, 1, 1], Learned] |c, v| arithmetic::multiply(c, &v[0], &v[1]);
    "multiply by a mask" [MAP, Learned; [2, 1, 5, 7], Learned] |c, v| arithmetic::multiply(c, &v[0], &v[1]);
    "multiply by a column" [MAP, Learned; [1, 1, 5, 1], Learned] |c, v| arithmetic::multiply(c, &v[0], &v[1]);
    "subtract a scalar" [LONG, Learned; [1, 1, 1, 1], Learned] |c, v| arithmetic::subtract(c, &v[0], &v[1]);
    "difference to a bias" [LONG, Learned; [1, 2, 1, 1], Learned] |c, v| {
        arithmetic::squared_difference(c, &v[1], &v[0])
    };
    "outer sum" [[2, 1, 5, 1], Learned; [1, 3, 1, 7], Learned] |c, v| arithmetic::add(c, &v[0], &v[1]);
    "mean of all" [LONG, Learned] |c, v| reduce::mean_all(c, &v[0]);
    "sum of all" [MAP, Learned] |c, v| reduce::sum_all(c, &v[0]);
    "mean of samples" [LONG, Learned] |c, v| reduce::mean_samples(c, &v[0]);
    "mean over channels" [MAP, Learned] |c, v| reduce::mean_channels(c, &v[0]);
    "masked mean" [MAP, Learned; [2, 1, 5, 7], Mask] |c, v| reduce::masked_mean_samples(c, &v[0], &v[1]);
    "masked mean, learned mask" [MAP, Learned; MAP, Share] |c, v| reduce::masked_mean_samples(c, &v[0], &v[1]);
    "mean of the largest" [MAP, Learned; [2, 1, 5, 7], Mask] |c, v| {
        reduce::top_share_mean(c, &v[0], Some(&v[1]), 0.3)
    };
    "batch norm" [MAP, Learned; CHANNELS, Learned; CHANNELS, Learned] |c, v| {
        Ok(norm::batch_norm_train(c, &v[0], Some((&v[1], &v[2])), 1e-5)?.0)
    };
    "batch norm of large maps" [LONG, Learned] |c, v| Ok(norm::batch_norm_train(c, &v[0], None, 1e-5)?.0);
    "batch norm, given statistics" [MAP, Learned; CHANNELS, Given; [1, 3, 1, 1], Share; CHANNELS, Learned; CHANNELS, Learned]
        |c, v| norm::batch_norm_eval(c, &v[0], &v[1], &v[2].detach(), Some((&v[3], &v[4])), 1e-5);
    "instance norm" [MAP, Learned; CHANNELS, Learned; CHANNELS, Learned] |c, v| {
        norm::instance_norm(c, &v[0], Some((&v[1], &v[2])), 1e-5)
    };
    "layer norm" [MAP, Learned; CHANNELS, Learned; CHANNELS, Learned] |c, v| {
        norm::layer_norm(c, &v[0], Some((&v[1], &v[2])), 1e-5)
    };
    "resize, nearest" [MAP, Learned] |c, v| resize::resize_nearest(c, &v[0], (11, 4));
    "resize, bilinear" [MAP, Learned] |c, v| resize::resize_bilinear(c, &v[0], (10, 3), false);
    "resize, corners" [MAP, Learned] |c, v| resize::resize_bilinear(c, &v[0], (3, 13), true);
    "max pool" [MAP, Learned] |c, v| pool::max_pool(c, &v[0], 3, 2, 1);
    "max pool, apart" [MAP, Learned] |c, v| pool::max_pool(c, &v[0], 2, 3, 0);
    "average pool" [MAP, Learned] |c, v| pool::average_pool(c, &v[0], 3, 2, 1);
    "global average pool" [MAP, Learned] |c, v| pool::global_average_pool(c, &v[0]);
    "global max pool" [LONG, Learned] |c, v| pool::global_max_pool(c, &v[0]);
    "max over channels" [MAP, Learned] |c, v| pool::max_channels(c, &v[0]);
    "max of halves" [[2, 6, 3, 5], Learned] |c, v| pool::max_halves(c, &v[0]);
    "concat" [MAP, Learned; [2, 2, 5, 7], Learned] |c, v| shape::concat_channels(c, &[&v[0], &v[1], &v[0]]);
    "concat of batches" [MAP, Learned; [1, 3, 5, 7], Learned] |c, v| shape::concat_batch(c, &[&v[0], &v[1]]);
    "crop" [MAP, Learned] |c, v| shape::crop(c, &v[0], 1, 2, 3, 4);
    "slice" [MAP, Learned] |c, v| shape::slice_channels(c, &v[0], 1, 2);
    "slice of a batch" [MAP, Learned] |c, v| shape::slice_batch(c, &v[0], 1, 1);
    "pad with zeros" [MAP, Learned] |c, v| shape::pad(c, &v[0], [1, 2, 0, 3], Border::Zero);
    "pad by reflection" [MAP, Learned] |c, v| shape::pad(c, &v[0], [1, 2, 4, 3], Border::Reflect);
    "pad by repetition" [MAP, Learned] |c, v| shape::pad(c, &v[0], [1, 2, 0, 3], Border::Replicate);
    "flip" [MAP, Learned] |c, v| shape::flip_width(c, &v[0]);
    "reshape" [MAP, Learned] |c, v| {
        let x = activate(c, &v[0], Activation::Tanh)?;
        shape::reshape(c, &x, [1, 6, 7, 5])
    };
    "weighted sum" [MAP, Learned; MAP, Learned; MAP, Learned; [1, 3, 1, 1], Learned] |c, v| {
        weighted_sum(c, &[&v[0], &v[1], &v[2]], &v[3], Weighting::FastNormalized { epsilon: 1e-4 })
    };
    "weighted sum, softmax" [MAP, Learned; MAP, Learned; [1, 2, 1, 1], Learned] |c, v| {
        weighted_sum(c, &[&v[0], &v[1]], &v[2], Weighting::Softmax)
    };
    "dropout" [MAP, Learned] |c, v| dropout::dropout(c, &v[0], 0.4, Stream::new(3, "dropout"));
    "unit vectors" [[3, 17, 1, 1], Learned] |c, v| l2_normalise::l2_normalise(c, &v[0], 1e-12);
    "unit vectors of maps" [MAP, Learned] |c, v| l2_normalise::l2_normalise(c, &v[0], 1e-12);
    "mean fill" [MAP, Learned; [2, 1, 5, 7], Mask] |c, v| fill::mean_fill(c, &v[0], &v[1]);
    "binary cross-entropy" [MAP, Share; MAP, Share] |c, v| loss::bce(c, &v[0], &v[1]);
    "cross-entropy" [[5, 300, 1, 1], Learned; [5, 1, 1, 1], Labels(300)] |c, v| {
        loss::softmax_cross_entropy(c, &v[0], &v[1])
    };
    "angular margin" [[5, 30, 1, 1], Share; [5, 1, 1, 1], Labels(30)] |c, v| {
        loss::class_margin(c, &v[0], &v[1], Curve::Angle { margin: 0.5, monotonic: false }, 8.0)
    };
    "monotonic angular margin" [[64, 30, 1, 1], Learned; [64, 1, 1, 1], Labels(30)] |c, v| {
        loss::class_margin(c, &v[0], &v[1], Curve::Angle { margin: 0.5, monotonic: true }, 8.0)
    };
    "cosine margin" [[5, 30, 1, 1], Share; [5, 1, 1, 1], Labels(30)] |c, v| {
        loss::class_margin(c, &v[0], &v[1], Curve::Cosine { margin: 0.4 }, 8.0)
    };
    "multiple of the angle" [[64, 30, 1, 1], Learned; [64, 1, 1, 1], Labels(30)] |c, v| {
        loss::class_margin(c, &v[0], &v[1], Curve::Multiple { times: 4, keep: 5.0 }, 8.0)
    };
    "class rows" [[30, 17, 1, 1], Learned; [64, 1, 1, 1], Labels(30)] |c, v| loss::class_rows(c, &v[0], &v[1], false);
    "balanced class rows" [[30, 17, 1, 1], Learned; [64, 1, 1, 1], Labels(30)] |c, v| {
        loss::class_rows(c, &v[0], &v[1], true)
    };
    "total variation" [MAP, Learned; [2, 1, 5, 7], Mask] |c, v| total_variation::total_variation(c, &v[0], Some(&v[1]));
    "total variation, no mask" [MAP, Learned] |c, v| total_variation::total_variation(c, &v[0], None);
    "structural similarity" [[2, 3, 13, 15], Share; [2, 3, 13, 15], Share] |c, v| {
        ssim_map(c, &v[0], &v[1], Window::Gaussian, 1.0)
    };
    "structural similarity, uniform" [[1, 2, 9, 8], Share; [1, 2, 9, 8], Share] |c, v| {
        ssim_map(c, &v[0], &v[1], Window::Uniform, 2.0)
    };
    "grid sample" [MAP, Learned; [2, 4, 6, 2], Learned] |c, v| grid_sample(c, &v[0], &v[1], Border::Zero, false);
    "grid sample, edges, corners" [MAP, Learned; [2, 4, 6, 2], Learned] |c, v| {
        grid_sample(c, &v[0], &v[1], Border::Replicate, true)
    };
    "spectral norm" [[4, 3, 3, 3], Learned; [1, 4, 1, 1], Given] |c, v| {
        Ok(spectral_norm::spectral_norm(c, &v[0], &v[1], 0, true)?.0)
    };
    "linear" [[5, 7, 1, 1], Learned; [3, 7, 1, 1], Learned; CHANNELS, Learned] |c, v| {
        linear::linear(c, &v[0], &v[1], Some(&v[2]))
    };
    "conv2d 1x1" [MAP, Learned; [4, 3, 1, 1], Learned] |c, v| convolve(c, v, Conv2d::default());
    "conv2d 3x3" [MAP, Learned; [4, 3, 3, 3], Learned; [1, 4, 1, 1], Learned] |c, v| {
        convolve(c, v, Conv2d { padding: [1; 4], ..Conv2d::default() })
    };
    "conv2d 4x4, stride 2" [[3, 2, 8, 6], Learned; [5, 2, 4, 4], Learned] |c, v| {
        convolve(c, v, Conv2d { stride: 2, padding: [1; 4], ..Conv2d::default() })
    };
    "conv2d 3x3, stride 2, one side" [MAP, Learned; [4, 3, 3, 3], Learned] |c, v| {
        convolve(c, v, Conv2d { stride: 2, padding: [0, 1, 0, 1], ..Conv2d::default() })
    };
    "conv2d 3x3, dilated" [[1, 2, 9, 8], Learned; [3, 2, 3, 3], Learned] |c, v| {
        convolve(c, v, Conv2d { padding: [2; 4], dilation: 2, ..Conv2d::default() })
    };
    "conv2d 3x3, groups" [[2, 6, 5, 4], Learned; [4, 3, 3, 3], Learned] |c, v| {
        convolve(c, v, Conv2d { padding: [1; 4], groups: 2, ..Conv2d::default() })
    };
    "conv2d 3x3, depthwise" [[2, 4, 5, 4], Learned; [4, 1, 3, 3], Learned] |c, v| {
        convolve(c, v, Conv2d { padding: [1; 4], groups: 4, ..Conv2d::default() })
    };
    "conv2d 7x7, reflected" [[2, 3, 9, 8], Learned; [4, 3, 7, 7], Learned] |c, v| {
        convolve(c, v, Conv2d { padding: [3; 4], border: Border::Reflect, ..Conv2d::default() })
    };
    "conv2d 3x3, repeated edges" [MAP, Learned; [4, 3, 3, 3], Learned] |c, v| {
        convolve(c, v, Conv2d { padding: [1, 2, 2, 1], border: Border::Replicate, ..Conv2d::default() })
    };
    "transposed 4x4, stride 2" [[2, 3, 4, 5], Learned; [3, 2, 4, 4], Learned; [1, 2, 1, 1], Learned] |c, v| {
        conv_transpose2d(c, &v[0], &v[1], Some(&v[2]), &ConvTranspose2d { stride: 2, padding: [1; 4], output: (8, 10) })
    };
    "transposed 3x3, one more" [[2, 3, 4, 5], Learned; [3, 2, 3, 3], Learned] |c, v| {
        conv_transpose2d(c, &v[0], &v[1], None, &ConvTranspose2d { stride: 2, padding: [1; 4], output: (8, 10) })
    };
}
