//! Tensors with gradients: dfdx gives tensors, tape and gradients, the operations are ours (foundations of the design,
//! section 4). Everything is four-dimensional f32: maps N x C x H x W, vectors N x C x 1 x 1, labels and scalars
//! N x 1 x 1 x 1, landmarks N x P x 2 x 1, grids N x H x W x 2.

mod backend;
mod bridge;
mod collective;
mod context;
#[cfg(feature = "cuda")]
pub mod cuda;
pub mod device;
mod error;
pub mod memory;
pub mod ops;
#[cfg(test)]
mod traps;
mod var;

pub use backend::Backend;
pub use bridge::self_test;
pub use collective::{Collective, Share};
pub use context::{Context, Gradients, Slots};
pub use dfdx::tensor::Cpu;
#[cfg(feature = "cuda")]
pub use dfdx::tensor::Cuda;
pub use error::Error;
pub use var::{Shape4, Tensor, Var, storage_mut};
