//! Whether two sides do the same: outputs and gradients of an operation, losses of a step, numbers learnt.

use super::player::Player;
use super::protocol::{Case, Reply, Request};
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Largest difference of a tensor's elements over its largest element: of an operation, of a generator.
const OF_VALUES: f64 = 1e-4;
const OF_GENERATOR: f64 = 1e-3;
/// Of the largest tensor: one that is smaller than this is held against it, not against itself.
const ROUNDING: f64 = 1e-2;
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

/// What a side computed of a case.
pub struct Computed {
    side: &'static str,
    learnt: usize,
    losses: Vec<f64>,
    tensors: Vec<Vec<f32>>,
}

impl Computed {
    /// Asks a side that has the case loaded, and answered so to that.
    pub fn by(player: &mut Player, loaded: &Reply, scratch: &Scratch) -> anyhow::Result<Computed> {
        let file = scratch.path().join("values.f32");
        let reply = player.ask(&Request::Check { file: file.clone() })?;
        let values = read(&file)?;
        let mut rest = &values[..];
        let mut tensors = Vec::new();
        for size in reply.sizes {
            let (tensor, others) = rest.split_at_checked(size).context("a short file of values")?;
            tensors.push(tensor.to_vec());
            rest = others;
        }
        Ok(Computed { side: player.side.name(), learnt: loaded.learnt, losses: reply.losses, tensors })
    }

    /// What is not the same on the other side.
    pub fn differences(&self, theirs: &Computed, case: &Case) -> Vec<String> {
        let mut found = Vec::new();
        let name = theirs.side;
        if self.learnt != theirs.learnt {
            found.push(format!("{} numbers learnt, {name} {}", self.learnt, theirs.learnt));
        }
        let sizes = |c: &Computed| c.tensors.iter().map(Vec::len).collect::<Vec<_>>();
        if sizes(self) != sizes(theirs) || self.losses.len() != theirs.losses.len() {
            found.push(format!("tensors of {:?} elements, {name} {:?}", sizes(self), sizes(theirs)));
            return found;
        }
        for (ours, theirs) in self.losses.iter().zip(&theirs.losses) {
            let error = (ours / theirs - 1.0).abs();
            if error.is_nan() || error > OF_LOSSES {
                found.push(format!("loss {ours}, {name} {theirs}"));
            }
        }
        let tolerance = if matches!(case, Case::Op(_)) { OF_VALUES } else { OF_GENERATOR };
        // A bias before a norm has no gradient but for rounding, which is of the size of the others'.
        let least = ROUNDING * theirs.tensors.iter().skip(1).map(|t| largest(t)).fold(0.0, f64::max);
        for (number, (a, b)) in self.tensors.iter().zip(&theirs.tensors).enumerate() {
            let error = distance(a, b) / largest(b).max(least).max(f64::MIN_POSITIVE);
            if error.is_nan() || error > tolerance {
                let size = a.len();
                found.push(format!(
                    "tensor {number} of {size} elements is off by {error:.1e} of its largest from {name}'s"
                ));
            }
        }
        found
    }
}

fn read(file: &Path) -> std::io::Result<Vec<f32>> {
    let bytes = std::fs::read(file)?;
    Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

fn largest(values: &[f32]) -> f64 {
    values.iter().fold(0.0, |m: f64, v| m.max(f64::from(v.abs())))
}

/// Largest difference.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    let differences = a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs()));
    // Not `max`, which passes a NaN by.
    differences.fold(0.0, |m: f64, d| if d > m || d.is_nan() { d } else { m })
}
