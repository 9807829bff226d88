//! Lists the composites of `registry/` so that the binary carries them.

#![allow(clippy::print_stdout, reason = "cargo reads its instructions there")]

use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").map_err(std::io::Error::other)?).join("registry");
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

fn folder(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut all = std::fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    all.sort();
    Ok(all)
}

fn name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
