//! Launching kernels: modules are loaded on first use, arguments are gathered by kind, and the launch is refused where an
//! index would not fit. Each kernel's contract stands above it in its file; a test holds the kinds of arguments that are
//! passed against the kernel's own declaration.

use super::{Failure, modules};
use cudarc::driver::sys::CUresult;
use cudarc::driver::{CudaDevice, DevicePtr, DevicePtrMut, DriverError, result};
use dfdx::tensor::{Cuda, Storage};
use std::ffi::c_void;
use std::sync::Arc;

/// Values on the device.
pub type Buffer = <Cuda as Storage<f32>>::Vec;

/// Threads of a block; kernels count on it (`common.cuh`).
const BLOCK: u32 = 256;

/// Blocks that keep any GPU busy; what is left is done by the same threads.
const MOST_BLOCKS: u32 = 1 << 16;

/// A buffer whose contents nobody may read before writing them.
pub fn allocate(device: &Arc<CudaDevice>, like: &Cuda, len: usize) -> Result<Buffer, Failure> {
    let mut buffer: Buffer = like.try_alloc_len(0)?;
    if len > 0 {
        // SAFETY: whoever is given it writes all of it before reading, as on the CPU.
        *buffer = unsafe { device.alloc(len)? };
    }
    Ok(buffer)
}

/// Room for `len` f64 values, as the kernels' partial sums are.
pub fn allocate_wide(device: &Arc<CudaDevice>, like: &Cuda, len: usize) -> Result<Buffer, Failure> {
    allocate(device, like, 2 * len)
}

/// A refusal of ours, for which dfdx's errors have no room: the text is written down for whoever reports the error.
pub fn refused(text: String) -> Failure {
    crate::tensor::error::note(text);
    DriverError(CUresult::CUDA_ERROR_INVALID_VALUE).into()
}

/// How many pieces a row of `len` elements is summed in: by the sizes alone, so that the bits do not depend on the GPU.
pub fn pieces(rows: usize, len: usize) -> usize {
    const PIECE: usize = 8192;
    const ENOUGH: usize = 4096;
    let by_length = len.div_ceil(PIECE).max(1);
    by_length.min((ENOUGH / rows.max(1)).max(1)).min(256)
}

/// A kernel and its arguments so far.
pub struct Launch {
    device: Arc<CudaDevice>,
    module: &'static str,
    name: &'static str,
    /// An argument's bytes are the first of its word.
    arguments: Vec<u64>,
    kinds: Vec<Kind>,
    too_large: bool,
}

/// What a kernel declares an argument as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Pointer,
    /// `unsigned`, 32 bits.
    Count,
    /// `float`.
    Real,
    /// `double`.
    Wide,
    /// `unsigned long long`.
    Long,
}

/// Kernel `name` of `kernels/<module>.cu`, on the device that holds `near`.
pub fn kernel(near: &Buffer, module: &'static str, name: &'static str) -> Launch {
    Launch { device: near.device(), module, name, arguments: Vec::new(), kinds: Vec::new(), too_large: false }
}

impl Launch {
    fn with(mut self, kind: Kind, word: u64) -> Self {
        self.kinds.push(kind);
        self.arguments.push(word);
        self
    }

    /// A buffer that the kernel reads.
    pub fn read(self, buffer: &Buffer) -> Self {
        let address = *DevicePtr::device_ptr(buffer);
        self.with(Kind::Pointer, address)
    }

    /// A buffer that the kernel reads, or null.
    pub fn read_some(self, buffer: Option<&Buffer>) -> Self {
        let address = buffer.map_or(0, |buffer| *DevicePtr::device_ptr(buffer));
        self.with(Kind::Pointer, address)
    }

    /// A buffer that the kernel writes.
    pub fn write(self, buffer: &mut Buffer) -> Self {
        let address = *buffer.device_ptr_mut();
        self.with(Kind::Pointer, address)
    }

    /// A number or an index; 31 bits, as loops step beyond it.
    pub fn count(mut self, value: usize) -> Self {
        self.too_large |= value > i32::MAX as usize;
        self.with(Kind::Count, value as u64)
    }

    pub fn counts(self, values: &[usize]) -> Self {
        values.iter().fold(self, |launch, &value| launch.count(value))
    }

    pub fn flag(self, value: bool) -> Self {
        self.count(usize::from(value))
    }

    pub fn real(self, value: f32) -> Self {
        self.with(Kind::Real, u64::from(value.to_bits()))
    }

    pub fn wide(self, value: f64) -> Self {
        self.with(Kind::Wide, value.to_bits())
    }

    pub fn long(self, value: u64) -> Self {
        self.with(Kind::Long, value)
    }

    /// A thread for each of `n` elements; passed as the last argument.
    pub fn each(self, n: usize) -> Result<(), Failure> {
        let blocks = n.div_ceil(BLOCK as usize).min(MOST_BLOCKS as usize);
        self.count(n).launch(blocks)
    }

    /// `n` blocks.
    pub fn blocks(self, n: usize) -> Result<(), Failure> {
        self.launch(n)
    }

    fn launch(mut self, blocks: usize) -> Result<(), Failure> {
        let Some(blocks) = u32::try_from(blocks).ok().filter(|&b| b <= i32::MAX as u32 && !self.too_large) else {
            return Err(refused(format!("{} has more than 2^31 - 1 elements; lower `train.batch`", self.name)));
        };
        if blocks == 0 {
            return Ok(());
        }
        let function = modules::function(&self.device, self.module, self.name)?;
        debug_assert_eq!(modules::declared(self.module, self.name).as_deref(), Some(&self.kinds[..]), "{}", self.name);
        let mut addresses: Vec<*mut c_void> = self.arguments.iter_mut().map(|a| std::ptr::from_mut(a).cast()).collect();
        let (grid, block, stream) = ((blocks, 1, 1), (BLOCK, 1, 1), *self.device.cu_stream());
        // SAFETY: the kernel is declared with these kinds of arguments; buffers are as long as its contract says, which
        // is the caller's part; they are freed in the order of the stream, after the kernel.
        unsafe { result::launch_kernel(function, grid, block, 0, stream, &mut addresses)? };
        Ok(())
    }
}

/// Lets the CPU compute what has no kernel: its inputs are copied there, its result back. Slow, and waits for the device.
pub fn on_host<T>(
    device: &Cuda,
    inputs: &[&Buffer],
    compute: impl FnOnce(
        &dfdx::tensor::Cpu,
        Vec<<dfdx::tensor::Cpu as Storage<f32>>::Vec>,
    ) -> Result<T, dfdx::tensor::CpuError>,
) -> Result<T, Failure> {
    use crate::tensor::Backend;
    let host = dfdx::tensor::Cpu::default();
    let copies = inputs.iter().map(|b| Ok(host.upload(device.download(b)?)?)).collect::<Result<Vec<_>, Failure>>()?;
    Ok(compute(&host, copies)?)
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn pieces_follow_from_the_sizes() {
        assert_eq!(pieces(1, 100), 1);
        assert_eq!(pieces(1, 8193), 2);
        assert_eq!(pieces(1, 1 << 30), 256);
        assert_eq!(pieces(2048, 1 << 20), 2);
        assert_eq!(pieces(100_000, 1 << 20), 1);
        assert_eq!(pieces(0, 0), 1);
    }
}
