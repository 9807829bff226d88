//! The kernels that the program carries: PTX, and the source for drivers that are older than the PTX.

use super::Failure;
use super::launch::Kind;
use cudarc::driver::sys::{self, CUresult};
use cudarc::driver::{CudaDevice, DriverError, result};
use cudarc::nvrtc::{CompileOptions, compile_ptx_with_opts};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::{Arc, Mutex, PoisonError};

/// A file of `tensor/kernels`.
pub struct Module {
    pub name: &'static str,
    /// With what it includes written out.
    pub source: &'static str,
    /// For compute capability 8.0 and newer; empty in a program built with `ci-check`.
    pub ptx: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/kernels.rs"));

/// What stands before a kernel's name.
const DECLARATION: &str = "extern \"C\" __global__ void ";

fn module(name: &str) -> Option<&'static Module> {
    MODULES.iter().find(|module| module.name == name)
}

/// The kernels of a module, with the text of their parameters.
pub fn kernels(module: &'static Module) -> impl Iterator<Item = (&'static str, &'static str)> {
    module.source.split(DECLARATION).skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once('(')?;
        Some((name, rest.split_once(')')?.0))
    })
}

/// The kinds of a kernel's parameters, by its declaration.
pub fn declared(module_name: &str, name: &str) -> Option<Vec<Kind>> {
    let (_, parameters) = kernels(module(module_name)?).find(|(kernel, _)| *kernel == name)?;
    let kind = |parameter: &str| match parameter {
        p if p.contains('*') => Kind::Pointer,
        p if p.contains("unsigned long long") => Kind::Long,
        p if p.contains("unsigned") => Kind::Count,
        p if p.contains("float") => Kind::Real,
        _ => Kind::Wide,
    };
    Some(parameters.split(',').map(kind).collect())
}

/// A kernel's handle, as a number.
type Handles = BTreeMap<(usize, &'static str, &'static str), usize>;

/// By device, module and name; modules stay loaded as long as the process lives.
static HANDLES: Mutex<Handles> = Mutex::new(BTreeMap::new());

/// A kernel of a module, which is loaded on first use. Binds the device to this thread.
pub fn function(
    device: &Arc<CudaDevice>,
    module_name: &'static str,
    name: &'static str,
) -> Result<sys::CUfunction, Failure> {
    device.bind_to_thread()?;
    let mut handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (device.ordinal(), module_name, name);
    if !handles.contains_key(&key) {
        let module = module(module_name).ok_or(DriverError(CUresult::CUDA_ERROR_NOT_FOUND))?;
        for (kernel, handle) in load(module)? {
            handles.insert((device.ordinal(), module_name, kernel), handle);
        }
    }
    match handles.get(&key) {
        Some(&handle) => Ok(handle as sys::CUfunction),
        None => Err(DriverError(CUresult::CUDA_ERROR_NOT_FOUND).into()),
    }
}

/// The handles of a module's kernels.
fn load(module: &'static Module) -> Result<Vec<(&'static str, usize)>, Failure> {
    let image = match image(module.ptx) {
        Err(error) if error.0 == CUresult::CUDA_ERROR_UNSUPPORTED_PTX_VERSION => compiled(module, error)?,
        other => other?,
    };
    let mut handles = Vec::new();
    for (name, _) in kernels(module) {
        let text = CString::new(name).map_err(|_| DriverError(CUresult::CUDA_ERROR_NOT_FOUND))?;
        // SAFETY: a module that was just loaded and is never unloaded.
        handles.push((name, unsafe { result::module::get_function(image, text)? } as usize));
    }
    Ok(handles)
}

/// Gives PTX to the driver of the device that is bound to this thread.
fn image(ptx: &str) -> Result<sys::CUmodule, DriverError> {
    let text = CString::new(ptx).map_err(|_| DriverError(CUresult::CUDA_ERROR_INVALID_PTX))?;
    // SAFETY: a text that ends in a zero.
    unsafe { result::module::load_data(text.as_ptr().cast()) }
}

/// A module compiled here, for a driver that is older than the PTX.
fn compiled(module: &Module, error: DriverError) -> Result<sys::CUmodule, Failure> {
    let options = CompileOptions { arch: Some("compute_80"), ..Default::default() };
    let ptx = compile_ptx_with_opts(module.source, options).map_err(|said| {
        crate::tensor::error::note(format!(
            "the driver is older than this program's kernels, and NVRTC does not compile them ({said:?})"
        ));
        Failure::from(error)
    })?;
    Ok(image(&ptx.to_src())?)
}
