//! `ablate`: declarative experiments on face-synthesis GANs.
//!
//! The rooms, in reading order; which may import which is decided in `tests/layering.rs`.

pub mod cli;
pub mod components;
pub mod config;
#[cfg(test)]
mod data_rig;
pub mod diagnostic;
pub mod graph;
pub mod nn;
pub mod onnx;
mod protobuf;
pub mod record;
pub mod registry;
pub mod report;
pub mod run;
pub mod statistics;
pub mod study;
pub mod terminal;
pub mod track;

pub use numerics::{face, random, tensor};
