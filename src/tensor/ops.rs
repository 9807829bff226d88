//! The operations: a folder each, `mod` with the operation and its kernel trait, a file for each device.
//!
//! An operation is a function of the context and its inputs; it checks shapes, runs the kernel, and records the way
//! back ([`Context::record`](super::Context::record)). To add one: a folder here, its kernel trait below.

pub mod activation;
pub mod parallel;

/// The kernels a device must have.
pub trait Kernels: activation::ActivationKernel {}

impl Kernels for dfdx::tensor::Cpu {}
