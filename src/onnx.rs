//! ONNX models: a graph that grows node by node, and its bytes. Knows no component and no tensor.
//!
//! The format is that of <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>, operator set 17: every runtime of the
//! last years reads it. Weights are inside the file; all numbers are f32; the batch is free, height and width are fixed.

mod graph;
mod ops;

pub use graph::{About, Attribute, Graph, TooLarge, Wire};
pub use ops::{Border, Windows};
