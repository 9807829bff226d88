//! Parameters and buffers of a network, by operation, in the plan's order.

use crate::tensor::{Backend, Tensor};

/// A named tensor of an operation.
#[derive(Clone, Debug)]
pub struct Named<D: Backend> {
    pub name: &'static str,
    pub tensor: Tensor<D>,
}

/// What one leaf operation owns.
#[derive(Clone, Debug)]
pub struct OpState<D: Backend> {
    /// `generator/decoder-1[2]/gate/theta/conv`.
    pub path: String,
    pub parameters: Vec<Named<D>>,
    pub buffers: Vec<Named<D>>,
}

impl<D: Backend> OpState<D> {
    pub fn parameter(&self, name: &str) -> Option<&Tensor<D>> {
        self.parameters.iter().find(|p| p.name == name).map(|p| &p.tensor)
    }

    pub fn buffer(&self, name: &str) -> Option<&Tensor<D>> {
        self.buffers.iter().find(|b| b.name == name).map(|b| &b.tensor)
    }
}

/// What a network owns. Cloning shares the tensors until one side writes.
#[derive(Clone, Debug)]
pub struct NetworkState<D: Backend> {
    pub ops: Vec<OpState<D>>,
}

impl<D: Backend> NetworkState<D> {
    /// Every tensor with its full path, parameters and buffers, in order: what a checkpoint holds.
    pub fn tensors(&self) -> impl Iterator<Item = (String, &Tensor<D>)> {
        self.ops.iter().flat_map(|op| {
            op.parameters.iter().chain(&op.buffers).map(move |n| (format!("{}/{}", op.path, n.name), &n.tensor))
        })
    }

    pub fn tensors_mut(&mut self) -> impl Iterator<Item = (String, &mut Tensor<D>)> {
        self.ops.iter_mut().flat_map(|op| {
            let path = op.path.clone();
            op.parameters.iter_mut().chain(&mut op.buffers).map(move |n| (format!("{path}/{}", n.name), &mut n.tensor))
        })
    }
}
