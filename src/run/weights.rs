//! Values of a node that come from elsewhere: a file in our own layout, or a node of a finished cell.

use super::checkpoint::Folder;
use super::{Built, RunError};
use crate::graph::plan::Weights;
use crate::tensor::{Backend, Context, Var};
use safetensors::tensor::{Dtype, SafeTensors};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Tensors by what follows the node's name in their path.
type Found = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Puts the values in their place. `strict`: a tensor that the node has and the file lacks is an error; one that only
/// the file has never is, since a checkpoint holds the whole run.
pub fn load<D: Backend>(built: &mut Built<D>, device: &D) -> Result<(), RunError> {
    let (path, found, strict) = match built.plan.weights.clone() {
        Weights::None => return Ok(()),
        Weights::File { path, layout, strict } => {
            if layout != "ours" {
                let message = format!("weights of layout `{layout}` cannot be read yet, only `ours`");
                return Err(RunError::Component { place: built.plan.node.clone(), message });
            }
            let owners = owners(&path)?;
            let own = owners.iter().find(|o| **o == built.plan.node);
            let Some(node) = own.or_else(|| owners.first().filter(|_| owners.len() == 1)) else {
                let reason =
                    format!("it holds several nodes and none is called `{}`: {}", built.plan.node, owners.join(", "));
                return Err(RunError::DoesNotFit { path, reason });
            };
            let found = read(&path, node)?;
            (path, found, strict)
        }
        Weights::Cell { folder, node, which } => {
            let path = checkpoint(&folder, &which)?;
            let found = read(&path, &node)?;
            (path, found, true)
        }
    };
    let ctx = Context::inference(device);
    let prefix = format!("{}/", built.plan.node);
    for (name, tensor) in built.state.tensors_mut() {
        let shape = Var::constant(tensor.clone()).shape();
        let unfit = |reason: String| RunError::DoesNotFit { path: path.clone(), reason };
        match found.get(name.strip_prefix(&prefix).unwrap_or(&name)) {
            Some((have, values)) if have[..] == shape => *tensor = ctx.tensor(values.clone(), shape)?,
            Some((have, _)) => return Err(unfit(format!("`{name}` is {have:?} there, expected {shape:?}"))),
            None if strict => return Err(unfit(format!("it lacks `{name}`"))),
            None => {}
        }
    }
    Ok(())
}

/// `best`, if the cell kept one, or the newest.
fn checkpoint(cell: &Path, which: &str) -> Result<PathBuf, RunError> {
    let folder = Folder::new(cell, 1);
    let best = folder.best();
    if which == "best" && best.exists() {
        return Ok(best);
    }
    let missing = || std::io::Error::new(std::io::ErrorKind::NotFound, "no checkpoint");
    folder.all().into_iter().next().ok_or_else(|| RunError::file("find a checkpoint in", cell)(missing()))
}

fn damaged(path: &Path) -> impl Fn(String) -> RunError {
    let path = path.to_path_buf();
    move |reason| RunError::Damaged { path: path.clone(), reason }
}

/// Nodes whose tensors a file holds. Names with a colon are an optimizer's or a pool's.
fn owners(path: &Path) -> Result<Vec<String>, RunError> {
    let data = std::fs::read(path).map_err(RunError::file("read", path))?;
    let file = SafeTensors::deserialize(&data).map_err(|e| damaged(path)(e.to_string()))?;
    let owner = |name: &str| name.split_once('/').map(|(o, _)| o.to_string()).filter(|o| !o.contains(':'));
    let found: BTreeSet<String> = file.names().into_iter().filter_map(owner).collect();
    Ok(found.into_iter().collect())
}

/// Parameters and buffers of a node in a safetensors file.
fn read(path: &Path, node: &str) -> Result<Found, RunError> {
    let data = std::fs::read(path).map_err(RunError::file("read", path))?;
    let damaged = damaged(path);
    let file = SafeTensors::deserialize(&data).map_err(|e| damaged(e.to_string()))?;
    let mut found = Found::new();
    for (name, tensor) in file.iter() {
        let Some(rest) = name.strip_prefix(node).and_then(|n| n.strip_prefix('/')) else { continue };
        if tensor.dtype() != Dtype::F32 {
            return Err(damaged(format!("`{name}` is not f32")));
        }
        let values = tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        found.insert(rest.to_string(), (tensor.shape().to_vec(), values));
    }
    Ok(found)
}
