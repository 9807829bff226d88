//! Bodies for the C functions that cudarc 0.9 declares (`cuInit`, `cublasSgemm_v2`, `cudnnConvolutionForward`, ..): each
//! forwards to a library opened at run time. So one executable needs nothing of NVIDIA to be linked or to start, takes
//! CUDA 12 or 13, and can say why there is no GPU to compute on.
//!
//! Whoever links dfdx's CUDA device links this crate (`use cuda_shim as _`). The functions are those that cudarc's own
//! code and ours call; one more is a line in `symbols/` and a run of `generate.py`.

mod library;
#[macro_use]
mod macros;
#[allow(
    non_snake_case,
    clippy::missing_safety_doc,
    clippy::too_many_arguments,
    reason = "C's names, and C's contracts"
)]
mod forward;
mod memory;
pub mod nccl;
mod report;
mod status;

pub use report::{Device, Found, Library, available, devices, driver_version, emulates_kernels, libraries};
