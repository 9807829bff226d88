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
    ("components", &["nn", "tensor", "face", "registry", "diagnostic", "random", "onnx", "statistics"]),
    (
        "run",
        &[
            "graph",
            "components",
            "nn",
            "tensor",
            "config",
            "record",
            "diagnostic",
            "registry",
            "random",
            "onnx",
            "statistics",
        ],
    ),
    ("study", &["run", "graph", "config", "record", "diagnostic", "tensor", "track"]),
    ("report", &["record", "diagnostic", "statistics"]),
    ("terminal", &["diagnostic", "record"]),
];

/// Whether a file or its folder is a module that is compiled for tests alone: every line that declares it stands under
/// `#[cfg(test)]`.
fn is_test(path: &Path) -> bool {
    let named = |name: &str| ["_tests", "_parity", "_rig"].iter().any(|end| name.ends_with(end));
    let test = |part: &Path| {
        let stem = part.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        named(&stem) && declared_for_tests(part.parent().unwrap(), &stem)
    };
    path.ancestors().filter(|part| part.starts_with(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))).any(test)
}

/// Whether `mod stem;` or `#[path = "..stem.rs"]` in a folder's own module or in one of its files always follows
/// `#[cfg(test)]`, and is there at all.
fn declared_for_tests(folder: &Path, stem: &str) -> bool {
    let own = folder.with_extension("rs");
    let beside = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts: Vec<String> = beside.chain([own]).filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let mut declared = texts.iter().flat_map(|text| {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let declares = |line: &str| {
            line.ends_with(&format!("mod {stem};"))
                || line.starts_with("#[path") && line.contains(&format!("{stem}.rs\""))
        };
        let found: Vec<bool> = (0..lines.len())
            .filter(|i| declares(lines[*i]))
            .map(|i| lines[i.saturating_sub(2)..i].contains(&"#[cfg(test)]"))
            .collect();
        found
    });
    declared.next() == Some(true) && declared.all(|test| test)
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
        if matches!(room.as_str(), "cli" | "main" | "lib" | "numerics") {
            continue;
        }
        let allowed = MAY_IMPORT.iter().find(|(r, _)| *r == room);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("`{room}` is missing in the table"));
        for import in imports(&std::fs::read_to_string(&file).unwrap()) {
            // `data_rig` is compiled for tests alone.
            if import != room && import != "data_rig" && !allowed.contains(&import.as_str()) {
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
