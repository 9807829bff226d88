//! What every operation needs of a GPU.

use super::{Buffer, Failure, allocate, kernel, refused, together};
use crate::tensor::{Backend, Collective, Error, Shape4, Tensor, bridge};
use cudarc::driver::DeviceSlice;
use dfdx::shapes::HasShape;
use dfdx::tensor::{Cuda, Gradients, OwnedTape, PutTape, Storage, TensorFromVec};
use dfdx::tensor_ops::{Backward, ReshapeTo};
use std::sync::Arc;

impl Backend for Cuda {
    fn name(&self) -> String {
        let number = Storage::<f32>::try_alloc_len(self, 0).map_or(0, |near| near.device().ordinal());
        let name = cuda_shim::devices().into_iter().nth(number).map(|gpu| gpu.name).unwrap_or_default();
        format!("cuda:{number} {name}").trim_end().into()
    }

    fn allocate(&self, len: usize) -> Result<Buffer, Failure> {
        let near = Storage::<f32>::try_alloc_len(self, 0)?.device();
        allocate(&near, self, len)
    }

    fn upload(&self, values: Vec<f32>) -> Result<Buffer, Failure> {
        let mut buffer: Buffer = self.try_alloc_len(0)?;
        if !values.is_empty() {
            *buffer = buffer.device().htod_copy(values)?;
        }
        Ok(buffer)
    }

    fn download(&self, buffer: &Buffer) -> Result<Vec<f32>, Failure> {
        let mut values = bridge::uninitialised(buffer.len());
        if !values.is_empty() {
            buffer.device().dtoh_sync_copy_into(&**buffer, &mut values)?;
        }
        Ok(values)
    }

    /// dfdx makes the tensor around an empty storage, which then is exchanged.
    fn adopt(&self, buffer: Buffer, shape: Shape4) -> Result<Tensor<Self>, Error> {
        bridge::adopt(self, buffer, shape)
    }

    fn reshape(&self, tensor: &Tensor<Self>, shape: Shape4) -> Result<Tensor<Self>, Failure> {
        tensor.clone().try_reshape_like(&shape)
    }

    fn is_row_major(tensor: &Tensor<Self>) -> bool {
        let &(_, c, h, w) = tensor.shape();
        let steps = bridge::strides(tensor).unwrap_or_default();
        let (n, _, _, _) = *tensor.shape();
        let mut expected = 1;
        for (size, step) in [n, c, h, w].into_iter().zip(steps).rev() {
            if size > 1 && step != expected {
                return false;
            }
            expected *= size;
        }
        true
    }

    fn run_backward(&self, tape: OwnedTape<f32, Self>) -> Result<Gradients<f32, Self>, Failure> {
        let root: dfdx::tensor::Tensor<(), f32, Self> = self.try_tensor_from_vec(vec![0.0], ())?;
        root.put_tape(tape).try_backward()
    }

    fn accumulate(&self, target: &mut Buffer, addend: &Buffer) -> Result<(), Failure> {
        let n = target.len();
        kernel(addend, "elementwise", "accumulate").write(target).read(addend).each(n)
    }

    fn peak_bytes(&self) -> Option<u64> {
        super::pool::peak_bytes(self)
    }

    fn reset_peak(&self) {
        super::pool::reset_peak(self);
    }

    fn meet(&self, group: &Arc<dyn Collective>) -> Result<Option<String>, Error> {
        together::meet(self, group)
    }

    fn all_reduce(&self, group: &dyn Collective, buffers: &mut [&mut Buffer]) -> Result<(), Error> {
        together::sum(self, group, buffers)
    }

    fn refusal(&self, text: String) -> Failure {
        refused(text)
    }
}
