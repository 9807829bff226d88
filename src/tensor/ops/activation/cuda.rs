//! Activations on the GPU.

use super::{Activation, ActivationKernel};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, kernel};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

/// The kernels' number of a function, and what it is given.
fn parts(f: Activation) -> (usize, f32) {
    match f {
        Activation::Relu => (0, 0.0),
        Activation::LeakyRelu(slope) => (1, slope),
        Activation::Elu(alpha) => (2, alpha),
        Activation::Sigmoid => (3, 0.0),
        Activation::Tanh => (4, 0.0),
        Activation::HardSwish => (5, 0.0),
        Activation::Silu => (6, 0.0),
        Activation::Softplus => (7, 0.0),
    }
}

impl ActivationKernel for Cuda {
    fn activate(&self, f: Activation, x: &Buffer) -> Result<Buffer, Failure> {
        let mut y = self.allocate(x.len())?;
        let (kind, value) = parts(f);
        kernel(x, "elementwise", "activate").count(kind).real(value).read(x).write(&mut y).each(x.len())?;
        Ok(y)
    }

    fn activate_backward(&self, f: Activation, kept: &Buffer, mut dy: Buffer) -> Result<Buffer, Failure> {
        let (kind, value) = parts(f);
        let n = dy.len();
        kernel(kept, "elementwise", "activate_backward").count(kind).real(value).read(kept).write(&mut dy).each(n)?;
        Ok(dy)
    }
}
