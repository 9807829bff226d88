//! Tests that go over many operations: PyTorch's numbers, central differences, threads, and what operations promise.

mod behaviour;
mod differences;
mod parity;
mod threads;
