#![allow(missing_docs, unused_variables)]
use crate::tensor::{Backend, Context, Error, Var};
macro_rules! stub { ($($name:ident($($a:ident: $t:ty),*) -> $r:ty;)*) => { $(pub fn $name<D: Backend>(ctx: &Context<D>, $($a: $t),*) -> Result<$r, Error> { Err(Error::Other("pending".into())) })* } }
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Border { Zero, Reflect, Replicate }
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conv2d { pub stride: usize, pub padding: [usize; 4], pub border: Border, pub dilation: usize, pub groups: usize }
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvTranspose2d { pub stride: usize, pub padding: [usize; 4], pub output: (usize, usize) }
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weighting { FastNormalized { epsilon: f32 }, Softmax }
stub! {
    prelu(x: &Var<D>, slope: &Var<D>) -> Var<D>;
    linear(x: &Var<D>, weight: &Var<D>, bias: Option<&Var<D>>) -> Var<D>;
    conv2d(x: &Var<D>, weight: &Var<D>, bias: Option<&Var<D>>, how: &Conv2d) -> Var<D>;
    conv_transpose2d(x: &Var<D>, weight: &Var<D>, bias: Option<&Var<D>>, how: &ConvTranspose2d) -> Var<D>;
    batch_norm_train(x: &Var<D>, affine: Option<(&Var<D>, &Var<D>)>, epsilon: f32) -> (Var<D>, Vec<f32>, Vec<f32>);
    batch_norm_eval(x: &Var<D>, mean: &Var<D>, variance: &Var<D>, affine: Option<(&Var<D>, &Var<D>)>, epsilon: f32) -> Var<D>;
    instance_norm(x: &Var<D>, affine: Option<(&Var<D>, &Var<D>)>, epsilon: f32) -> Var<D>;
    layer_norm(x: &Var<D>, affine: Option<(&Var<D>, &Var<D>)>, epsilon: f32) -> Var<D>;
    resize_nearest(x: &Var<D>, size: (usize, usize)) -> Var<D>;
    resize_bilinear(x: &Var<D>, size: (usize, usize), align_corners: bool) -> Var<D>;
    max_pool(x: &Var<D>, kernel: usize, stride: usize, padding: usize) -> Var<D>;
    average_pool(x: &Var<D>, kernel: usize, stride: usize, padding: usize) -> Var<D>;
    global_average_pool(x: &Var<D>) -> Var<D>;
    global_max_pool(x: &Var<D>) -> Var<D>;
    concat_channels(maps: &[&Var<D>]) -> Var<D>;
    concat_batch(maps: &[&Var<D>]) -> Var<D>;
    crop(x: &Var<D>, top: usize, left: usize, height: usize, width: usize) -> Var<D>;
    flip_width(x: &Var<D>) -> Var<D>;
    add(a: &Var<D>, b: &Var<D>) -> Var<D>;
    multiply(a: &Var<D>, b: &Var<D>) -> Var<D>;
    affine(x: &Var<D>, gain: f32, shift: f32) -> Var<D>;
    squared_difference(a: &Var<D>, b: &Var<D>) -> Var<D>;
    mean_channels(x: &Var<D>) -> Var<D>;
    max_channels(x: &Var<D>) -> Var<D>;
    weighted_sum(maps: &[&Var<D>], weights: &Var<D>, weighting: Weighting) -> Var<D>;
    dropout(x: &Var<D>, share: f32, stream: crate::random::Stream) -> Var<D>;
    l2_normalise(x: &Var<D>, epsilon: f32) -> Var<D>;
    mean_fill(image: &Var<D>, missing: &Var<D>) -> Var<D>;
}
