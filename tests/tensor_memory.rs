//! Spent gradients and activations are released during the backward pass. Alone in its file: the count is of the whole
//! process, and tests of a file run side by side.
#![allow(clippy::unwrap_used, reason = "a test")]

use ablate::tensor::ops::activation::{Activation, activate};
use ablate::tensor::ops::arithmetic::add;
use ablate::tensor::ops::conv2d::{Conv2d, conv2d};
use ablate::tensor::ops::reduce::mean_all;
use ablate::tensor::{Context, Cpu, Gradients, Var, memory};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

const LAYERS: usize = 20;
const SHAPE: [usize; 4] = [2, 32, 64, 64];
/// Bytes of a map.
const MAP: usize = 4 * 2 * 32 * 64 * 64;

fn weights(ctx: &Context<Cpu>, seed: usize) -> Var<Cpu> {
    let values = (0..32 * 32 * 9).map(|i| ((i * 37 + seed * 11) % 101) as f32 * 1e-4 - 5e-3).collect();
    Var::leaf(ctx.tensor(values, [32, 32, 3, 3]).unwrap())
}

/// y = relu(conv(y)) + y, twenty times; in maps: held after forward, most held, held after backward.
fn step(layers: usize) -> [f64; 3] {
    let ctx = Context::recording(&Cpu::default());
    let same = Conv2d { padding: [1; 4], ..Conv2d::default() };
    let all: Vec<Var<Cpu>> = (0..layers).map(|seed| weights(&ctx, seed)).collect();
    memory::reset_peak();
    let before = memory::current_bytes();
    let maps = |bytes: usize| bytes.saturating_sub(before) as f64 / MAP as f64;
    let mut y = Var::leaf(ctx.tensor(vec![0.5; SHAPE.iter().product()], SHAPE).unwrap());
    for w in &all {
        let bent = activate(&ctx, &conv2d(&ctx, &y, w, None, &same).unwrap(), Activation::Relu).unwrap();
        y = add(&ctx, &bent, &y).unwrap();
    }
    let loss = mean_all(&ctx, &y).unwrap();
    drop(y);
    let forward = maps(memory::current_bytes());
    let mut gradients: Gradients<Cpu> = ctx.backward(&loss).unwrap();
    for w in &all {
        assert!(gradients.take(w.tensor()).unwrap().is_some());
    }
    [forward, maps(memory::peak_bytes()), maps(memory::current_bytes())]
}

/// Two maps a layer are kept for backward: the convolution's input and the activation's output. If gradients were kept to
/// the end, as dfdx's own operations keep them, the peak would be half as much again (287 MiB where the activations are
/// 180) and stay.
#[test]
fn the_peak_of_a_chain_is_its_activations() {
    step(1);
    let [forward, peak, after] = step(LAYERS);
    println!("maps of {MAP} bytes: {forward:.1} after forward, {peak:.1} at most, {after:.1} after backward");
    let kept = 2.0 * LAYERS as f64;
    assert!((kept..kept + 2.0).contains(&forward), "{forward}");
    assert!(peak < kept + 5.0, "{peak}");
    assert!(after < 3.0, "{after}");
}
