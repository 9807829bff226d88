//! The kernels that the program carries: PTX, and the source for drivers that are older than the PTX.

use super::Failure;
use super::launch::Kind;
use cudarc::driver::sys::CUresult;
use cudarc::driver::{CudaDevice, CudaFunction, DriverError};
use cudarc::nvrtc::{CompileOptions, Ptx, compile_ptx_with_opts};
use std::sync::Arc;

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

/// A kernel of a module, which is loaded on first use.
pub fn function(device: &Arc<CudaDevice>, module_name: &'static str, name: &str) -> Result<CudaFunction, Failure> {
    if let Some(function) = device.get_func(module_name, name) {
        return Ok(function);
    }
    let missing = || Failure::from(DriverError(CUresult::CUDA_ERROR_NOT_FOUND));
    load(device, module(module_name).ok_or_else(missing)?)?;
    device.get_func(module_name, name).ok_or_else(missing)
}

fn load(device: &Arc<CudaDevice>, module: &'static Module) -> Result<(), Failure> {
    let names: Vec<&'static str> = kernels(module).map(|(name, _)| name).collect();
    let too_old = [CUresult::CUDA_ERROR_UNSUPPORTED_PTX_VERSION, CUresult::CUDA_ERROR_INVALID_PTX];
    match device.load_ptx(Ptx::from_src(module.ptx), module.name, &names) {
        Err(error) if too_old.contains(&error.0) => {
            let options = CompileOptions { arch: Some("compute_80"), ..Default::default() };
            let ptx = compile_ptx_with_opts(module.source, options).map_err(|said| {
                crate::tensor::error::note(format!(
                    "the driver is older than this program's kernels, and NVRTC does not compile them ({said:?})"
                ));
                Failure::from(error)
            })?;
            Ok(device.load_ptx(ptx, module.name, &names)?)
        }
        other => Ok(other?),
    }
}
