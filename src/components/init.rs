//! Initial values of kernels and matrices. Biases and norms have constants of their own (`registry::Start`).

mod kaiming;
mod normal;
mod orthogonal;
mod xavier;

use crate::random::Stream;
use crate::registry::{Declared, Entry, Problem, Settings};

/// A kernel's shape and what its fans are, as PyTorch counts them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fans {
    pub shape: [usize; 4],
    /// Stored in x out x k x k.
    pub transposed: bool,
}

impl Fans {
    /// Inputs of one output, as PyTorch counts: `shape[1]` times the kernel's area, also for transposed convolutions.
    pub fn fan_in(self) -> f64 {
        (self.shape[1] * self.shape[2] * self.shape[3]) as f64
    }

    pub fn fan_out(self) -> f64 {
        (self.shape[0] * self.shape[2] * self.shape[3]) as f64
    }

    pub fn values(self) -> usize {
        self.shape.iter().product()
    }
}

pub trait Init {
    /// Values in row-major order.
    fn fill(&self, fans: Fans, stream: Stream) -> Vec<f32>;
}

pub struct InitEntry {
    pub entry: Entry,
    pub build: fn(&Settings) -> Result<Box<dyn Init>, Problem>,
}

pub fn entries() -> Vec<InitEntry> {
    vec![kaiming::entry(), normal::entry(), orthogonal::entry(), xavier::entry()]
}

/// Builds an initialisation by name.
pub fn build(name: &str, settings: &Settings) -> Result<Box<dyn Init>, Problem> {
    let entry = entries().into_iter().find(|e| e.entry.card.name == name);
    entry.ok_or_else(|| Problem::new(format!("no init is called `{name}`"))).and_then(|e| (e.build)(settings))
}

fn register<S: Declared>(
    name: &'static str,
    doc: &'static str,
    build: fn(&Settings) -> Result<Box<dyn Init>, Problem>,
) -> InitEntry {
    InitEntry { entry: Entry::plain("init", name, doc, "", S::schema()), build }
}

fn normals(n: usize, mean: f64, std: f64, mut stream: Stream) -> Vec<f32> {
    (0..n).map(|_| (mean + std * stream.normal()) as f32).collect()
}

fn uniforms(n: usize, bound: f64, mut stream: Stream) -> Vec<f32> {
    (0..n).map(|_| stream.between(-bound, bound) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Standard deviations PyTorch's formulas give for a 64 x 32 x 3 x 3 kernel.
    #[test]
    fn deviations_are_those_of_the_formulas() {
        let fans = Fans { shape: [64, 32, 3, 3], transposed: false };
        let std = |name: &str, settings: serde_json::Value| {
            let settings = settings.as_object().cloned().unwrap_or_default();
            let values = build(name, &settings).unwrap().fill(fans, Stream::new(0, "init"));
            (values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        };
        let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 0.03, "{a} {b}");
        near(std("normal", serde_json::json!({"mean": 0.0, "std": 0.02})), 0.02);
        near(
            std("kaiming", serde_json::json!({"slope": 0.0, "fan": "in", "draw": "normal"})),
            (2.0_f64 / 288.0).sqrt(),
        );
        near(std("xavier", serde_json::json!({"gain": 1.0, "draw": "uniform"})), (2.0_f64 / (288.0 + 576.0)).sqrt());
        near(std("orthogonal", serde_json::json!({"gain": 1.0})), (1.0_f64 / 288.0).sqrt());
    }
}
