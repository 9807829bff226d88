//! What goes wrong, or used to, between dfdx's tensors and operations of one's own. Each test is a trap that was met.

use super::ops::activation::{Activation, activate};
use super::ops::arithmetic::{add, multiply};
use super::ops::check::{backward_of, gradients, leaf};
use super::ops::conv2d::{Conv2d, conv2d};
use super::ops::shape::reshape;
use super::{Backend, Context, Cpu, Var, storage_mut};
use dfdx::shapes::{Axes3, Axes4};
use dfdx::tensor_ops::{BroadcastTo, PermuteTo};
use std::cell::Cell;
use std::rc::Rc;

/// dfdx's own binary operations panic in backward when the same id comes twice.
#[test]
fn a_value_may_enter_an_operation_twice() {
    let x = [leaf([1, 5, 3, 2], 1)];
    let value = x[0].to_vec();
    let ones = |len| vec![1.0; len];
    let (_, sum) = backward_of(|ctx, v| add(ctx, &v[0], &v[0]).unwrap(), &x, ones);
    assert_eq!(sum[0].as_ref().unwrap(), &vec![2.0; 30]);
    let (_, square) = backward_of(|ctx, v| multiply(ctx, &v[0], &v[0]).unwrap(), &x, ones);
    assert_eq!(square[0].as_ref().unwrap(), &value.iter().map(|v| 2.0 * v).collect::<Vec<_>>());
    gradients(&[[3, 3, 3, 3]], 1e-3, |ctx, v| conv2d(ctx, &v[0], &v[0], None, &Conv2d::default()).unwrap());
}

/// Clones and reshapes have the id of what they are of, so their gradients are one.
#[test]
fn clones_and_reshapes_share_their_gradient() {
    let x = [leaf([2, 3, 1, 2], 1)];
    let both = |ctx: &Context<Cpu>, v: &[Var<Cpu>]| {
        let other = reshape(ctx, &v[0].clone(), [1, 2, 3, 2]).unwrap();
        let left = activate(ctx, &v[0], Activation::Tanh).unwrap();
        let right = reshape(ctx, &activate(ctx, &other, Activation::Sigmoid).unwrap(), [2, 3, 1, 2]).unwrap();
        add(ctx, &left, &right).unwrap()
    };
    let (_, found) = backward_of(both, &x, |len| vec![1.0; len]);
    let slope = |x: f32| 1.0 - x.tanh().powi(2) + 1.0 / (1.0 + (-x).exp()) / (1.0 + x.exp());
    for (x, slope_found) in x[0].to_vec().into_iter().zip(found[0].as_ref().unwrap()) {
        assert!((slope(x) - slope_found).abs() < 1e-6);
    }
}

/// A permuted view has the storage, and the length, of what it is a view of; a broadcast one has too few values.
#[test]
fn views_are_refused() {
    let x = leaf([2, 3, 4, 5], 1);
    let ctx = Context::inference(&Cpu::default());
    let permuted = Var::leaf(x.tensor().clone().permute::<_, Axes4<0, 2, 3, 1>>());
    assert_eq!(permuted.shape(), [2, 4, 5, 3]);
    let message = activate(&ctx, &permuted, Activation::Relu).unwrap_err().to_string();
    assert!(message.contains("in another order"), "{message}");
    let vector: dfdx::tensor::Tensor<(usize,), f32, Cpu> = {
        use dfdx::tensor::TensorFromVec;
        Cpu::default().tensor_from_vec(vec![1.0, 2.0, 3.0], (3,))
    };
    let broadcast = Var::leaf(vector.broadcast_like::<_, Axes3<0, 2, 3>>(&(2, 3, 4, 5)));
    let message = activate(&ctx, &broadcast, Activation::Relu).unwrap_err().to_string();
    assert!(message.contains("3 values stored for 120"), "{message}");
}

