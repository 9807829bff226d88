//! The devices our operations run on: a dfdx device with a kernel for each operation.

use super::{Collective, Error, Shape4, Tensor, collective, ops};
use dfdx::shapes::HasShape;
use dfdx::tensor::{CopySlice, Cpu, Gradients, OwnedTape, PutTape, Storage, TensorFromVec};
use dfdx::tensor_ops::{Backward, ReshapeTo};
use std::sync::Arc;

/// A device. Every operation's folder has a kernel trait; this is all of them and the few things they share.
pub trait Backend: Storage<f32> + CopySlice<f32> + TensorFromVec<f32> + ops::Kernels {
    /// As a record names it: `cpu`, `cuda:0 NVIDIA H200`.
    fn name(&self) -> String;

    /// A buffer whose contents nobody may read before writing them.
    fn allocate(&self, len: usize) -> Result<Self::Vec, Self::Err>;

    /// A buffer with these values.
    fn upload(&self, values: Vec<f32>) -> Result<Self::Vec, Self::Err>;

    /// A copy on the host.
    fn download(&self, buffer: &Self::Vec) -> Result<Vec<f32>, Self::Err>;

    /// A tensor of its own id around a buffer of the right length.
    fn adopt(&self, buffer: Self::Vec, shape: Shape4) -> Result<Tensor<Self>, Error>;

    /// The same storage and id under another shape of as many elements.
    fn reshape(&self, tensor: &Tensor<Self>, shape: Shape4) -> Result<Tensor<Self>, Self::Err>;

    /// Whether the elements of a tensor that is not empty lie in row-major order: it is not a permuted or broadcast view.
    fn is_row_major(tensor: &Tensor<Self>) -> bool;

    /// Runs a tape's backward steps, the last recorded first. On the device because dfdx's bound for it has no public
    /// name.
    fn run_backward(&self, tape: OwnedTape<f32, Self>) -> Result<Gradients<f32, Self>, Self::Err>;

    /// `target += addend`, of equal lengths.
    fn accumulate(&self, target: &mut Self::Vec, addend: &Self::Vec) -> Result<(), Self::Err>;

    /// The most bytes held on the device since it was opened or [`reset_peak`](Backend::reset_peak); `None` where that is the
    /// host's memory, or nobody counts.
    fn peak_bytes(&self) -> Option<u64> {
        None
    }

    /// Begins anew from what is held now.
    fn reset_peak(&self) {}

    /// Opens what carries sums between the devices of a group's ranks, if there is a shorter way than by the host; what is
    /// worth saying of it.
    fn meet(&self, group: &Arc<dyn Collective>) -> Result<Option<String>, Error> {
        let _ = group;
        Ok(None)
    }

    /// Sums buffers over the ranks of a group.
    fn all_reduce(&self, group: &dyn Collective, buffers: &mut [&mut Self::Vec]) -> Result<(), Error> {
        collective::by_host(self, group, buffers)
    }

    /// An error of this device's kind with words of ours, which [`Error::device`] then says.
    fn refusal(&self, text: String) -> Self::Err;
}

impl Backend for Cpu {
    fn name(&self) -> String {
        "cpu".into()
    }

    fn allocate(&self, len: usize) -> Result<Self::Vec, Self::Err> {
        self.upload(super::bridge::uninitialised(len))
    }

    fn upload(&self, values: Vec<f32>) -> Result<Self::Vec, Self::Err> {
        let mut buffer = self.try_alloc_len(0)?;
        *buffer = values;
        Ok(buffer)
    }

    fn download(&self, buffer: &Self::Vec) -> Result<Vec<f32>, Self::Err> {
        Ok(buffer.to_vec())
    }

    fn adopt(&self, mut buffer: Self::Vec, shape: Shape4) -> Result<Tensor<Self>, Error> {
        self.try_tensor_from_vec(std::mem::take(&mut *buffer), shape).map_err(|e| Error::device("adopt", e))
    }

    fn reshape(&self, tensor: &Tensor<Self>, shape: Shape4) -> Result<Tensor<Self>, Self::Err> {
        tensor.clone().try_reshape_like(&shape)
    }

    /// By the addresses that dfdx's public index gives to the second element of each axis.
    fn is_row_major(tensor: &Tensor<Self>) -> bool {
        let &(n, c, h, w) = tensor.shape();
        let address = |index: [usize; 4]| std::ptr::from_ref(&tensor[index]).addr();
        let first = address([0; 4]);
        let mut stride = size_of::<f32>();
        for (axis, size) in [n, c, h, w].into_iter().enumerate().rev() {
            let mut second = [0; 4];
            second[axis] = 1;
            if size > 1 && address(second) != first + stride {
                return false;
            }
            stride *= size;
        }
        true
    }

    fn run_backward(&self, tape: OwnedTape<f32, Self>) -> Result<Gradients<f32, Self>, Self::Err> {
        let root: dfdx::tensor::Tensor<(), f32, Self> = self.try_tensor_from_vec(vec![0.0], ())?;
        root.put_tape(tape).try_backward()
    }

    fn accumulate(&self, target: &mut Self::Vec, addend: &Self::Vec) -> Result<(), Self::Err> {
        ops::parallel::zip(target, addend, |t, a| {
            for (t, a) in t.iter_mut().zip(a) {
                *t += a;
            }
        });
        Ok(())
    }

    fn refusal(&self, text: String) -> Self::Err {
        super::error::note(text);
        dfdx::tensor::CpuError::WrongNumElements
    }
}
