//! From the merged tree to a checked experiment.

pub mod plan;
pub mod settings;
pub mod wire;
