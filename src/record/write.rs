//! Writing a record: every whole file atomically, events appended a line at a time.

use super::{Event, Provenance, RecordError};
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// Between a value and its origin in `config.toml`.
pub(super) const ORIGIN_MARK: &str = "  # ";

/// Folder of a cell under `run.out`.
pub fn cell_dir(runs_root: &Path, hash: &str) -> PathBuf {
    runs_root.join("cells").join(hash)
}

/// Writes `bytes` beside `path`, syncs them, and renames: a reader sees the old file or the new one, never a part.
///
/// # Errors
/// Whatever the file system says, with the path; the old file is then untouched.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let io = |e| RecordError::io("write", path, e);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(io)?;
    }
    let temporary = beside(path);
    let mut file = File::create(&temporary).map_err(io)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    if let Err(e) = written.and_then(|()| std::fs::rename(&temporary, path)) {
        // The temporary file is of no use to anyone; the first error is the one worth telling.
        let _ = std::fs::remove_file(&temporary);
        return Err(io(e));
    }
    sync_folder(path);
    Ok(())
}

/// A name for the part of a file that is written: another one each time, so that two processes that write one file (the
/// page of a study) do not write into each other's part.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{:016x}.part", RandomState::new().build_hasher().finish()));
    PathBuf::from(name)
}

/// Makes the rename itself last; folders that cannot be opened or synced (some network drives) are left to the system.
fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent().and_then(|p| File::open(p).ok()) {
        let _ = folder.sync_all();
    }
}

/// A value as indented JSON, atomically.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), RecordError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|e| RecordError::json(path, 0, e))?;
    text.push(b'\n');
    write_atomic(path, &text)
}

/// `config.toml`: a dotted key a line, sorted as given, with where its value is from as a comment.
pub fn write_config(cell: &Path, values: &[Provenance]) -> Result<(), RecordError> {
    let mut text = String::from("# The resolved experiment, and where every value is from.\n");
    for Provenance { key, value, origin } in values {
        let (value, origin) = (value.replace('\n', " "), origin.replace('\n', " "));
        text.push_str(&format!("{key} = {value}{ORIGIN_MARK}{origin}\n"));
    }
    write_atomic(&cell.join("config.toml"), text.as_bytes())
}

/// `records.jsonl`, open for appending.
#[derive(Debug)]
pub struct EventLog {
    path: PathBuf,
    file: File,
}

impl EventLog {
    /// Opens (or makes) the log of a cell. A line that a killed run left unfinished must have been cut before, by
    /// [`truncate_events`].
    pub fn open(cell: &Path) -> Result<Self, RecordError> {
        let path = cell.join("records.jsonl");
        std::fs::create_dir_all(cell).map_err(|e| RecordError::io("make the folder of", &path, e))?;
        let file =
            OpenOptions::new().create(true).append(true).open(&path).map_err(|e| RecordError::io("open", &path, e))?;
        Ok(EventLog { path, file })
    }

    /// Appends one line, in one write, and hands it to the system.
    pub fn append(&mut self, event: &Event) -> Result<(), RecordError> {
        let mut line = serde_json::to_vec(event).map_err(|e| RecordError::json(&self.path, 0, e))?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .and_then(|()| self.file.flush())
            .map_err(|e| RecordError::io("append to", &self.path, e))
    }

    /// Waits until all lines are on the disk; before a checkpoint that counts on them.
    pub fn sync(&mut self) -> Result<(), RecordError> {
        self.file.sync_data().map_err(|e| RecordError::io("sync", &self.path, e))
    }
}

/// Cuts `records.jsonl` of a cell before the first event past `total_step`, and a torn last line with it. Without a log
/// there is nothing to cut.
pub fn truncate_events(cell: &Path, total_step: u64) -> Result<(), RecordError> {
    let path = cell.join("records.jsonl");
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(RecordError::io("read", &path, e)),
    };
    let (mut kept, mut reader, mut line) = (Vec::new(), BufReader::new(file), Vec::new());
    loop {
        line.clear();
        reader.read_until(b'\n', &mut line).map_err(|e| RecordError::io("read", &path, e))?;
        let event = serde_json::from_slice::<Event>(&line);
        match event {
            Ok(event) if line.ends_with(b"\n") && event.total_step() <= total_step => kept.extend_from_slice(&line),
            _ => break,
        }
    }
    write_atomic(&path, &kept)
}
