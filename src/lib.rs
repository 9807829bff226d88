//! `ablate`: declarative experiments on face-synthesis GANs.
//!
//! The rooms, in reading order; which may import which is decided in `tests/layering.rs`.

pub mod cli;
pub mod components;
pub mod config;
pub mod diagnostic;
pub mod face;
pub mod graph;
pub mod nn;
pub mod onnx;
mod protobuf;
pub mod random;
pub mod record;
pub mod registry;
pub mod report;
pub mod run;
pub mod statistics;
pub mod study;
pub mod tensor;
pub mod terminal;
pub mod track;
