//! Matrix products of f32 by cuBLAS, of row-major matrices.

use super::{Buffer, Failure, Precision, precision, refused};
use cudarc::cublas::{CudaBlas, result, sys};
use cudarc::driver::{DevicePtr, DevicePtrMut, DeviceSlice};
use dfdx::tensor::Cuda;
use std::collections::BTreeMap;
use std::ffi::{c_int, c_longlong};
use std::sync::{Arc, Mutex, PoisonError};

/// rows x columns = rows x depth by depth x columns, `count` times.
#[derive(Clone, Copy, Debug, Default)]
pub struct Product {
    pub rows: usize,
    pub columns: usize,
    pub depth: usize,
    /// The left factor is stored as depth x rows.
    pub turn_left: bool,
    /// The right factor is stored as columns x depth.
    pub turn_right: bool,
    /// Added to what is there.
    pub add: bool,
    /// How many; 0 is 1.
    pub count: usize,
    /// From one product to the next: left, right, result.
    pub steps: [usize; 3],
}

static HANDLES: Mutex<BTreeMap<usize, Arc<CudaBlas>>> = Mutex::new(BTreeMap::new());

fn handle(near: &Buffer) -> Result<Arc<CudaBlas>, Failure> {
    let device = near.device();
    let mut handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = handles.get(&device.ordinal()) {
        return Ok(found.clone());
    }
    let number = device.ordinal();
    let made = Arc::new(CudaBlas::new(device)?);
    let mode = match precision() {
        Precision::Full => sys::cublasMath_t::CUBLAS_DEFAULT_MATH,
        Precision::Tf32 | Precision::Half => sys::cublasMath_t::CUBLAS_TF32_TENSOR_OP_MATH,
    };
    // SAFETY: a handle that was just made.
    unsafe { sys::cublasSetMathMode(*made.handle(), mode) }.result()?;
    handles.insert(number, made.clone());
    Ok(made)
}

/// Runs them, each buffer from an element on.
pub fn products(
    _: &Cuda,
    p: &Product,
    (left, from_left): (&Buffer, usize),
    (right, from_right): (&Buffer, usize),
    (result, from_result): (&mut Buffer, usize),
) -> Result<(), Failure> {
    let count = p.count.max(1);
    let ends = [
        (left.len(), from_left + p.rows * p.depth, p.steps[0]),
        (right.len(), from_right + p.depth * p.columns, p.steps[1]),
        (result.len(), from_result + p.rows * p.columns, p.steps[2]),
    ];
    if ends.iter().any(|(len, end, step)| end + (count - 1) * step > *len) {
        return Err(refused(format!(
            "a product {p:?} of {}, {} and {} elements",
            left.len(),
            right.len(),
            result.len()
        )));
    }
    if p.rows * p.columns == 0 {
        return Ok(());
    }
    let int =
        |value: usize| c_int::try_from(value).map_err(|_| refused(format!("a matrix of {value} rows or columns")));
    let (m, n, k, batch) = (int(p.columns)?, int(p.rows)?, int(p.depth)?, int(count)?);
    let turned = |turn| if turn { sys::cublasOperation_t::CUBLAS_OP_T } else { sys::cublasOperation_t::CUBLAS_OP_N };
    // Row-major matrices are column-major ones, transposed: the factors change places.
    let (lda, ldb) = (if p.turn_right { k } else { m }, if p.turn_left { n } else { k });
    let at = |address: u64, from: usize| (address + 4 * from as u64) as *mut f32;
    let (a, b) = (at(*DevicePtr::device_ptr(right), from_right), at(*DevicePtr::device_ptr(left), from_left));
    let c = at(*result.device_ptr_mut(), from_result);
    let (one, beta) = (1.0_f32, if p.add { 1.0_f32 } else { 0.0 });
    let [step_b, step_a, step_c] = p.steps.map(|step| step as c_longlong);
    let blas = handle(left)?;
    // SAFETY: three buffers on the device that hold as many elements as was checked above; the numbers are on the host
    // and alive until the call returns.
    unsafe {
        result::sgemm_strided_batched(
            *blas.handle(),
            turned(p.turn_right),
            turned(p.turn_left),
            m,
            n,
            k,
            &raw const one,
            a,
            lda,
            step_a,
            b,
            ldb,
            step_b,
            &raw const beta,
            c,
            m,
            step_c,
            batch,
        )?;
    }
    Ok(())
}
