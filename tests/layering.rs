//! Which room may import which (the table of the design): read off the `use crate::` lines.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

/// Room and what it may import. `random` is a leaf that every room may import; `cli` and `main` may import everything.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("random", &[]),
    ("record", &[]),
    ("statistics", &["random"]),
    ("registry", &["diagnostic"]),
    ("config", &["diagnostic", "registry", "random"]),
    ("graph", &["config", "registry", "diagnostic", "record"]),
    ("tensor", &["random"]),
    ("protobuf", &[]),
    ("onnx", &["protobuf"]),
    ("track", &["record", "protobuf"]),
    ("nn", &["tensor", "registry", "random", "onnx"]),
    ("face", &["diagnostic", "random"]),
    ("components", &["nn", "tensor", "face", "registry", "diagnostic", "random", "onnx"]),
    ("run", &["graph", "components", "nn", "tensor", "config", "record", "diagnostic", "registry", "random", "onnx"]),
    ("study", &["run", "graph", "config", "record", "diagnostic", "tensor", "track"]),
    ("report", &["record", "diagnostic", "statistics"]),
    ("terminal", &["diagnostic", "record"]),
];

/// Whether a file or its folder holds tests alone: `.._tests.rs`, `.._parity.rs`, `.._rig.rs`.
fn is_test(path: &Path) -> bool {
    let ends = ["_tests", "_parity", "_rig"];
    path.components().any(|c| {
        let name = c.as_os_str().to_string_lossy();
        ends.iter().any(|end| name.trim_end_matches(".rs").ends_with(end))
    })
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && !is_test(&path) {
            found.push(path);
        }
    }
}

/// `crate::room` names in a file, outside its tests.
fn imports(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or("");
    let lines = code.lines().filter(|l| !l.trim_start().starts_with("//"));
    let rooms = lines
        .flat_map(|l| l.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>());
    rooms.filter(|r| !r.is_empty() && r.starts_with(|c: char| c.is_lowercase()) && !r.starts_with("__")).collect()
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let inner = file.strip_prefix(&root).unwrap();
        let first = inner.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let room = first.trim_end_matches(".rs").to_string();
        if matches!(room.as_str(), "cli" | "main" | "lib") {
            continue;
        }
        let allowed = MAY_IMPORT.iter().find(|(r, _)| *r == room);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("`{room}` is missing in the table"));
        for import in imports(&std::fs::read_to_string(&file).unwrap()) {
            if import != room && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", inner.display()));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_family_of_components_imports_another() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/components");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let families: Vec<String> = std::fs::read_dir(&root)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut wrong = Vec::new();
    for file in files {
        let inner = file.strip_prefix(&root).unwrap();
        let own = inner.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_string();
        if !families.contains(&own) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for other in families.iter().filter(|f| **f != own) {
            if code.contains(&format!("components::{other}::")) {
                wrong.push(format!("{} imports {other}", inner.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