/// The tape keeps the values it was recorded with.
#[test]
fn a_parameter_may_be_written_between_forward_and_backward() {
    let ctx = Context::recording(&Cpu::default());
    let (x, w) = (leaf([1, 1, 1, 1], 1), leaf([1, 1, 1, 1], 2));
    let (x_value, w_value) = (x.item(), w.item());
    let y = multiply(&ctx, &x, &w).unwrap();
    let mut parameter = w.tensor().clone();
    drop(w);
    parameter.copy_from(&[100.0]);
    let mut found = ctx.backward(&y).unwrap();
    assert_eq!(found.take(x.tensor()).unwrap().unwrap()[..], [w_value]);
    assert_eq!(found.take(&parameter).unwrap().unwrap()[..], [x_value]);
}

#[test]
fn a_parameter_is_written_in_place_only_when_no_tape_reads_it() {
    let ctx = Context::recording(&Cpu::default());
    let w = leaf([1, 1, 1, 1], 2);
    let mut parameter = w.tensor().clone();
    drop(w);
    let y = {
        let w = Var::leaf(parameter.clone());
        multiply(&ctx, &w, &w).unwrap()
    };
    assert!(storage_mut(&mut parameter).unwrap().is_none());
    ctx.backward(&y).unwrap();
    storage_mut(&mut parameter).unwrap().unwrap()[0] = 3.0;
    assert_eq!(Var::<Cpu>::constant(parameter).item(), 3.0);
}

/// The slot of an output that no loss reached is empty: its backward step is not run.
#[test]
fn an_unused_branch_costs_nothing() {
    let ctx = Context::recording(&Cpu::default());
    let x = leaf([1, 1, 1, 1], 1);
    let ran = Rc::new(Cell::new(false));
    let seen = ran.clone();
    let buffer = ctx.device().upload(vec![0.0]).unwrap();
    let unused = ctx.record("unused", buffer, [1, 1, 1, 1], &[&x], move |_, dy, slots| {
        seen.set(true);
        slots.give(0, dy)
    });
    let y = activate(&ctx, &x, Activation::Tanh).unwrap();
    let mut found = ctx.backward(&y).unwrap();
    assert!(unused.unwrap().needs_grad() && !ran.get());
    let slope = 1.0 - x.item().tanh().powi(2);
    assert!((found.take(x.tensor()).unwrap().unwrap()[0] - slope).abs() < 1e-6);
    assert!(found.take(x.tensor()).unwrap().is_none(), "a gradient is taken once");
}

/// A backward step that records would lose the gradient without a word.
#[test]
fn recording_inside_a_backward_step_is_refused() {
    let ctx = Rc::new(Context::recording(&Cpu::default()));
    let x = leaf([1, 1, 1, 1], 1);
    let (inner, inner_x) = (ctx.clone(), x.clone());
    let message = Rc::new(Cell::new(String::new()));
    let seen = message.clone();
    let buffer = ctx.device().upload(vec![0.0]).unwrap();
    let record = ctx.record("outer", buffer, [1, 1, 1, 1], &[&x], move |_, dy, slots| {
        if let Err(error) = activate(&inner, &inner_x, Activation::Relu) {
            seen.set(error.to_string());
        }
        assert!(activate(&inner, &inner_x.detach(), Activation::Relu).is_ok());
        slots.give(0, dy)
    });
    ctx.backward(&record.unwrap()).unwrap();
    assert!(message.take().contains("the backward pass has begun"));
    assert!(ctx.backward(&x).is_err(), "a context is differentiated once");
}

#[test]
fn inference_records_nothing() {
    let ctx = Context::inference(&Cpu::default());
    let w = leaf([1, 2, 3, 2], 1);
    let y = multiply(&ctx, &w, &w).unwrap();
    assert!(!y.needs_grad() && !ctx.is_recording());
    let mut parameter = w.tensor().clone();
    drop(w);
    assert!(storage_mut(&mut parameter).unwrap().is_some(), "nothing keeps the input");
    assert!(ctx.backward(&y).is_err());
}

/// Constants keep no backward step either, whatever is recorded.
#[test]
fn detached_values_are_not_recorded() {
    let ctx = Context::recording(&Cpu::default());
    let w = leaf([1, 2, 3, 2], 1);
    let y = multiply(&ctx, &w.detach(), &w.detach()).unwrap();
    assert!(!y.needs_grad());
    let mut parameter = w.tensor().clone();
    drop(w);
    assert!(storage_mut(&mut parameter).unwrap().is_some(), "nothing keeps the input");
}
