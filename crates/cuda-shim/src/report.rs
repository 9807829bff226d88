//! What of CUDA is on this machine, and whether it can be computed with.

use crate::forward::{cublas, cudnn, driver, nvrtc};
use crate::library::{self, CUBLAS, CUDNN, DRIVER, NCCL, NVRTC, Wanted};
use std::ffi::{CStr, c_char};
use std::path::PathBuf;

/// A library and what was found of it.
#[derive(Clone, Debug)]
pub struct Library {
    pub name: &'static str,
    /// The environment variable that may name its file.
    pub variable: &'static str,
    /// Whether nothing can be computed without it.
    pub needed: bool,
    /// Or what the loader said.
    pub found: Result<Found, String>,
}

#[derive(Clone, Debug)]
pub struct Found {
    pub path: Option<PathBuf>,
    /// As `13.1.0`; empty where it does not say.
    pub version: String,
}

/// A GPU.
#[derive(Clone, Debug)]
pub struct Device {
    pub name: String,
    /// Bytes.
    pub memory: u64,
    /// Major and minor.
    pub capability: (i32, i32),
}

/// The newest CUDA that the driver speaks, as 13000; `None` without a driver.
pub fn driver_version() -> Option<i32> {
    if library::missing(DRIVER).is_some() {
        return None;
    }
    let mut version = 0;
    // SAFETY: a place for a number.
    let code = unsafe { driver::cuDriverGetVersion(&raw mut version) };
    (code as u32 == 0 && version > 0).then_some(version)
}

/// Whether the driver is one that brings bodies for kernels that were not compiled: `tools/mock-gpu.sh`.
pub fn emulates_kernels() -> bool {
    library::symbol(DRIVER, "mockHasKernels") != 0
}

/// How many GPUs can be computed on; else what is missing. To be asked before any CUDA device is made: cudarc panics
/// where there is none. cuDNN and NVRTC are not needed.
pub fn available() -> Result<usize, String> {
    for wanted in [DRIVER, CUBLAS] {
        if let Some(said) = library::missing(wanted) {
            return Err(format!("{} was not found ({said})", wanted.name));
        }
    }
    // SAFETY: cuInit may be called any number of times.
    let code = unsafe { driver::cuInit(0) };
    if code as u32 != 0 {
        return Err(format!("the NVIDIA driver does not start: cuInit answers {code:?}"));
    }
    let mut count = 0;
    // SAFETY: a place for a number.
    let code = unsafe { driver::cuDeviceGetCount(&raw mut count) };
    match usize::try_from(count) {
        Ok(count) if count > 0 && code as u32 == 0 => Ok(count),
        _ => Err(format!("the NVIDIA driver sees no GPU ({code:?})")),
    }
}

/// The GPUs, in the driver's order; empty where [`available`] says why.
pub fn devices() -> Vec<Device> {
    let count = available().ok().and_then(|count| i32::try_from(count).ok()).unwrap_or(0);
    (0..count).map(device).collect()
}

fn device(ordinal: i32) -> Device {
    use cudarc::driver::sys::CUdevice_attribute::{
        CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
    };
    let (mut handle, mut bytes, mut name) = (0, 0_usize, [0 as c_char; 256]);
    let mut capability = (0, 0);
    // SAFETY: places for what is asked; the name's length is given and leaves its last byte zero.
    unsafe {
        driver::cuDeviceGet(&raw mut handle, ordinal);
        driver::cuDeviceTotalMem_v2(&raw mut bytes, handle);
        driver::cuDeviceGetName(name.as_mut_ptr(), 255, handle);
        driver::cuDeviceGetAttribute(&raw mut capability.0, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, handle);
        driver::cuDeviceGetAttribute(&raw mut capability.1, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, handle);
    }
    // SAFETY: the array ends in a zero.
    let name = unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned();
    Device { name, memory: bytes as u64, capability }
}

/// Every library that is used if it is there.
pub fn libraries() -> Vec<Library> {
    let library = |wanted: Wanted, needed, function: &str, version: fn() -> String| {
        let found = match library::missing(wanted) {
            Some(said) => Err(said),
            None => Ok(Found { path: library::path(wanted, function), version: version() }),
        };
        Library { name: wanted.name, variable: wanted.variable, needed, found }
    };
    vec![
        library(DRIVER, true, "cuInit", || {
            driver_version().map_or_else(String::new, |v| format!("CUDA {}.{}", v / 1000, v % 1000 / 10))
        }),
        library(CUBLAS, true, "cublasCreate_v2", || {
            let mut version = 0;
            // SAFETY: the version is asked without a handle, into a place for a number.
            unsafe { cublas::cublasGetVersion_v2(std::ptr::null_mut(), &raw mut version) };
            dotted(version as usize, 10_000, 100)
        }),
        library(CUDNN, false, "cudnnGetVersion", || {
            // SAFETY: it takes nothing.
            let version = unsafe { cudnn::cudnnGetVersion() };
            // From 9 on 9.13.0 is 91300; 8.9.7 was 8907.
            if version >= 90_000 { dotted(version, 10_000, 100) } else { dotted(version, 1000, 100) }
        }),
        library(NVRTC, false, "nvrtcVersion", || {
            let (mut major, mut minor) = (0, 0);
            // SAFETY: places for two numbers.
            unsafe { nvrtc::nvrtcVersion(&raw mut major, &raw mut minor) };
            format!("{major}.{minor}")
        }),
        library(NCCL, false, "ncclGetVersion", nccl_version),
    ]
}

fn nccl_version() -> String {
    let at = library::symbol(NCCL, "ncclGetVersion");
    if at == 0 {
        return String::new();
    }
    let mut version = 0_i32;
    // SAFETY: NCCL declares `ncclResult_t ncclGetVersion(int*)`.
    unsafe {
        let function: unsafe extern "C" fn(*mut i32) -> u32 = std::mem::transmute(at);
        function(&raw mut version);
    }
    dotted(version as usize, 10_000, 100)
}

fn dotted(version: usize, major: usize, minor: usize) -> String {
    if version == 0 {
        return String::new();
    }
    format!("{}.{}.{}", version / major, version % major / minor, version % minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_written_with_dots() {
        assert_eq!(dotted(130_100, 10_000, 100), "13.1.0");
        assert_eq!(dotted(91_300, 10_000, 100), "9.13.0");
        assert_eq!(dotted(8907, 1000, 100), "8.9.7");
        assert_eq!(dotted(0, 1000, 100), "");
    }

    /// Holds with and without a GPU: whatever is asked answers, and no reason is empty.
    #[test]
    fn whatever_is_missing_has_a_reason() {
        assert_eq!(libraries().len(), 5);
        match available() {
            Ok(count) => assert_eq!(devices().len(), count),
            Err(reason) => assert!(reason.len() > 20 && devices().is_empty(), "{reason}"),
        }
        for library in libraries() {
            assert!(library.found.is_ok() || library.found.is_err_and(|said| !said.is_empty()), "{}", library.name);
        }
    }
}
