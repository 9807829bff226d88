//! Status codes as cudarc's enums: a code that an enum does not list becomes its general failure, a library or function
//! that is missing the code that says so.

use super::forward::{CUBLAS_CODES, CUDNN_CODES, DRIVER_CODES, NVRTC_CODES};
use cudarc::cublas::sys::cublasStatus_t;
use cudarc::cudnn::sys::cudnnStatus_t;
use cudarc::driver::sys::CUresult;
use cudarc::nvrtc::sys::nvrtcResult;

/// `missing` for no code, `unknown` for one that is not among `known`.
fn listed(code: Option<u32>, known: &[u32], missing: u32, unknown: u32) -> u32 {
    match code {
        None => missing,
        Some(code) if known.binary_search(&code).is_ok() => code,
        Some(_) => unknown,
    }
}

pub fn driver(code: Option<u32>) -> CUresult {
    // CUDA_ERROR_SHARED_OBJECT_INIT_FAILED, CUDA_ERROR_UNKNOWN.
    let code = listed(code, DRIVER_CODES, 303, 999);
    // SAFETY: the enum is of C's size and lists this number.
    unsafe { std::mem::transmute(code) }
}

pub fn cublas(code: Option<u32>) -> cublasStatus_t {
    // CUBLAS_STATUS_NOT_INITIALIZED, CUBLAS_STATUS_INTERNAL_ERROR.
    let code = listed(code, CUBLAS_CODES, 1, 14);
    // SAFETY: as above.
    unsafe { std::mem::transmute(code) }
}

pub fn nvrtc(code: Option<u32>) -> nvrtcResult {
    // NVRTC_ERROR_INTERNAL_ERROR.
    let code = listed(code, NVRTC_CODES, 11, 11);
    // SAFETY: as above.
    unsafe { std::mem::transmute(code) }
}

/// cuDNN 9 numbers its codes by thousands; cudarc's enum is of cuDNN 8.
pub fn cudnn(code: Option<u32>) -> cudnnStatus_t {
    let code = code.map(|code| match code {
        1001..=1999 => 1, // not initialised
        2000..=2999 => 3, // a bad parameter
        3000..=3999 => 9, // not supported
        4000..=4999 => 4, // internal
        5000..=5999 => 8, // execution failed
        code => code,
    });
    let code = listed(code, CUDNN_CODES, 1, 4);
    // SAFETY: as above.
    unsafe { std::mem::transmute(code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_an_enum_lacks_are_general_failures() {
        assert_eq!(driver(Some(0)), CUresult::CUDA_SUCCESS);
        assert_eq!(driver(Some(222)), CUresult::CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
        assert_eq!(driver(Some(4_000_000)), CUresult::CUDA_ERROR_UNKNOWN);
        assert_eq!(driver(None), CUresult::CUDA_ERROR_SHARED_OBJECT_INIT_FAILED);
        assert_eq!(cublas(Some(99)), cublasStatus_t::CUBLAS_STATUS_INTERNAL_ERROR);
        assert_eq!(cudnn(Some(3003)), cudnnStatus_t::CUDNN_STATUS_NOT_SUPPORTED);
        assert_eq!(cudnn(Some(5001)), cudnnStatus_t::CUDNN_STATUS_EXECUTION_FAILED);
        assert_eq!(nvrtc(None), nvrtcResult::NVRTC_ERROR_INTERNAL_ERROR);
    }
}
