//! From the merged tree to a checked experiment.

pub mod plan;
