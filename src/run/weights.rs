//! Values of a node that come from elsewhere: a file, in our own layout or another's, or a node of a finished cell.

use super::checkpoint::Folder;
use super::{Built, RunError};
use crate::graph::layout::{Fit, Header, HeaderError, Layout, OURS, Source, Target, fit, source, targets};
use crate::graph::plan::{Network, Plan, Weights};
use crate::record::WeightsUsed;
use crate::tensor::{Backend, Context, Var};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file found for a node, compared with it.
struct Found {
    path: PathBuf,
    layout: &'static Layout,
    fit: Fit,
}

/// What the networks of a plan take from files. Fails, before anything is computed, where a file is missing or does
/// not fit.
pub fn used(plan: &Plan) -> Result<Vec<WeightsUsed>, RunError> {
    let used = |network: &Network| {
        let found = find(network).transpose()?;
        Some(found.map(|Found { path, layout, fit }| WeightsUsed {
            node: network.node.clone(),
            file: path.display().to_string(),
            layout: layout.name.into(),
            tensors: fit.pairs.len(),
            missing: fit.missing,
            unexpected: fit.unexpected,
            unlike: fit.unlike,
        }))
    };
    plan.networks.iter().filter_map(used).collect()
}

/// A line for each file of which not everything fitted.
pub fn notes(used: &[WeightsUsed]) -> Vec<String> {
    let line = |w: &WeightsUsed| {
        let fit = Fit {
            pairs: vec![],
            missing: w.missing.clone(),
            unexpected: w.unexpected.clone(),
            unlike: w.unlike.clone(),
        };
        let (taken, from) = (w.tensors, &w.file);
        (!fit.is_whole()).then(|| format!("`{}` takes {taken} tensors from {from}: {}", w.node, fit.sentence()))
    };
    used.iter().filter_map(line).collect()
}

/// Puts the values in their place. `strict`: what is missing, unexpected (under the name of the node, in a checkpoint of
/// ours: it holds the whole run) or of another shape is an error; else it stays as `init` made it.
pub fn load<D: Backend>(built: &mut Built<D>, device: &D) -> Result<(), RunError> {
    let Some(Found { path, fit, .. }) = find(&built.plan)? else { return Ok(()) };
    let data = std::fs::read(&path).map_err(RunError::file("read", &path))?;
    let unusable = |reason: String| RunError::Weights { path: path.clone(), reason };
    let file = SafeTensors::deserialize(&data).map_err(|e| unusable(e.to_string()))?;
    let pairs: BTreeMap<String, String> = fit.pairs.into_iter().collect();
    let ctx = Context::inference(device);
    for (ours, tensor) in built.state.tensors_mut() {
        let Some(name) = pairs.get(&ours) else { continue };
        let view = file.tensor(name).map_err(|e| unusable(e.to_string()))?;
        let values = numbers(&view).ok_or_else(|| unusable(format!("`{name}` is {:?}, no floats", view.dtype())))?;
        *tensor = ctx.tensor(values, Var::constant(tensor.clone()).shape())?;
    }
    Ok(())
}

/// The file of a node's weights, if it has any, where it fits as it was asked to.
fn find(network: &Network) -> Result<Option<Found>, RunError> {
    let (path, layout, strict, node, at) = match &network.weights {
        Weights::None => return Ok(None),
        Weights::File { path, layout, strict, node, at } => (path.clone(), layout.as_str(), *strict, node.as_ref(), at),
        Weights::Cell { folder, node, which, at } => (checkpoint(folder, which)?, OURS, true, Some(node), at),
    };
    let unusable = |reason: String| RunError::Weights { path: path.clone(), reason };
    let layout = Layout::named(layout).ok_or_else(|| RunError::Internal(format!("no layout is called `{layout}`")))?;
    let header = Header::read(&path).map_err(|error| match error {
        HeaderError::File { path, error } => RunError::File { what: "read the weights", path, error },
        HeaderError::NotSafetensors { .. } => unusable(error.to_string()),
    })?;
    let place = |target: Target| {
        let source = source(&header, layout, node.map(String::as_str), &target.path).map_err(unusable)?;
        Ok((target, source))
    };
    let targets = targets(&network.node, at, &network.ops).into_iter();
    let places = targets.map(place).collect::<Result<Vec<(Target, Source)>, RunError>>()?;
    let fit = fit(&header, layout, &places);
    if fit.pairs.is_empty() || strict && !fit.is_whole() {
        return Err(unusable(format!("they do not fit `{}`: {}", network.node, fit.sentence())));
    }
    Ok(Some(Found { path, layout, fit }))
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

/// Values of a tensor of floats as f32.
fn numbers(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let data = view.data();
    let pairs = || data.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    Some(match view.dtype() {
        Dtype::F32 => data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        Dtype::F64 => {
            let double = |b: &[u8]| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
            data.chunks_exact(8).map(|b| double(b) as f32).collect()
        }
        Dtype::BF16 => pairs().map(|bits| f32::from_bits(u32::from(bits) << 16)).collect(),
        Dtype::F16 => pairs().map(from_half).collect(),
        _ => return None,
    })
}

/// IEEE half precision: a sign, five bits of exponent, ten of fraction.
fn from_half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2_f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_of_any_width_become_f32() {
        // `torch.tensor([1.5, -2**-24, 65504.0, 2**-14], dtype=torch.float16).view(torch.int16)` and bfloat16's likewise.
        let halves: [u16; 4] = [0x3e00, 0x8001, 0x7bff, 0x0400];
        let expected = [1.5, -(2_f32.powi(-24)), 65504.0, 2_f32.powi(-14)];
        assert_eq!(halves.map(from_half), expected);
        assert!(from_half(0x7e00).is_nan());
        assert_eq!(from_half(0xfc00), f32::NEG_INFINITY);
        let bytes: Vec<u8> = [0x3fc0_u16, 0xc2f7].iter().flat_map(|b| b.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::BF16, vec![2], &bytes).unwrap();
        assert_eq!(numbers(&view).unwrap(), [1.5, -123.5]);
        let bytes = 0.1_f64.to_le_bytes();
        assert_eq!(numbers(&TensorView::new(Dtype::F64, vec![1], &bytes).unwrap()).unwrap(), [0.1]);
        assert!(numbers(&TensorView::new(Dtype::I64, vec![1], &bytes).unwrap()).is_none());
    }
}
