//! Whether two sides do the same: outputs and gradients of an operation, losses of a step, numbers learnt.

use super::player::Player;
use super::protocol::{Case, Reply, Request};
use std::path::{Path, PathBuf};

/// Largest difference of a tensor's elements over its largest element: of an operation, of a generator.
const OF_VALUES: f64 = 1e-4;
const OF_GENERATOR: f64 = 1e-3;
/// Of a step's losses; the second step's would see the first's gradients, whose signs Adam takes.
const OF_LOSSES: f64 = 1e-3;

/// A folder for what the sides tell each other, gone with the value.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> std::io::Result<Scratch> {
        let path = std::env::temp_dir().join(format!("ablate-vs-pytorch-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Scratch(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What is not the same of a case that both have loaded, with their answers to that.
pub fn differences(
    (ours, ours_loaded): (&mut Player, &Reply),
    (theirs, theirs_loaded): (&mut Player, &Reply),
    case: &Case,
    scratch: &Scratch,
) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let name = theirs.side.name();
    if ours_loaded.learnt != theirs_loaded.learnt {
        found.push(format!("{} numbers learnt, {name} {}", ours_loaded.learnt, theirs_loaded.learnt));
    }
    let files = [scratch.path().join("ours.f32"), scratch.path().join("theirs.f32")];
    let a = ours.ask(&Request::Check { file: files[0].clone() })?;
    let b = theirs.ask(&Request::Check { file: files[1].clone() })?;
    if a.sizes != b.sizes || a.losses.len() != b.losses.len() {
        found.push(format!("tensors of {:?} elements, {name} {:?}", a.sizes, b.sizes));
        return Ok(found);
    }
    for (ours, theirs) in a.losses.iter().zip(&b.losses) {
        if (ours / theirs - 1.0).abs().is_nan() || (ours / theirs - 1.0).abs() > OF_LOSSES {
            found.push(format!("loss {ours}, {name} {theirs}"));
        }
    }
    let tolerance = if matches!(case, Case::Op(_)) { OF_VALUES } else { OF_GENERATOR };
    let (ours, theirs) = (read(&files[0])?, read(&files[1])?);
    let mut at = 0;
    for (number, size) in a.sizes.iter().enumerate() {
        let error = distance(&ours[at..at + size], &theirs[at..at + size]);
        if error.is_nan() || error > tolerance {
            found.push(format!("tensor {number} of {size} elements is off by {error:.1e} of its largest from {name}'s"));
        }
        at += size;
    }
    Ok(found)
}

fn read(file: &Path) -> std::io::Result<Vec<f32>> {
    let bytes = std::fs::read(file)?;
    Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

/// Largest difference over the largest element.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    let size = b.iter().fold(0.0, |m: f64, v| m.max(f64::from(v.abs())));
    let differences = a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs()));
    // Not `max`, which passes a NaN by.
    differences.fold(0.0, |m: f64, d| if d > m || d.is_nan() { d } else { m }) / size.max(f64::MIN_POSITIVE)
}
