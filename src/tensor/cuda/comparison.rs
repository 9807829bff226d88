//! Every operation on the GPU against the CPU: forward and backward, on shapes that are odd, with one random weighting of the
//! output as its gradient. What `ablate doctor --ops` runs.

mod cases;

use crate::random::Stream;
use crate::tensor::{Backend, Context, Cpu, Error, Var};
use std::fmt;

/// What came of one operation.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub name: &'static str,
    /// Relative error of the output, then of each input's gradient (Euclidean norms); or what went wrong.
    pub errors: Result<Vec<f64>, String>,
    /// Whether a second time gave the same bits.
    pub repeats: bool,
}

/// Largest relative error of an operation that is right: f32 sums in another order.
const TOLERANCE: f64 = 2e-5;

impl Outcome {
    pub fn is_right(&self) -> bool {
        self.repeats && self.errors.as_ref().is_ok_and(|errors| errors.iter().all(|error| *error < TOLERANCE))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<34}", self.name)?;
        match &self.errors {
            Ok(errors) => {
                let worst = errors.iter().copied().fold(0.0, f64::max);
                write!(f, " {worst:.1e}{}", if self.repeats { "" } else { ", other bits the second time" })
            }
            Err(error) => write!(f, " {error}"),
        }
    }
}

/// A device's output and gradients, on the host; `None` for inputs that are constants.
type Results = (Vec<f32>, Vec<Option<Vec<f32>>>);

/// Runs a case on a device.
fn run<D: Backend>(device: &D, case: usize) -> Result<Results, Error> {
    let ctx = Context::recording(device);
    let inputs = cases::CASES[case].1.iter().enumerate();
    let inputs: Vec<Var<D>> = inputs
        .map(|(i, (shape, kind))| {
            let tensor = ctx.tensor(cases::values(*shape, *kind, i as u64), *shape)?;
            Ok(if kind.is_learned() { Var::leaf(tensor) } else { Var::constant(tensor) })
        })
        .collect::<Result<_, Error>>()?;
    let y = cases::apply(case, &ctx, &inputs)?;
    let output = y.to_vec();
    if !y.needs_grad() {
        return Ok((output, vec![None; inputs.len()]));
    }
    let mut stream = Stream::new(11, "weights");
    let upstream: Vec<f32> = output.iter().map(|_| stream.between(-1.0, 1.0) as f32).collect();
    let zero = device.upload(vec![0.0]).map_err(|e| Error::device("comparison", e))?;
    let loss =
        ctx.record("weighting", zero, [1; 4], &[&y], move |device, _, slots| slots.give(0, device.upload(upstream)?))?;
    drop(y);
    let mut found = ctx.backward(&loss)?;
    let gradients = inputs
        .iter()
        .map(|input| {
            let gradient = found.take(input.tensor())?;
            gradient.map(|g| device.download(&g).map_err(|e| Error::device("comparison", e))).transpose()
        })
        .collect::<Result<_, Error>>()?;
    Ok((output, gradients))
}

/// |a - b| / |b|, |a| where b is zero; infinite where only one is not finite.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    let alike = |a: f32, b: f32| a == b || (a.is_nan() && b.is_nan());
    let pairs = || a.iter().zip(b).filter(|(a, b)| !alike(**a, **b));
    let difference: f64 = pairs().map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    let norm: f64 = b.iter().filter(|b| b.is_finite()).map(|b| f64::from(*b).powi(2)).sum();
    let error = if norm == 0.0 { difference.sqrt() } else { (difference / norm).sqrt() };
    if error.is_nan() { f64::INFINITY } else { error }
}

fn errors(found: &Results, expected: &Results) -> Result<Vec<f64>, String> {
    let mut errors = vec![distance(&found.0, &expected.0)];
    for (i, pair) in found.1.iter().zip(&expected.1).enumerate() {
        match pair {
            (Some(found), Some(expected)) => errors.push(distance(found, expected)),
            (None, None) => {}
            (found, _) => {
                return Err(format!("input {i}: the GPU {} a gradient", if found.is_some() { "has" } else { "lacks" }));
            }
        }
    }
    Ok(errors)
}

fn bits(results: &Results) -> Vec<u32> {
    let gradients = results.1.iter().flatten().flatten();
    results.0.iter().chain(gradients).map(|value| value.to_bits()).collect()
}

/// Compares everything, in the order of the operations.
pub fn compare<D: Backend>(device: &D) -> impl Iterator<Item = Outcome> {
    let host = Cpu::default();
    (0..cases::CASES.len()).map(move |case| {
        let name = cases::CASES[case].0;
        let both = || Ok::<_, Error>((run(device, case)?, run(device, case)?, run(&host, case)?));
        match both() {
            Ok((first, second, expected)) => {
                Outcome { name, errors: errors(&first, &expected), repeats: bits(&first) == bits(&second) }
            }
            Err(error) => Outcome { name, errors: Err(error.to_string()), repeats: true },
        }
    })
}

/// Whether more memory than any GPU has is refused with what to do about it.
pub fn too_much<D: Backend>(device: &D) -> Outcome {
    const TEBIBYTE: usize = 1 << 38;
    let errors = match device.allocate(TEBIBYTE).map_err(|e| Error::device("memory", e).to_string()) {
        Ok(_) => Err("a tebibyte was given".into()),
        Err(said) if said.contains("lower `train.batch`") => Ok(vec![]),
        Err(said) => Err(said),
    };
    Outcome { name: "out of memory", errors, repeats: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_as_right_as_itself() {
        let wrong: Vec<String> = compare(&Cpu::default()).filter(|o| !o.is_right()).map(|o| o.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn differences_are_relative_and_what_is_not_finite_counts() {
        assert_eq!(distance(&[1.0, 2.0], &[1.0, 2.0]), 0.0);
        assert!((distance(&[3.0, 4.4], &[3.0, 4.0]) - 0.08).abs() < 1e-6);
        assert_eq!(distance(&[f32::NAN], &[1.0]), f64::INFINITY);
        assert_eq!(distance(&[f32::NAN], &[f32::NAN]), 0.0);
        assert_eq!(distance(&[1.0], &[1.0, 2.0]), f64::INFINITY);
    }
}
