//! Allocations of 0 bytes never reach the driver: dfdx 0.13 makes, fills, clears and frees them (its workspace, every slice that
//! is replaced), and drivers have answered that with CUDA_ERROR_INVALID_VALUE (dfdx issue 870).

use crate::library::{DRIVER, symbol};
use cudarc::driver::sys::{CUdeviceptr, CUresult, CUstream};
use std::ffi::{c_uchar, c_void};
use std::sync::OnceLock;

macro_rules! nonzero {
    ($($(#[$doc:meta])* fn $name:ident($($a:ident: $t:ty),*) if $empty:expr => $answer:expr;)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        #[allow(non_snake_case, reason = "C's name")]
        unsafe extern "C" fn $name($($a: $t),*) -> CUresult {
            if $empty {
                $answer;
                return CUresult::CUDA_SUCCESS;
            }
            static AT: OnceLock<usize> = OnceLock::new();
            let at = *AT.get_or_init(|| symbol(DRIVER, stringify!($name)));
            if at == 0 {
                return crate::status::driver(None);
            }
            // SAFETY: the driver's function of this name has cudarc's declaration; the caller keeps its contract.
            let code = unsafe {
                let function: unsafe extern "C" fn($($t),*) -> u32 = std::mem::transmute(at);
                function($($a),*)
            };
            crate::status::driver(Some(code))
        }
    )*};
}

nonzero! {
    // SAFETY: the caller gives a place for the pointer, here and below.
    fn cuMemAllocAsync(at: *mut CUdeviceptr, bytes: usize, stream: CUstream) if bytes == 0 => unsafe { *at = 0 };
    fn cuMemAlloc_v2(at: *mut CUdeviceptr, bytes: usize) if bytes == 0 => unsafe { *at = 0 };
    fn cuMemFreeAsync(at: CUdeviceptr, stream: CUstream) if at == 0 => ();
    fn cuMemFree_v2(at: CUdeviceptr) if at == 0 => ();
    fn cuMemsetD8Async(at: CUdeviceptr, value: c_uchar, bytes: usize, stream: CUstream) if bytes == 0 => ();
    fn cuMemsetD8_v2(at: CUdeviceptr, value: c_uchar, bytes: usize) if bytes == 0 => ();
    fn cuMemcpyHtoDAsync_v2(to: CUdeviceptr, from: *const c_void, bytes: usize, stream: CUstream) if bytes == 0 => ();
    fn cuMemcpyDtoHAsync_v2(to: *mut c_void, from: CUdeviceptr, bytes: usize, stream: CUstream) if bytes == 0 => ();
    fn cuMemcpyDtoDAsync_v2(to: CUdeviceptr, from: CUdeviceptr, bytes: usize, stream: CUstream) if bytes == 0 => ();
}
