//! Checkpoints: one safetensors file with every tensor of the run, and its state as JSON in the file's metadata, with a
//! hash over both. Written to a temporary file, flushed, renamed: a kill or a full disk leaves the previous one whole.

use super::RunError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Where a run is, besides its tensors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Position {
    /// Identity of the cell.
    pub hash: String,
    /// Number of the stage, and steps done in it.
    pub stage: usize,
    pub step: u64,
    /// Steps done in the whole run.
    pub total_step: u64,
    /// Batches drawn in this stage, by dataset name.
    pub draws: BTreeMap<String, u64>,
    /// Optimizer steps done in this stage, by update name.
    pub optimizer_steps: BTreeMap<String, u64>,
    /// Draws of each image pool, by `loss/element`.
    pub pool_draws: BTreeMap<String, u64>,
    /// Best value of the selected column so far, and the whole run's step it was at.
    pub best: Option<(f64, u64)>,
    /// Seconds trained so far.
    pub seconds: f64,
}

/// Tensors by name, in row-major order.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A checkpoint as it is on disk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    pub position: Position,
    pub tensors: Tensors,
}

impl Checkpoint {
    /// Writes atomically.
    pub fn write(&self, path: &Path) -> Result<(), RunError> {
        Ok(crate::record::write_atomic(path, &self.to_bytes()?)?)
    }

    /// As it is in a file.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RunError> {
        let state = serde_json::to_string(&self.position).map_err(|e| RunError::Internal(e.to_string()))?;
        let bytes: BTreeMap<&str, Vec<u8>> =
            self.tensors.iter().map(|(n, (_, v))| (n.as_str(), little_endian(v))).collect();
        let hash = digest(&state, &bytes, |name| self.tensors[name].0.clone());
        let views = self
            .tensors
            .iter()
            .map(|(name, (shape, _))| {
                Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), &bytes[name.as_str()])?))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|e| RunError::Internal(e.to_string()))?;
        let metadata = HashMap::from([("state".to_string(), state), ("sha256".to_string(), hash)]);
        safetensors::serialize(views, Some(metadata)).map_err(|e| RunError::Internal(e.to_string()))
    }

    /// Reads and checks the hash.
    pub fn read(path: &Path) -> Result<Checkpoint, RunError> {
        Self::parse(&std::fs::read(path).map_err(RunError::file("read", path))?, path)
    }

    /// What a file holds; `path` is said of one that is damaged.
    pub fn parse(data: &[u8], path: &Path) -> Result<Checkpoint, RunError> {
        let damaged = |reason: String| RunError::Damaged { path: path.to_path_buf(), reason };
        let (_, header) = SafeTensors::read_metadata(data).map_err(|e| damaged(e.to_string()))?;
        let file = SafeTensors::deserialize(data).map_err(|e| damaged(e.to_string()))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let state = metadata.get("state").ok_or_else(|| damaged("it holds no state".into()))?;
        let bytes: BTreeMap<String, Vec<u8>> = file.iter().map(|(n, t)| (n.to_string(), t.data().to_vec())).collect();
        let borrowed: BTreeMap<&str, Vec<u8>> = bytes.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
        let shape = |name: &str| file.tensor(name).map(|t| t.shape().to_vec()).unwrap_or_default();
        if metadata.get("sha256") != Some(&digest(state, &borrowed, shape)) {
            return Err(damaged("its contents do not match its hash".into()));
        }
        let position = serde_json::from_str(state).map_err(|e| damaged(e.to_string()))?;
        let tensors = file.iter().map(|(n, t)| (n.to_string(), (t.shape().to_vec(), from_bytes(t.data())))).collect();
        Ok(Checkpoint { position, tensors })
    }
}

