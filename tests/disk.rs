//! A disk that is full: what was there stays whole, and the file that could not be written is named.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ablate::run::Folder;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(out: &Path, more: &[&str], wrapper: &[&str]) -> Output {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-gan.toml");
    let (program, file) = (env!("CARGO_BIN_EXE_ablate"), fixture.display().to_string());
    let out = out.display().to_string();
    let own = [program, "run", &file, "--out", &out, "--set", "run.checkpoint.every=2 steps"];
    let all: Vec<&str> = wrapper.iter().chain(&own).chain(more).copied().collect();
    Command::new(all[0]).args(&all[1..]).output().unwrap()
}

/// The only cell of a folder of runs.
fn cell(out: &Path) -> PathBuf {
    let mut cells = std::fs::read_dir(out.join("cells")).unwrap();
    cells.next().unwrap().unwrap().path()
}

fn largest(folder: &Path) -> u64 {
    let size = |path: PathBuf| if path.is_dir() { largest(&path) } else { path.metadata().unwrap().len() };
    std::fs::read_dir(folder).unwrap().map(|entry| size(entry.unwrap().path())).max().unwrap_or(0)
}

/// A limit on the size of files stands for a full disk: as there, a write fails after the first part of a file.
#[test]
fn a_full_disk_leaves_the_last_checkpoint_whole_and_names_the_file() {
    let out = std::env::temp_dir().join(format!("ablate-disk-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&out);
    let short = run(&out, &["--set", "stages.completion.length=4 steps"], &[]);
    assert!(short.status.success(), "{}", String::from_utf8_lossy(&short.stderr));
    // The size of a checkpoint, from a run of its own that leaves the cache of the faces behind.
    let blocks = largest(&cell(&out).join("checkpoints")) / 2 / 512;
    assert!(blocks > 8, "a checkpoint must be larger than the lines of a few steps");
    std::fs::remove_dir_all(out.join("cells")).unwrap();

    let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    let full = run(&out, &[], &["sh", "-c", &limit, "sh"]);
    let said = String::from_utf8_lossy(&full.stderr).into_owned() + &String::from_utf8_lossy(&full.stdout);
    assert_eq!(full.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write") && said.contains("checkpoints"), "{said}");
    assert!(Folder::new(&cell(&out), 3).newest().unwrap().is_none(), "half a checkpoint passes for one");

    // With room again the run begins, and a later lack of room leaves what it kept.
    let stages = ["--set", "stages.completion.length=8 steps"];
    let done = run(&out, &[&stages[..], &["--resume"]].concat(), &[]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    // As if it had been stopped two steps before its end: there is a checkpoint, and another to be written.
    let cell = cell(&out);
    let newest = Folder::new(&cell, 3).all().remove(0);
    std::fs::remove_file(newest).unwrap();
    std::fs::remove_file(cell.join("status.json")).unwrap();
    let kept = Folder::new(&cell, 3).newest().unwrap().unwrap().0;
    let again = run(&out, &[&stages[..], &["--resume"]].concat(), &["sh", "-c", &limit, "sh"]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned() + &String::from_utf8_lossy(&again.stdout);
    assert_eq!(again.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write") && said.contains("checkpoints"), "{said}");
    assert_eq!(Folder::new(&cell, 3).newest().unwrap().unwrap().0, kept);
    std::fs::remove_dir_all(out).unwrap();
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let file = std::env::temp_dir().join(format!("ablate-file-{}", std::process::id()));
    std::fs::write(&file, "a file, not a folder").unwrap();
    let refused = run(&file.join("runs"), &[], &[]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains(&file.display().to_string()), "{said}");
    std::fs::remove_file(file).unwrap();
}

/// The rows that a terminal of so many columns ends up with.
fn screen(text: &str, columns: usize) -> Vec<String> {
    let mut rows: Vec<Vec<char>> = vec![vec![]];
    let (mut row, mut column) = (0, 0);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\r' => column = 0,
            '\n' => row += 1,
            '\u{1b}' => {
                let mut sequence = String::new();
                sequence.extend(rest.by_ref().find(|c| *c == '['));
                for c in rest.by_ref() {
                    sequence.push(c);
                    if c.is_ascii_alphabetic() {
                        break;
                    }
                }
                let number = sequence.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(1);
                match sequence.chars().last() {
                    Some('A') => row -= number,
                    Some('B') => row += number,
                    Some('K') => rows[row].clear(),
                    _ => {}
                }
            }
            c if c.is_control() => {}
            c => {
                if column == columns {
                    (row, column) = (row + 1, 0);
                }
                rows.resize(rows.len().max(row + 1), vec![]);
                let length = rows[row].len().max(column + 1);
                rows[row].resize(length, ' ');
                rows[row][column] = c;
                column += 1;
            }
        }
        rows.resize(rows.len().max(row + 1), vec![]);
    }
    rows.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_string()).collect()
}

#[test]
fn progress_on_a_terminal_of_80_columns_does_not_wrap() {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no `script` to give a terminal");
        return;
    }
    let out = std::env::temp_dir().join(format!("ablate-terminal-{}", std::process::id()));
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-gan.toml");
    let typed = format!(
        "stty cols 80 rows 24; {} run {} --out {}",
        env!("CARGO_BIN_EXE_ablate"),
        fixture.display(),
        out.display()
    );
    let shown = Command::new("script").args(["-qec", &typed, "/dev/null"]).env("TERM", "xterm").output().unwrap();
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.status.success(), "{text}");
    assert!(text.contains("completion [") && text.contains("drawing faces ["), "no bar was drawn: {text}");
    // A bar that wrapped would leave copies of itself behind: it goes up by one line where it took two.
    let bars = |rows: &[String]| rows.iter().filter(|row| row.contains("completion [") && row.contains('=')).count();
    let rows = screen(&text, 80);
    assert_eq!(bars(&rows), 0, "{}", rows.join("\n"));
    assert!(bars(&screen(&text, 60)) > 0, "on 60 columns the same text wraps");
    for line in ["  validation at step 4: ", "  validation at step 8: ", "  test at step 8: "] {
        assert_eq!(rows.iter().filter(|row| row.starts_with(line)).count(), 1, "{}", rows.join("\n"));
    }
    std::fs::remove_dir_all(out).unwrap();
}
