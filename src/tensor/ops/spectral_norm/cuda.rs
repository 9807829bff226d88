//! Spectral normalisation: kernels are small, and the vectors are kept by the host, so the CPU iterates.

use super::{Planes, Singular, SpectralKernel};
use crate::tensor::Backend;
use crate::tensor::cuda::{Buffer, Failure, kernel, on_host};
use cudarc::driver::DeviceSlice;
use dfdx::tensor::Cuda;

impl SpectralKernel for Cuda {
    fn singular(&self, planes: Planes, weight: &Buffer, left: &Buffer, iterate: bool) -> Result<Singular, Failure> {
        on_host(self, &[weight, left], |host, inputs| host.singular(planes, &inputs[0], &inputs[1], iterate))
    }

    fn spectral_norm(&self, weight: &Buffer, value: f32) -> Result<Buffer, Failure> {
        let mut y = self.allocate(weight.len())?;
        let launch = kernel(weight, "elementwise", "unary").count(0).real(1.0 / value).real(0.0);
        launch.read(weight).write(&mut y).each(weight.len())?;
        Ok(y)
    }

    fn spectral_norm_backward(
        &self,
        planes: Planes,
        singular: &Singular,
        y: &Buffer,
        dy: Buffer,
    ) -> Result<Buffer, Failure> {
        let dx = on_host(self, &[y, &dy], |host, mut inputs| {
            let dy = inputs.remove(1);
            Ok(host.spectral_norm_backward(planes, singular, &inputs[0], dy)?.to_vec())
        })?;
        self.upload(dx)
    }
}
