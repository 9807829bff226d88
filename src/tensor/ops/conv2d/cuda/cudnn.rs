//! Convolutions by cuDNN. For each shape and pass its heuristics name algorithms; the first that is deterministic, computes in
//! the precision of the run and fits the workspace is taken, and remembered. Answers false where there is none, or no cuDNN.
#![allow(unsafe_code, reason = "cuDNN is called by address")]

use super::Plain;
use crate::tensor::cuda::{Buffer, Failure, Precision, allocate, precision};
use cudarc::cudnn::result as api;
use cudarc::cudnn::result::CudnnError;
use cudarc::cudnn::sys;
use cudarc::driver::{CudaDevice, DevicePtr, DevicePtrMut};
use dfdx::tensor::Cuda;
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};

/// Most bytes that an algorithm may ask for.
const WORKSPACE: usize = 1 << 30;

/// One of the three passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Pass {
    Forward,
    ToInput,
    ToWeight,
}

/// What cuDNN's heuristics say of an algorithm (`cudnnConvolution*AlgoPerf_t`), its enums as numbers: a newer cuDNN may
/// answer codes that Rust's enums lack.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Offer {
    algorithm: u32,
    status: u32,
    time: f32,
    memory: usize,
    determinism: u32,
    math: u32,
    reserved: [c_int; 3],
}

/// An algorithm's number and its workspace in bytes.
type Algorithm = (u32, usize);

/// cuDNN on a device, and what was chosen on it.
struct Library {
    handle: sys::cudnnHandle_t,
    chosen: HashMap<(Plain, Pass, u8), Option<Algorithm>>,
}

// SAFETY: a handle may be used by any thread, one at a time, which the lock around it sees to.
unsafe impl Send for Library {}

/// By device; `None` where there is no cuDNN.
static LIBRARIES: Mutex<Option<HashMap<usize, Option<Library>>>> = Mutex::new(None);

/// Runs `work` with cuDNN; `None` without it, or where it declines. Only what the device cannot mend is an error.
fn with<T>(
    device: &Arc<CudaDevice>,
    work: impl FnOnce(&mut Library) -> Result<Option<T>, Failure>,
) -> Result<Option<T>, Failure> {
    device.bind_to_thread()?;
    let mut libraries = LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner);
    let libraries = libraries.get_or_insert_with(HashMap::new);
    let library = libraries.entry(device.ordinal()).or_insert_with(|| open(device));
    library.as_mut().map_or(Ok(None), work)
}

/// Never closed: it is needed as long as the process computes.
fn open(device: &CudaDevice) -> Option<Library> {
    let handle = api::create_handle().ok()?;
    // SAFETY: a handle that was just made, and the stream of a living device.
    unsafe { api::set_stream(handle, device.cu_stream().cast()) }.ok()?;
    Some(Library { handle, chosen: HashMap::new() })
}

/// The descriptors of a convolution; they are given back when this is dropped.
struct Shapes {
    x: sys::cudnnTensorDescriptor_t,
    y: sys::cudnnTensorDescriptor_t,
    w: sys::cudnnFilterDescriptor_t,
    convolution: sys::cudnnConvolutionDescriptor_t,
}

