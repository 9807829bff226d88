//! The driver's pool, which all memory on the device comes from.

use super::{Cuda, Failure};
use cudarc::driver::sys::{self, CUmemPool_attribute as Attribute, CUresult};
use dfdx::tensor::Storage;

/// The pool of a device; `None` where the driver has none.
fn pool(device: &Cuda) -> Result<Option<sys::CUmemoryPool>, Failure> {
    let near = Storage::<f32>::try_alloc_len(device, 0)?.device();
    near.bind_to_thread()?;
    let mut pool: sys::CUmemoryPool = std::ptr::null_mut();
    // SAFETY: a place for what is asked.
    let answer = unsafe { sys::cuDeviceGetDefaultMemPool(&raw mut pool, *near.cu_device()) };
    Ok((answer == CUresult::CUDA_SUCCESS).then_some(pool))
}

/// Sets a 64-bit attribute.
fn set(pool: sys::CUmemoryPool, attribute: Attribute, mut value: u64) {
    // SAFETY: the attributes that are set here are 64-bit numbers. A driver that lacks one answers so, and nothing changes.
    let _ = unsafe { sys::cuMemPoolSetAttribute(pool, attribute, (&raw mut value).cast()) };
}

/// Memory that is freed stays with the process, so that the next allocation of its size costs nothing.
pub fn keep_freed_memory(device: &Cuda) -> Result<(), Failure> {
    if let Some(pool) = pool(device)? {
        set(pool, Attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, u64::MAX);
    }
    Ok(())
}

/// The most bytes that were in use since [`reset_peak`], libraries' own memory not counted.
pub fn peak_bytes(device: &Cuda) -> Option<u64> {
    let pool = pool(device).ok()??;
    let mut bytes = 0_u64;
    // SAFETY: a place for a 64-bit number, which this attribute is.
    let answer =
        unsafe { sys::cuMemPoolGetAttribute(pool, Attribute::CU_MEMPOOL_ATTR_USED_MEM_HIGH, (&raw mut bytes).cast()) };
    (answer == CUresult::CUDA_SUCCESS).then_some(bytes)
}

/// Begins anew from what is in use now.
pub fn reset_peak(device: &Cuda) {
    if let Ok(Some(pool)) = pool(device) {
        set(pool, Attribute::CU_MEMPOOL_ATTR_USED_MEM_HIGH, 0);
    }
}
