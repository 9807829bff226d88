//! Everything that runs on a device, on whichever is there: a GPU, or the mock of `tools/mock-gpu.sh`. Passed over without one.

use super::{Precision, comparison, open};
use crate::tensor::{Backend, Context, Cuda, Var, storage_mut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One device, one test at a time.
fn device() -> Option<(Cuda, MutexGuard<'static, ()>)> {
    static ONE: Mutex<()> = Mutex::new(());
    if crate::tensor::device::usable().is_err() {
        eprintln!("passed over: no GPU here, nor tools/mock-gpu.sh");
        return None;
    }
    let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    Some((open(0, Precision::Full).unwrap(), guard))
}

#[test]
fn every_operation_agrees_with_the_cpu() {
    let Some((device, _guard)) = device() else { return };
    let wrong: Vec<String> = comparison::compare(&device).filter(|o| !o.is_right()).map(|o| o.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn tensors_are_told_from_views_and_shared_storage() {
    use dfdx::shapes::Axes4;
    use dfdx::tensor_ops::PermuteTo;
    let Some((device, _guard)) = device() else { return };
    let ctx = Context::inference(&device);
    let values: Vec<f32> = (0..24).map(|i| i as f32).collect();
    let mut tensor = ctx.tensor(values.clone(), [1, 2, 3, 4]).unwrap();
    assert_eq!(Var::constant(tensor.clone()).to_vec(), values);
    let permuted = Var::constant(tensor.clone().permute::<_, Axes4<0, 2, 3, 1>>());
    assert!(permuted.storage().unwrap_err().to_string().contains("in another order"));
    let adopted = device.adopt(device.upload(values.clone()).unwrap(), (2, 1, 3, 4)).unwrap();
    assert_eq!(Var::constant(adopted).to_vec(), values);
    assert!(storage_mut(&mut tensor).unwrap().is_none(), "the permuted one shares it");
    drop(permuted);
    assert!(storage_mut(&mut tensor).unwrap().is_some());
    assert!(device.name().starts_with("cuda:0 "), "{}", device.name());
}

#[test]
fn optimizer_steps_are_those_of_the_cpu() {
    use crate::tensor::Cpu;
    let Some((device, _guard)) = device() else { return };
    let (found, expected) = (steps(&device), steps(&Cpu::default()));
    for ((name, found), (_, expected)) in found.into_iter().zip(expected) {
        let error = found.iter().zip(&expected).map(|(a, b)| (a - b).abs() / b.abs().max(1e-3)).fold(0.0, f32::max);
        assert!(error < 1e-5, "{name}: {error:e}");
    }
}

/// Values after steps of each kind.
fn steps<D: Backend>(device: &D) -> Vec<(&'static str, Vec<f32>)> {
    use crate::tensor::ops::check::values;
    use crate::tensor::ops::optimizer::{Adam, RmsProp, Sgd};
    let len = 1037;
    let buffer = |seed| device.upload(values(len, seed)).map_err(|e| e.to_string()).unwrap();
    let zeros = || device.upload(vec![0.0; len]).map_err(|e| e.to_string()).unwrap();
    let mut all = Vec::new();
    let mut keep =
        |name, buffer: &D::Vec| all.push((name, device.download(buffer).map_err(|e| e.to_string()).unwrap()));
    let done = |result: Result<(), D::Err>| result.map_err(|e| e.to_string()).unwrap();
    for decoupled in [false, true] {
        let (mut p, mut m, mut v) = (buffer(1), zeros(), zeros());
        for step in 1..4 {
            let rule = Adam { lr: 0.01, betas: [0.5, 0.999], epsilon: 1e-8, weight_decay: 0.1, decoupled, step };
            done(device.adam_step(&rule, &mut p, &buffer(step), &mut m, &mut v));
        }
        keep("adam", &p);
        keep("second moment", &v);
    }
    for (momentum, nesterov) in [(0.0, false), (0.9, false), (0.9, true)] {
        let (mut p, mut velocity) = (buffer(1), zeros());
        let rule = Sgd { lr: 0.1, momentum, nesterov, weight_decay: 0.01 };
        for seed in 1..4 {
            let velocity = (momentum > 0.0).then_some(&mut velocity);
            done(device.sgd_step(&rule, &mut p, &buffer(seed), velocity));
        }
        keep("sgd", &p);
    }
    let (mut p, mut second) = (buffer(1), zeros());
    let rule = RmsProp { lr: 0.01, alpha: 0.99, epsilon: 1e-8, weight_decay: 0.1 };
    done(device.rmsprop_step(&rule, &mut p, &buffer(2), &mut second));
    keep("rmsprop", &p);
    done(device.scale(&mut p, 3.0));
    done(device.clamp(&mut p, -1.0, 0.5));
    keep("scale and clamp", &p);
    done(device.moving_average(&mut p, &buffer(3), 0.9));
    keep("moving average", &p);
    done(device.moving_average(&mut p, &buffer(4), 0.0));
    keep("copy", &p);
    let long = device.upload(values(50_001, 5)).map_err(|e| e.to_string()).unwrap();
    let norm = device.sum_of_squares(&long).map_err(|e| e.to_string()).unwrap();
    all.push(("sum of squares", vec![norm as f32]));
    all
}

#[test]
fn what_has_no_room_says_what_to_lower() {
    let Some((device, _guard)) = device() else { return };
    let outcome = comparison::too_much(&device);
    assert!(outcome.is_right(), "{outcome}");
}
