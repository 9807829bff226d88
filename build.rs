//! Lists the composites of `registry/` so that the binary carries them, and the versions of what computes, for records; with
//! the feature `cuda` compiles the kernels of `src/tensor/kernels` to PTX.

#![allow(clippy::print_stdout, reason = "cargo reads its instructions there")]

use std::path::{Path, PathBuf};

/// Dependencies that numbers depend on.
const COMPUTING: [&str; 1] = ["dfdx"];

fn main() -> std::io::Result<()> {
    let manifest = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").map_err(std::io::Error::other)?);
    let lock = manifest.join("Cargo.lock");
    println!("cargo::rerun-if-changed={}", lock.display());
    println!("cargo::rustc-env=LOCKED_CRATES={}", versions(&std::fs::read_to_string(lock).unwrap_or_default()));
    let root = manifest.join("registry");
    let mut rows = vec![];
    for family in folder(&root)?.into_iter().filter(|p| p.is_dir()) {
        println!("cargo::rerun-if-changed={}", family.display());
        for file in folder(&family)?.into_iter().filter(|p| p.extension().is_some_and(|e| e == "toml")) {
            println!("cargo::rerun-if-changed={}", file.display());
            let relative = format!("{}/{}", name(&family), name(&file));
            rows.push(format!("    ({relative:?}, include_str!({:?})),\n", file.display().to_string()));
        }
    }
    println!("cargo::rerun-if-changed={}", root.display());
    let list = format!(
        "/// Every `registry/<family>/<name>.toml`, by path and text.\nconst EMBEDDED: &[(&str, &str)] = &[\n{}];\n",
        rows.concat()
    );
    let out = std::env::var("OUT_DIR").map_err(std::io::Error::other)?;
    std::fs::write(Path::new(&out).join("embedded.rs"), list)?;
    let has = |feature: &str| std::env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    if has("CUDA") { kernels(&manifest.join("src/tensor/kernels"), Path::new(&out), !has("CI_CHECK")) } else { Ok(()) }
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

/// `dfdx=0.13.0;gemm-f32=0.19.0`, as the lock file resolves our own dependencies: where it holds several versions of a
/// crate, a dependency is written with the one it means.
fn versions(lock: &str) -> String {
    let package = |name: &str| {
        let named = format!("\nname = \"{name}\"\n");
        lock.split("[[package]]").find(|package| package.contains(&named)).unwrap_or_default()
    };
    let own = package("ablate");
    let meant = |name: &str| {
        let ambiguous = own.split('"').find_map(|dependency| dependency.strip_prefix(&format!("{name} ")));
        let only = || package(name).split("version = \"").nth(1)?.split('"').next();
        ambiguous.or_else(only).unwrap_or_default().to_string()
    };
    COMPUTING.iter().map(|name| format!("{name}={}", meant(name))).collect::<Vec<_>>().join(";")
}

fn folder(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut all = std::fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    all.sort();
    Ok(all)
}

fn name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
