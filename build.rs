//! Lists the composites of `registry/` so that the binary carries them, and the versions of what computes, for records.

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
    std::fs::write(Path::new(&out).join("embedded.rs"), list)
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
