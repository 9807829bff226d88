//! NVIDIA GPUs. dfdx gives tensors, tape and memory; the kernels are ours (`tensor/kernels/*.cu`, compiled to PTX when the
//! program is built), convolutions are cuDNN's, or im2col and cuBLAS where it is missing. Everything runs on dfdx's stream,
//! in the order of the calls.
//!
//! Same seed, same bits, on one kind of GPU: sums have fixed partitions, no kernel adds floats atomically, of cuDNN's
//! algorithms only the deterministic ones are taken.
#![allow(unsafe_code, reason = "kernels are launched by address")]

mod backend;
pub mod comparison;
mod launch;
mod modules;
mod open;
mod pool;
mod products;
#[cfg(test)]
mod signatures;
mod tables;
#[cfg(test)]
mod tests;
mod together;

// Linked for its C functions alone.
use cuda_shim as _;

pub use dfdx::tensor::Cuda;
pub use open::{Precision, open};

pub(super) use launch::{Buffer, allocate, allocate_wide, kernel, on_host, pieces, refused};
pub(super) use open::precision;
pub(super) use products::{Product, products};
pub(super) use tables::{Readers, readers, words};

/// What goes wrong on the device.
pub(super) type Failure = <Cuda as dfdx::tensor::HasErr>::Err;