impl Shapes {
    fn of(p: &Plain) -> Result<Self, CudnnError> {
        let mut shapes = Shapes { x: null_mut(), y: null_mut(), w: null_mut(), convolution: null_mut() };
        let (nchw, real) = (sys::cudnnTensorFormat_t::CUDNN_TENSOR_NCHW, sys::cudnnDataType_t::CUDNN_DATA_FLOAT);
        let four = |sizes: [usize; 4]| sizes.map(|size| size as c_int);
        let [top, left, stride, dilation] = four([p.top, p.left, p.stride, p.dilation]);
        let math = match precision() {
            Precision::Full => sys::cudnnMathType_t::CUDNN_FMA_MATH,
            Precision::Tf32 => sys::cudnnMathType_t::CUDNN_DEFAULT_MATH,
            Precision::Half => sys::cudnnMathType_t::CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION,
        };
        let mode = sys::cudnnConvolutionMode_t::CUDNN_CROSS_CORRELATION;
        shapes.x = api::create_tensor_descriptor()?;
        shapes.y = api::create_tensor_descriptor()?;
        shapes.w = api::create_filter_descriptor()?;
        shapes.convolution = api::create_convolution_descriptor()?;
        // SAFETY: descriptors that were just made.
        unsafe {
            api::set_tensor4d_descriptor(shapes.x, nchw, real, four([p.n, p.c, p.h, p.w]))?;
            api::set_tensor4d_descriptor(shapes.y, nchw, real, four([p.n, p.o, p.oh, p.ow]))?;
            api::set_filter4d_descriptor(shapes.w, real, nchw, four([p.o, p.c / p.groups, p.kh, p.kw]))?;
            let c = shapes.convolution;
            api::set_convolution2d_descriptor(c, top, left, stride, stride, dilation, dilation, mode, real)?;
            api::set_convolution_group_count(c, p.groups as c_int)?;
            api::set_convolution_math_type(c, math)?;
        }
        Ok(shapes)
    }
}

impl Drop for Shapes {
    fn drop(&mut self) {
        // SAFETY: each was made, or is null and left alone; nothing that could be done follows from a failure.
        unsafe {
            for tensor in [self.x, self.y].into_iter().filter(|tensor| !tensor.is_null()) {
                let _ = api::destroy_tensor_descriptor(tensor);
            }
            if !self.w.is_null() {
                let _ = api::destroy_filter_descriptor(self.w);
            }
            if !self.convolution.is_null() {
                let _ = api::destroy_convolution_descriptor(self.convolution);
            }
        }
    }
}

impl Library {
    /// The algorithm of a pass, asked once.
    fn algorithm(&mut self, p: &Plain, pass: Pass, s: &Shapes) -> Option<Algorithm> {
        let name = (*p, pass, precision() as u8);
        if let Some(found) = self.chosen.get(&name) {
            return *found;
        }
        let found = self.offers(pass, s).ok().and_then(|offers| offers.into_iter().find(|offer| takes(pass, offer)));
        let found = found.map(|offer| (offer.algorithm, offer.memory));
        self.chosen.insert(name, found);
        found
    }

    /// What the heuristics offer, the best first.
    fn offers(&self, pass: Pass, s: &Shapes) -> Result<Vec<Offer>, CudnnError> {
        let mut offers = [Offer::default(); 16];
        let (mut count, most) = (0, 16);
        let at = &raw mut offers;
        // SAFETY: living descriptors, and room for as many offers as are asked for; an offer has the layout of C's.
        unsafe {
            let h = self.handle;
            match pass {
                Pass::Forward => api::get_convolution_forward_algorithm(
                    h,
                    s.x,
                    s.w,
                    s.convolution,
                    s.y,
                    most,
                    &raw mut count,
                    at.cast(),
                )?,
                Pass::ToInput => api::get_convolution_backward_data_algorithm(
                    h,
                    s.w,
                    s.y,
                    s.convolution,
                    s.x,
                    most,
                    &raw mut count,
                    at.cast(),
                )?,
                Pass::ToWeight => api::get_convolution_backward_filter_algorithm(
                    h,
                    s.x,
                    s.y,
                    s.convolution,
                    s.w,
                    most,
                    &raw mut count,
                    at.cast(),
                )?,
            }
        }
        Ok(offers[..usize::try_from(count).unwrap_or(0).min(16)].to_vec())
    }
}

