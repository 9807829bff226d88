//! A tapeless tensor and whether its gradient is wanted.

use super::{Backend, Error, bridge};
use std::sync::Arc;

/// The shape of every tensor.
pub type Shape4 = (usize, usize, usize, usize);

/// dfdx's tensor, without a tape.
pub type Tensor<D> = dfdx::tensor::Tensor<Shape4, f32, D, dfdx::tensor::NoneTape>;

/// A value in a graph. dfdx has neither `requires_grad` nor `detach`; the flag is both: an operation records a backward
/// step only if one of its inputs needs a gradient, so frozen parameters and detached inputs cost nothing.
#[derive(Clone, Debug)]
pub struct Var<D: Backend> {
    tensor: Tensor<D>,
    needs_grad: bool,
}

impl<D: Backend> Var<D> {
    /// A value without gradient.
    pub fn constant(tensor: Tensor<D>) -> Self {
        Var { tensor, needs_grad: false }
    }

    /// A leaf whose gradient is wanted: a parameter that an update learns.
    pub fn leaf(tensor: Tensor<D>) -> Self {
        Var { tensor, needs_grad: true }
    }

    pub(super) fn new(tensor: Tensor<D>, needs_grad: bool) -> Self {
        Var { tensor, needs_grad }
    }

    /// The same value, through which no gradient passes.
    pub fn detach(&self) -> Self {
        Var { tensor: self.tensor.clone(), needs_grad: false }
    }

    pub fn needs_grad(&self) -> bool {
        self.needs_grad
    }

    pub fn tensor(&self) -> &Tensor<D> {
        &self.tensor
    }

    /// N, C, H, W.
    pub fn shape(&self) -> [usize; 4] {
        use dfdx::shapes::HasShape;
        let s = self.tensor.shape();
        [s.0, s.1, s.2, s.3]
    }

    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The storage, for kernels. Refuses views.
    pub fn storage(&self) -> Result<&D::Vec, Error> {
        bridge::storage(&self.tensor)
    }

    /// The storage, kept alive: what an operation saves for its backward step.
    pub fn shared(&self) -> Result<Arc<D::Vec>, Error> {
        bridge::shared(&self.tensor)
    }

    /// A copy on the host, in row-major order.
    pub fn to_vec(&self) -> Vec<f32> {
        let device = self.tensor.device();
        match bridge::storage(&self.tensor).map(|buffer| device.download(buffer)) {
            Ok(Ok(values)) => values,
            // A view, which the bridge refuses: dfdx's own way, element by element.
            _ => device.tensor_to_vec(&self.tensor),
        }
    }

    /// The only element of a 1 x 1 x 1 x 1 value.
    pub fn item(&self) -> f32 {
        self.to_vec().first().copied().unwrap_or(f32::NAN)
    }
}

/// A tensor's storage, for writing in place (optimizers, moving copies). `None` while a tape or another tensor shares
/// it: writing then would change what a backward step still reads.
pub fn storage_mut<D: Backend>(tensor: &mut Tensor<D>) -> Result<Option<&mut D::Vec>, Error> {
    bridge::storage_mut(tensor)
}
