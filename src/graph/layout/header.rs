//! What a safetensors file holds, without its values: eight bytes of length, then JSON.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Names and shapes of a file's tensors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    pub tensors: BTreeMap<String, Vec<usize>>,
}

#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    #[error("cannot read {}: {error}", .path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("{} is no safetensors file: {reason}", .path.display())]
    NotSafetensors { path: PathBuf, reason: String },
}

#[derive(serde::Deserialize)]
struct Entry {
    shape: Vec<usize>,
}

impl Header {
    /// Reads the header alone.
    pub fn read(path: &Path) -> Result<Header, HeaderError> {
        let unread = |error| HeaderError::File { path: path.into(), error };
        let wrong = |reason: String| HeaderError::NotSafetensors { path: path.into(), reason };
        let mut file = File::open(path).map_err(unread)?;
        let size = file.metadata().map_err(unread)?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(|_| wrong("it is shorter than eight bytes".into()))?;
        let length = u64::from_le_bytes(length);
        if length > size.saturating_sub(8) {
            return Err(wrong("its first eight bytes are not the length of a header".into()));
        }
        let mut text = String::new();
        file.take(length).read_to_string(&mut text).map_err(|e| wrong(e.to_string()))?;
        let all: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        let mut tensors = BTreeMap::new();
        for (name, value) in all.into_iter().filter(|(name, _)| name != "__metadata__") {
            let entry: Entry = serde_json::from_value(value).map_err(|e| wrong(format!("`{name}`: {e}")))?;
            tensors.insert(name, entry.shape);
        }
        Ok(Header { tensors })
    }

    /// Whether anything lies at or under a path of ours: `generator` holds `generator/conv/weight`, `generator[0]/..`.
    pub fn holds(&self, path: &str) -> bool {
        self.tensors.keys().any(|name| rest(name, path).is_some())
    }

    /// Top-level names of a checkpoint of ours. Names with a colon are an optimizer's or a pool's.
    pub fn owners(&self) -> Vec<&str> {
        let mut owners: Vec<&str> = self
            .tensors
            .keys()
            .filter(|name| !name.contains(':'))
            .filter_map(|name| name.split_once(['/', '[']).map(|(owner, _)| owner))
            .collect();
        owners.dedup();
        owners
    }
}

/// What follows `path` in the name of a tensor that lies under it, with its `/` or `[`.
pub fn rest<'a>(name: &'a str, path: &str) -> Option<&'a str> {
    name.strip_prefix(path).filter(|rest| rest.starts_with(['/', '[']))
}
