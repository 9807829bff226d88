//! `ablate data synth`: what it writes, that it goes on where it was, and that its dataset reads it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let path = std::env::temp_dir().join(format!("ablate-synth-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    Folder(path)
}

fn ablate(at: &Path, line: &str) -> (i32, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_ablate")).args(line.split(' ')).current_dir(at).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    (ran.status.code().unwrap(), text)
}

/// Every file below a folder, by name.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.is_dir() {
                true => folders.push(entry),
                false => {
                    let name = entry.strip_prefix(root).unwrap().display().to_string();
                    found.insert(name, std::fs::read(&entry).unwrap());
                }
            }
        }
    }
    found
}

const LINE: &str = "data synth --identities 3 --size 32 --occluders 0.5 --out";

#[test]
fn a_benchmark_is_whole_goes_on_and_does_not_depend_on_threads() {
    let home = folder("whole");
    let at = &home.0;
    let (code, text) = ablate(at, &format!("{LINE} a"));
    assert!(code == 0 && text.contains("45 pictures of 3 people (0 before)"), "{text}");
    let first = files(&at.join("a"));
    let manifest = String::from_utf8(first["manifest.csv"].clone()).unwrap();
    assert_eq!(manifest.lines().count(), 46);
    for split in ["train", "validation", "test"] {
        assert_eq!(manifest.lines().filter(|line| line.contains(&format!(",{split},{split}-00000,"))).count(), 15);
    }
    let card = String::from_utf8(first["README.md"].clone()).unwrap();
    assert!(card.contains("| train | 1 | 15 |") && card.contains("What differs from photos"), "{card}");
    assert!(first["fingerprint.txt"].starts_with(b"synthetic-faces 1 "));
    // Seven files a picture, two a person, and four.
    assert_eq!(first.len(), 45 * 7 + 3 * 2 + 4, "{:?}", first.keys());

    let (code, text) = ablate(at, &format!("{LINE} b --threads 1"));
    assert!(code == 0, "{text}");
    let second = files(&at.join("b"));
    let other: Vec<&String> = first.keys().filter(|name| first[*name] != second[*name]).collect();
    assert!(other.is_empty(), "{other:?}");

    // As after a kill: one person's record is not there yet, and one picture of another is lost.
    std::fs::remove_file(at.join("a/people/test-00000.json")).unwrap();
    let lost = first.keys().find(|name| name.starts_with("image/train")).unwrap();
    std::fs::remove_file(at.join("a").join(lost)).unwrap();
    std::fs::write(at.join("a/people/test-00000.json.0.part"), "{").unwrap();
    let (code, text) = ablate(at, &format!("{LINE} a"));
    assert!(code == 0 && text.contains("(1 before)"), "{text}");
    assert!(files(&at.join("a")) == first);
    // Another seed is other people.
    let (_, text) = ablate(at, &format!("{LINE} a --seed 1"));
    assert!(text.contains("(0 before)"), "{text}");
    assert_ne!(std::fs::read(at.join("a/manifest.csv")).unwrap(), first["manifest.csv"]);
}

#[test]
fn what_cannot_start_says_why() {
    let home = folder("wrong");
    std::fs::write(home.0.join("file"), "").unwrap();
    for (line, said) in [
        ("data synth --out x --occluders 2", "no share from 0 to 1"),
        ("data synth --out x --identities 2", "2 is not in 3..=1000000"),
        ("data synth --out file/x --identities 3 --size 32", "cannot write to file/x"),
    ] {
        let (code, text) = ablate(&home.0, line);
        assert!(code == 2 && text.contains(said), "{line}: {code} {text}");
    }
}