/// Whether an offer is one of those that are taken.
fn takes(pass: Pass, offer: &Offer) -> bool {
    let known = match pass {
        Pass::Forward => 8,
        Pass::ToInput => 6,
        Pass::ToWeight => 7,
    };
    // CUDNN_TENSOR_OP_MATH and ..ALLOW_CONVERSION round; CUDNN_DEFAULT_MATH and CUDNN_FMA_MATH do not, where FMA was asked.
    let rounds = precision() == Precision::Full && matches!(offer.math, 1 | 2);
    offer.status == 0 && offer.determinism == 1 && offer.memory <= WORKSPACE && offer.algorithm < known && !rounds
}

/// One pass: reads `a` and `b`, writes or adds to `out`, whatever these are in it.
fn run(
    device: &Cuda,
    p: &Plain,
    pass: Pass,
    (a, b): (&Buffer, &Buffer),
    out: &mut Buffer,
    add: bool,
) -> Result<bool, Failure> {
    let near = a.device();
    let done = with(&near, |library| {
        let Ok(s) = Shapes::of(p) else { return Ok(None) };
        let Some((algorithm, bytes)) = library.algorithm(p, pass, &s) else { return Ok(None) };
        let mut workspace = allocate(&near, device, bytes.div_ceil(4))?;
        let (one, beta) = (1.0_f32, if add { 1.0_f32 } else { 0.0 });
        let (alpha, beta) = ((&raw const one).cast::<c_void>(), (&raw const beta).cast::<c_void>());
        let read = |buffer: &Buffer| *DevicePtr::device_ptr(buffer) as *const c_void;
        let (room, to) = (*workspace.device_ptr_mut() as *mut c_void, *out.device_ptr_mut() as *mut c_void);
        let (h, c) = (library.handle, s.convolution);
        // SAFETY: buffers of the descriptors' sizes; the algorithm's number is below the count of its enum; the
        // workspace is as long as was asked for, and is freed in the order of the stream.
        let answer = unsafe {
            match pass {
                Pass::Forward => {
                    let algorithm = std::mem::transmute::<u32, sys::cudnnConvolutionFwdAlgo_t>(algorithm);
                    let (x, w) = (read(a), read(b));
                    api::convolution_forward(h, alpha, s.x, x, s.w, w, c, algorithm, room, bytes, beta, s.y, to)
                }
                Pass::ToInput => {
                    let algorithm = std::mem::transmute::<u32, sys::cudnnConvolutionBwdDataAlgo_t>(algorithm);
                    let (dy, w) = (read(a), read(b));
                    api::convolution_backward_data(h, alpha, s.w, w, s.y, dy, c, algorithm, room, bytes, beta, s.x, to)
                }
                Pass::ToWeight => {
                    let algorithm = std::mem::transmute::<u32, sys::cudnnConvolutionBwdFilterAlgo_t>(algorithm);
                    let (x, dy) = (read(a), read(b));
                    api::convolution_backward_filter(
                        h, alpha, s.x, x, s.y, dy, c, algorithm, room, bytes, beta, s.w, to,
                    )
                }
            }
        };
        if answer.is_err() {
            // What was offered and is not done is not asked for again.
            library.chosen.insert((*p, pass, precision() as u8), None);
        }
        Ok(answer.is_ok().then_some(()))
    })?;
    Ok(done.is_some())
}

pub fn forward(device: &Cuda, p: &Plain, x: &Buffer, w: &Buffer, y: &mut Buffer) -> Result<bool, Failure> {
    run(device, p, Pass::Forward, (x, w), y, false)
}

pub fn to_input(
    device: &Cuda,
    p: &Plain,
    dy: &Buffer,
    w: &Buffer,
    dx: &mut Buffer,
    add: bool,
) -> Result<bool, Failure> {
    run(device, p, Pass::ToInput, (dy, w), dx, add)
}

pub fn to_weight(
    device: &Cuda,
    p: &Plain,
    x: &Buffer,
    dy: &Buffer,
    dw: &mut Buffer,
    add: bool,
) -> Result<bool, Failure> {
    run(device, p, Pass::ToWeight, (x, dy), dw, add)
}
