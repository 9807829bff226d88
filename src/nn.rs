//! Between tensors and components: parameters and buffers by path, and what a module's forward pass sees.

mod module;
mod pass;
mod sheet;
pub mod spectral;
mod state;
mod window;

pub use module::{Inputs, Module, Outputs, only};
pub use pass::{BufferUpdate, Mode, Pass};
pub use sheet::{Drawn, Sheet, drawn};
pub use state::{Named, NetworkState, OpState};
pub use window::{Kernel, Windows};
