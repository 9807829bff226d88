//! Between tensors and components: parameters and buffers by path, and what a module's forward pass sees.

mod module;
mod pass;
pub mod spectral;
mod state;
mod window;

pub use module::{Inputs, Module, Outputs, only};
pub use pass::{BufferUpdate, Mode, Pass};
pub use state::{Named, NetworkState, OpState};
pub use window::{Kernel, Windows};