fn little_endian(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

fn digest(state: &str, tensors: &BTreeMap<&str, Vec<u8>>, shape: impl Fn(&str) -> Vec<usize>) -> String {
    let mut hasher = Sha256::new();
    hasher.update(state.as_bytes());
    for (name, bytes) in tensors {
        hasher.update(name.as_bytes());
        hasher.update(format!("{:?}", shape(name)).as_bytes());
        hasher.update(bytes);
    }
    hasher.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// The checkpoints of a cell: `step-00000300.safetensors`, the last few, and `best.safetensors`.
pub struct Folder {
    path: PathBuf,
    keep: usize,
}

impl Folder {
    pub fn new(cell: &Path, keep: usize) -> Self {
        Folder { path: cell.join("checkpoints"), keep: keep.max(1) }
    }

    pub fn best(&self) -> PathBuf {
        self.path.join("best.safetensors")
    }

    fn at(&self, total_step: u64) -> PathBuf {
        self.path.join(format!("step-{total_step:08}.safetensors"))
    }

    /// Newest first.
    pub fn all(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
        let named = |p: &PathBuf| {
            let name = p.file_name().and_then(|n| n.to_str()).unwrap_or("");
            name.starts_with("step-") && name.ends_with(".safetensors")
        };
        let mut all: Vec<PathBuf> = entries.map(|e| e.path()).filter(named).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all
    }

    /// Writes a checkpoint and drops the oldest beyond those kept.
    pub fn save(&self, checkpoint: &Checkpoint, best: bool) -> Result<PathBuf, RunError> {
        std::fs::create_dir_all(&self.path).map_err(RunError::file("create", &self.path))?;
        // The best one first: a run that is killed in between resumes from an earlier step and comes to the same best,
        // while a step's checkpoint that knows of a best one that is missing could not be evaluated.
        if best {
            checkpoint.write(&self.best())?;
        }
        let path = self.at(checkpoint.position.total_step);
        checkpoint.write(&path)?;
        for old in self.all().into_iter().skip(self.keep) {
            std::fs::remove_file(&old).map_err(RunError::file("remove", &old))?;
        }
        Ok(path)
    }

    /// The newest checkpoint that is whole, and what is said of damaged ones that were passed over. `None` if there is
    /// no checkpoint at all; an error if there are only damaged ones.
    pub fn newest(&self) -> Result<Option<(Checkpoint, Vec<String>)>, RunError> {
        let mut passed = Vec::new();
        let mut first = None;
        for path in self.all() {
            match Checkpoint::read(&path) {
                Ok(checkpoint) => return Ok(Some((checkpoint, passed))),
                Err(error @ RunError::Damaged { .. }) => {
                    passed.push(format!("{error}; the one before it is used"));
                    first.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        first.map_or(Ok(None), Err)
    }

    /// Removes everything: the run starts over.
    pub fn clear(&self) -> Result<(), RunError> {
        match std::fs::remove_dir_all(&self.path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(RunError::file("remove", &self.path)(e)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(total_step: u64) -> Checkpoint {
        let position = Position { total_step, hash: "h".into(), ..Default::default() };
        let tensors = Tensors::from([("a/weight".into(), (vec![1, 2, 1, 1], vec![0.5, -1.25]))]);
        Checkpoint { position, tensors }
    }

    fn folder(name: &str) -> (PathBuf, Folder) {
        let cell = std::env::temp_dir().join(format!("ablate-checkpoint-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&cell);
        (cell.clone(), Folder::new(&cell, 2))
    }

    #[test]
    fn comes_back_as_it_was_and_old_ones_go() {
        let (cell, folder) = folder("round");
        for step in [100, 200, 300] {
            folder.save(&checkpoint(step), step == 200).unwrap();
        }
        assert_eq!(folder.all().len(), 2);
        assert_eq!(folder.newest().unwrap().unwrap().0, checkpoint(300));
        assert_eq!(Checkpoint::read(&folder.best()).unwrap(), checkpoint(200));
        std::fs::remove_dir_all(cell).unwrap();
    }

    #[test]
    fn every_flipped_byte_is_seen_and_the_one_before_is_used() {
        let (cell, folder) = folder("flip");
        folder.save(&checkpoint(100), false).unwrap();
        let path = folder.save(&checkpoint(200), false).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for i in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[i] ^= 0x10;
            std::fs::write(&path, &bytes).unwrap();
            assert!(matches!(Checkpoint::read(&path), Err(RunError::Damaged { .. })), "byte {i}");
        }
        let (found, notes) = folder.newest().unwrap().unwrap();
        assert_eq!((found.position.total_step, notes.len()), (100, 1));
        std::fs::write(folder.at(100), b"torn").unwrap();
        assert!(matches!(folder.newest(), Err(RunError::Damaged { .. })));
        std::fs::remove_dir_all(cell).unwrap();
    }
}
