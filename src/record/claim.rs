//! Whose a cell is: an advisory lock of the system on the empty file `lock` in the cell's folder. The kernel lets go of it
//! when its holder ends, however it ends, so that no clock and no list of processes is asked.

use super::RecordError;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

/// A cell that is this process's to work on, until this is dropped.
#[derive(Debug)]
pub struct Claim {
    /// Holds the lock; `None` on a file system without locks.
    lock: Option<File>,
}

/// A process, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Worker {
    pub host: String,
    pub pid: u32,
}

impl Worker {
    /// This process.
    pub fn this() -> Worker {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let host = name.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default().trim().to_string();
        Worker { host, pid: std::process::id() }
    }
}

impl std::fmt::Display for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Worker { host, pid } = self;
        if host.is_empty() { write!(f, "pid {pid}") } else { write!(f, "pid {pid} on {host}") }
    }
}

impl Claim {
    /// The cell, or `None` if another process holds it.
    ///
    /// # Errors
    /// The folder or the file cannot be made.
    pub fn take(cell: &Path) -> Result<Option<Claim>, RecordError> {
        let path = cell.join("lock");
        std::fs::create_dir_all(cell).map_err(|e| RecordError::io("make the folder of", &path, e))?;
        // Open for writing: network file systems lock no file that is only read.
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|e| RecordError::io("open", &path, e))?;
        match file.try_lock() {
            Ok(()) => {
                sweep(cell);
                Ok(Some(Claim { lock: Some(file) }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) if e.kind() == ErrorKind::Unsupported => Ok(Some(Claim { lock: None })),
            Err(TryLockError::Error(e)) => Err(RecordError::io("lock", &path, e)),
        }
    }

    /// Whether others are kept away; not so on a file system without locks.
    pub fn excludes(&self) -> bool {
        self.lock.is_some()
    }

    /// Whether some process holds a cell now. Leaves nothing behind.
    pub fn is_held(cell: &Path) -> bool {
        let file = OpenOptions::new().write(true).open(cell.join("lock"));
        // Shared, so that two that only look do not take each other for workers.
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

/// Removes what a process that was killed in the middle of a write left beside the files. Only the holder of the cell
/// writes in it, so nothing here is anyone's.
fn sweep(cell: &Path) {
    for folder in [cell.to_path_buf(), cell.join("checkpoints"), cell.join("samples")] {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for file in files.filter(|path| path.extension().is_some_and(|end| end == "part")) {
            // What cannot be removed is in nobody's way.
            let _ = std::fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_one_owner_and_is_free_when_that_ends() {
        let cell = std::env::temp_dir().join(format!("ablate-claim-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&cell);
        assert!(!Claim::is_held(&cell) && !cell.exists());
        let claim = Claim::take(&cell).unwrap().unwrap();
        assert!(claim.excludes() && Claim::is_held(&cell));
        assert!(Claim::take(&cell).unwrap().is_none());
        std::fs::write(cell.join("status.json.1f.part"), "torn").unwrap();
        drop(claim);
        assert!(!Claim::is_held(&cell));
        assert!(Claim::take(&cell).unwrap().is_some() && !cell.join("status.json.1f.part").exists());
        std::fs::remove_dir_all(cell).unwrap();
    }
}
