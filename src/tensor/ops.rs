//! The operations: a folder each, `mod` with the operation and its kernel trait, a file for each device.
//!
//! An operation is a function of the context and its inputs; it checks shapes, runs the kernel, and records the way
//! back ([`Context::record`](super::Context::record)). To add one: a folder here, its kernel trait below.

pub mod activation;
pub mod arithmetic;
pub mod border;
#[cfg(test)]
pub mod check;
pub mod conv2d;
pub mod conv_transpose2d;
pub mod dropout;
pub mod fast;
pub mod fill;
pub mod fusion;
pub mod grid_sample;
pub mod l2_normalise;
pub mod lanes;
pub mod linear;
pub mod loss;
pub mod matrix;
pub mod norm;
pub mod optimizer;
pub mod parallel;
#[cfg(test)]
mod parity;
pub mod planes;
pub mod pool;
pub mod prelu;
pub mod reduce;
pub mod resize;
pub mod shape;
pub mod spectral_norm;
pub mod ssim;
pub mod stripes;
#[cfg(test)]
mod tests;
pub mod total_variation;

pub use border::Border;
pub use planes::Planes;

/// The kernels a device must have.
#[rustfmt::skip] // a line for each
pub trait Kernels:
    activation::ActivationKernel
    + arithmetic::ArithmeticKernel
    + conv2d::ConvolutionKernel
    + dropout::DropoutKernel
    + fill::FillKernel
    + fusion::FusionKernel
    + grid_sample::GridKernel
    + l2_normalise::NormaliseKernel
    + loss::LossKernel
    + norm::NormKernel
    + optimizer::OptimizerKernel
    + pool::PoolKernel
    + prelu::PreluKernel
    + reduce::ReduceKernel
    + resize::ResizeKernel
    + shape::ShapeKernel
    + spectral_norm::SpectralKernel
    + ssim::SimilarityKernel
    + total_variation::VariationKernel
{
}

impl Kernels for dfdx::tensor::Cpu {}

#[cfg(feature = "cuda")]
impl Kernels for dfdx::tensor::Cuda {}
