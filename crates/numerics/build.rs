//! With the feature `cuda`, compiles the kernels of `src/tensor/kernels` to PTX.

#![allow(clippy::print_stdout, reason = "cargo reads its instructions there")]

use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let of = |variable: &str| std::env::var(variable).map_err(std::io::Error::other);
    let has = |feature: &str| std::env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    if !has("CUDA") {
        return Ok(());
    }
    let folder = Path::new(&of("CARGO_MANIFEST_DIR")?).join("../../src/tensor/kernels");
    kernels(&folder, Path::new(&of("OUT_DIR")?), !has("CI_CHECK"))
}

/// Writes `kernels.rs`: name, source and PTX of every kernel file; no PTX where none is compiled.
fn kernels(folder_of: &Path, out: &Path, compile: bool) -> std::io::Result<()> {
    for variable in ["CUDA_ROOT", "CUDA_PATH", "PATH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rerun-if-changed={}", folder_of.display());
    let shared = std::fs::read_to_string(folder_of.join("common.cuh"))?;
    let mut rows = vec![];
    for file in folder(folder_of)?.into_iter().filter(|p| p.extension().is_some_and(|e| e == "cu")) {
        println!("cargo::rerun-if-changed={}", file.display());
        let module = file.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        // NVRTC gets one text: what is included is written out.
        let source = std::fs::read_to_string(&file)?.replace("#include \"common.cuh\"\n", &shared);
        let ptx = if compile { ptx(&file, &out.join(format!("{module}.ptx")))? } else { String::new() };
        rows.push(format!("    Module {{ name: {module:?}, source: {source:?}, ptx: {ptx:?} }},\n"));
    }
    let list = format!("pub const MODULES: &[Module] = &[\n{}];\n", rows.concat());
    std::fs::write(out.join("kernels.rs"), list)
}

/// Compiles a file for compute capability 8.0, which newer GPUs take too.
fn ptx(file: &Path, to: &Path) -> std::io::Result<String> {
    let installed = |variable: &str| std::env::var_os(variable).map(|root| Path::new(&root).join("bin/nvcc"));
    let found = ["CUDA_ROOT", "CUDA_PATH"].into_iter().filter_map(installed).find(|nvcc| nvcc.is_file());
    let nvcc = found.unwrap_or_else(|| "nvcc".into());
    let arguments = ["--std=c++17", "--ptx", "--gpu-architecture=compute_80", "-o"];
    let done = std::process::Command::new(&nvcc).args(arguments).arg(to).arg(file).output().map_err(|error| {
        std::io::Error::other(format!("{}: {error}; `tools/cuda-toolkit.sh` fetches nvcc", nvcc.display()))
    })?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        return Err(std::io::Error::other(format!("{}: {said}", file.display())));
    }
    std::fs::read_to_string(to)
}

fn folder(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut all = std::fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    all.sort();
    Ok(all)
}
