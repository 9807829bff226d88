//! Running an experiment: assemble, train, evaluate, checkpoint.

pub mod loader;
