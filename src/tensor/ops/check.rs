//! Test helpers: gradients against central differences, and inputs without kinks nearby.
//!
//! The loss is a fixed random weighting of the output, summed in f64 on the host for the differences. The differences
//! are of fourth order (Abramowitz and Stegun 25.3.6), so that a step large enough for f32 leaves no error of its own.

use crate::random::Stream;
use crate::tensor::{Backend, Context, Cpu, Var};

/// Half a step; the difference reads the function at one and two of these on each side.
const STEP: f32 = 1.0 / 64.0;

/// The output weights of the loss, in [-1, 1).
fn weights(len: usize) -> Vec<f32> {
    let mut stream = Stream::new(11, "weights");
    (0..len).map(|_| stream.between(-1.0, 1.0) as f32).collect()
}

/// `len` values in (-1.05, 1.05), no two equal, none within 0.05 of zero, in an order fixed by `seed`.
pub fn values(len: usize, seed: u64) -> Vec<f32> {
    let order = Stream::new(seed, "values").permutation(len);
    order.into_iter().map(|i| (i as f32 + 0.25) / len as f32 * 2.0 - 1.0).map(|v| v + 0.05 * v.signum()).collect()
}

/// Values that another language repeats: sin(phase + 0.7 i) rounded to 1/1024, exact in f32.
pub fn wave(len: usize, phase: f64) -> Vec<f32> {
    (0..len).map(|i| ((phase + 0.7 * i as f64).sin() * 1024.0).round() as f32 / 1024.0).collect()
}

/// |a - b| / |b| in the Euclidean norm; |a| where b is zero.
pub fn distance(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let square = |v: f64| v * v;
    let difference: f64 = a.iter().zip(b).map(|(a, b)| square(f64::from(*a) - f64::from(*b))).sum();
    let norm: f64 = b.iter().map(|b| square(f64::from(*b))).sum();
    if norm == 0.0 { difference.sqrt() } else { (difference / norm).sqrt() }
}

/// An operation's output and the gradients of its inputs when its output's gradient is `dy`; `None` where an input that
/// is a constant, or that nothing reached, has none.
pub fn backward_of(
    f: impl Fn(&Context<Cpu>, &[Var<Cpu>]) -> Var<Cpu>,
    inputs: &[Var<Cpu>],
    dy: impl Fn(usize) -> Vec<f32>,
) -> (Vec<f32>, Vec<Option<Vec<f32>>>) {
    let ctx = Context::recording(&Cpu::default());
    let y = f(&ctx, inputs);
    let output = y.to_vec();
    let upstream = dy(output.len());
    let zero = ctx.device().upload(vec![0.0]).unwrap();
    let loss = ctx
        .record("weighted sum", zero, [1, 1, 1, 1], &[&y], move |device, _, slots| {
            slots.give(0, device.upload(upstream)?)
        })
        .unwrap();
    drop(y);
    let mut found = ctx.backward(&loss).unwrap();
    let gradients = inputs.iter().map(|v| found.take(v.tensor()).unwrap().map(|g| g.to_vec())).collect();
    (output, gradients)
}

/// The loss of an operation's output, in f64.
fn loss(f: &impl Fn(&Context<Cpu>, &[Var<Cpu>]) -> Var<Cpu>, inputs: &[Var<Cpu>]) -> f64 {
    let y = f(&Context::inference(&Cpu::default()), inputs).to_vec();
    weights(y.len()).iter().zip(&y).map(|(w, y)| f64::from(*w) * f64::from(*y)).sum()
}

/// A leaf with [`values`].
pub fn leaf(shape: [usize; 4], seed: u64) -> Var<Cpu> {
    given(shape, values(shape.iter().product(), seed))
}

/// A leaf with these values.
pub fn given(shape: [usize; 4], values: Vec<f32>) -> Var<Cpu> {
    Var::leaf(Context::inference(&Cpu::default()).tensor(values, shape).unwrap())
}

/// Checks the gradient of every element of every input that is a leaf; constants are passed on. `tolerance` bounds the
/// norm of the difference over the norm of the numerical gradient, for each input (1e-3 suits most operations).
pub fn gradients_at(inputs: &[Var<Cpu>], tolerance: f64, f: impl Fn(&Context<Cpu>, &[Var<Cpu>]) -> Var<Cpu>) {
    let (_, found) = backward_of(&f, inputs, weights);
    for (i, input) in inputs.iter().enumerate() {
        if !input.needs_grad() {
            assert!(found[i].is_none(), "input {i} is a constant and got a gradient");
            continue;
        }
        let start = input.to_vec();
        let at = |element: usize, offset: f32| {
            let mut moved = start.clone();
            moved[element] += offset;
            let mut all = inputs.to_vec();
            all[i] = given(input.shape(), moved);
            loss(&f, &all)
        };
        let numerical: Vec<f32> = (0..start.len())
            .map(|e| {
                let near = at(e, STEP) - at(e, -STEP);
                let far = at(e, 2.0 * STEP) - at(e, -2.0 * STEP);
                ((8.0 * near - far) / (12.0 * f64::from(STEP))) as f32
            })
            .collect();
        let analytical = found[i].clone().unwrap_or_else(|| vec![0.0; start.len()]);
        let error = distance(&analytical, &numerical);
        assert!(error < tolerance, "input {i} of shape {:?}: relative error {error:.2e}", input.shape());
    }
}

/// [`gradients_at`] leaves of these shapes with [`values`].
pub fn gradients(shapes: &[[usize; 4]], tolerance: f64, f: impl Fn(&Context<Cpu>, &[Var<Cpu>]) -> Var<Cpu>) {
    let inputs: Vec<Var<Cpu>> = shapes.iter().enumerate().map(|(i, &s)| leaf(s, i as u64)).collect();
    gradients_at(&inputs, tolerance, f);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::ops::activation::{Activation, activate};

    #[test]
    fn a_right_gradient_passes() {
        gradients(&[[3, 5, 2, 1]], 1e-3, |ctx, v| activate(ctx, &v[0], Activation::Tanh).unwrap());
    }

    #[test]
    #[should_panic(expected = "relative error")]
    fn a_wrong_gradient_fails() {
        gradients(&[[1, 1, 2, 3]], 1e-3, |ctx, v| {
            let doubled = v[0].to_vec().iter().map(|x| 2.0 * x).collect();
            let buffer = ctx.device().upload(doubled).unwrap();
            ctx.record("wrong", buffer, v[0].shape(), &[&v[0]], |_, dy, slots| slots.give(0, dy)).unwrap()
        });
    }

    #[test]
    fn values_keep_apart() {
        let mut v = values(60, 0);
        assert!(v.iter().all(|v| v.abs() > 0.05 && v.abs() < 1.05));
        v.sort_by(f32::total_cmp);
        assert!(v.windows(2).all(|w| w[1] - w[0] > 0.03));
    }
}
