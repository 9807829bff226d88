//! Values and gradients against PyTorch's: `tests/parity/elementwise.py` made the numbers and repeats the inputs.

use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::ops::arithmetic as a;
use crate::tensor::ops::check::{backward_of, distance, given, wave};
use crate::tensor::ops::fusion::{Weighting, weighted_sum};
use crate::tensor::ops::grid_sample::grid_sample;
use crate::tensor::ops::norm::{batch_norm_eval, batch_norm_train, instance_norm, layer_norm};
use crate::tensor::ops::ssim::{Window, ssim_map};
use crate::tensor::ops::{Border, fill, l2_normalise, loss, pool, prelu, reduce, resize, shape, total_variation};
use crate::tensor::{Context, Cpu, Error, Var};
use safetensors::SafeTensors;

const TOLERANCE: f64 = 1e-5;

type Result = std::result::Result<Var<Cpu>, Error>;

fn golden(name: &str) -> Option<Vec<f32>> {
    let bytes = include_bytes!("../../../../tests/parity/golden/elementwise.safetensors");
    let file = SafeTensors::deserialize(bytes).unwrap();
    let found = file.tensor(name).ok()?;
    Some(found.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

/// The wave with phase 0.5 + `n`, times `gain` plus `shift`.
fn scaled(shape: [usize; 4], n: f64, gain: f32, shift: f32) -> Var<Cpu> {
    given(shape, wave(shape.iter().product(), 0.5 + n).iter().map(|v| v * gain + shift).collect())
}

fn input(shape: [usize; 4], n: f64) -> Var<Cpu> {
    scaled(shape, n, 1.0, 0.0)
}

/// Checks the output and every gradient; inputs without a stored gradient are taken as constants.
fn case(name: &str, inputs: &[Var<Cpu>], f: impl Fn(&Context<Cpu>, &[Var<Cpu>]) -> Result) {
    let wanted: Vec<Option<Vec<f32>>> = (0..inputs.len()).map(|i| golden(&format!("{name}/{i}"))).collect();
    assert!(wanted.iter().any(Option::is_some), "{name}: no gradient is stored");
    let inputs: Vec<Var<Cpu>> =
        inputs.iter().zip(&wanted).map(|(v, w)| if w.is_some() { v.clone() } else { v.detach() }).collect();
    let (y, found) = backward_of(|ctx, v| f(ctx, v).unwrap(), &inputs, |len| wave(len, 9.0));
    let error = distance(&y, &golden(&format!("{name}/y")).unwrap());
    assert!(error < TOLERANCE, "{name}: relative error {error:.2e}");
    for (i, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
        assert_eq!(found.is_some(), wanted.is_some(), "{name}: gradient {i}");
        let (Some(found), Some(wanted)) = (found, wanted) else { continue };
        let error = distance(found, wanted);
        assert!(error < TOLERANCE, "{name}: relative error of gradient {i} {error:.2e}");
    }
}

const X: [usize; 4] = [3, 5, 4, 7];
const CHANNELS: [usize; 4] = [1, 5, 1, 1];
const SMALL: [usize; 4] = [2, 3, 5, 7];
const MAP: [usize; 4] = [2, 3, 4, 5];

#[test]
fn activations() {
    let all = [
        ("relu", Activation::Relu),
        ("leaky", Activation::LeakyRelu(0.2)),
        ("elu", Activation::Elu(0.75)),
        ("hard-swish", Activation::HardSwish),
        ("silu", Activation::Silu),
        ("sigmoid", Activation::Sigmoid),
        ("tanh", Activation::Tanh),
        ("softplus", Activation::Softplus),
    ];
    let wide = scaled([3, 5, 2, 3], 0.0, 4.0, 0.0);
    for (name, f) in all {
        case(name, std::slice::from_ref(&wide), |ctx, v| activate(ctx, &v[0], f));
    }
    case("prelu", &[wide, scaled(CHANNELS, 1.0, 1.0, 0.5)], |ctx, v| prelu::prelu(ctx, &v[0], &v[1]));
}

#[test]
fn norms() {
    let (x, bias) = (input(X, 0.0), input(CHANNELS, 2.0));
    let weight = scaled(CHANNELS, 1.0, 1.0, 1.0);
    let affine = [x.clone(), weight.clone(), bias.clone()];
    case("batch-train", &affine, |ctx, v| Ok(batch_norm_train(ctx, &v[0], Some((&v[1], &v[2])), 1e-5)?.0));
    case("batch-one", &[input([1, 1, 3, 2], 0.0)], |ctx, v| Ok(batch_norm_train(ctx, &v[0], None, 1e-3)?.0));
    case("instance", std::slice::from_ref(&x), |ctx, v| instance_norm(ctx, &v[0], None, 1e-5));
    case("instance-affine", &affine, |ctx, v| instance_norm(ctx, &v[0], Some((&v[1], &v[2])), 1e-5));
    case("layer", &affine, |ctx, v| layer_norm(ctx, &v[0], Some((&v[1], &v[2])), 1e-5));
    let (mean, variance) = (input(CHANNELS, 1.0), scaled(CHANNELS, 2.0, 1.0, 1.5));
    let given = [x.clone(), mean, variance, scaled(CHANNELS, 3.0, 1.0, 1.0), input(CHANNELS, 4.0)];
    case("batch-eval", &given, |ctx, v| batch_norm_eval(ctx, &v[0], &v[1], &v[2], Some((&v[3], &v[4])), 1e-5));

    // torch's running statistics after one batch with momentum 1: the batch's mean and unbiased variance.
    let ctx = Context::inference(&Cpu::default());
    let (_, measured) = batch_norm_train(&ctx, &x, Some((&weight, &bias)), 1e-5).unwrap();
    let variance: Vec<f32> = measured.variance.to_vec().iter().map(|v| v * measured.unbiased).collect();
    assert!(distance(&measured.mean.to_vec(), &golden("batch-train/mean").unwrap()) < TOLERANCE);
    assert!(distance(&variance, &golden("batch-train/variance").unwrap()) < TOLERANCE);
}

#[test]
fn sizes() {
    let x = [input(SMALL, 0.0)];
    case("nearest-up", &x, |ctx, v| resize::resize_nearest(ctx, &v[0], (10, 14)));
    case("nearest-odd", &x, |ctx, v| resize::resize_nearest(ctx, &v[0], (8, 3)));
    for (name, align) in [("bilinear", false), ("bilinear-corners", true)] {
        for (h, w) in [(10, 14), (3, 4), (8, 7)] {
            case(&format!("{name}-{h}-{w}"), &x, |ctx, v| resize::resize_bilinear(ctx, &v[0], (h, w), align));
        }
    }
    let read = [x[0].clone(), scaled([2, 4, 5, 2], 1.0, 1.375, 0.0)];
    for (padding, border) in [("zeros", Border::Zero), ("border", Border::Replicate)] {
        for (name, align) in [("grid", false), ("grid-corners", true)] {
            case(&format!("{name}-{padding}"), &read, |ctx, v| grid_sample(ctx, &v[0], &v[1], border, align));
        }
    }
    case("max-3-2-1", &x, |ctx, v| pool::max_pool(ctx, &v[0], 3, 2, 1));
    case("max-2-2-0", &x, |ctx, v| pool::max_pool(ctx, &v[0], 2, 2, 0));
    case("average-3-2-1", &x, |ctx, v| pool::average_pool(ctx, &v[0], 3, 2, 1));
    case("average-2-2-0", &x, |ctx, v| pool::average_pool(ctx, &v[0], 2, 2, 0));
    case("global-average", &x, |ctx, v| pool::global_average_pool(ctx, &v[0]));
    case("global-max", &x, |ctx, v| pool::global_max_pool(ctx, &v[0]));
}

#[test]
fn shapes() {
    let x = [input(SMALL, 0.0)];
    for (name, border) in [("zero", Border::Zero), ("reflect", Border::Reflect), ("replicate", Border::Replicate)] {
        case(&format!("pad-{name}"), &x, |ctx, v| shape::pad(ctx, &v[0], [0, 3, 2, 1], border));
    }
    case("crop", &x, |ctx, v| shape::crop(ctx, &v[0], 1, 2, 3, 4));
    case("flip", &x, |ctx, v| shape::flip_width(ctx, &v[0]));
    case("slice-channels", &x, |ctx, v| shape::slice_channels(ctx, &v[0], 1, 2));
    case("slice-batch", &x, |ctx, v| shape::slice_batch(ctx, &v[0], 1, 1));
    let channels = [input(SMALL, 0.0), input([2, 2, 5, 7], 1.0)];
    case("concat-channels", &channels, |ctx, v| shape::concat_channels(ctx, &[&v[0], &v[1], &v[0]]));
    let batches = [input(SMALL, 0.0), input([1, 3, 5, 7], 1.0)];
    case("concat-batch", &batches, |ctx, v| shape::concat_batch(ctx, &[&v[0], &v[1], &v[0]]));
}

#[test]
fn arithmetic() {
    let shapes = [
        ("same", MAP, MAP),
        ("gate", MAP, [2, 3, 1, 1]),
        ("mask", MAP, [2, 1, 4, 5]),
        ("channel", [1, 3, 1, 1], MAP),
        ("scalar", MAP, [1, 1, 1, 1]),
        ("outer", [2, 1, 4, 1], [1, 3, 1, 5]),
    ];
    for (shape, left, right) in shapes {
        let inputs = [input(left, 0.0), input(right, 1.0)];
        case(&format!("add-{shape}"), &inputs, |ctx, v| a::add(ctx, &v[0], &v[1]));
        case(&format!("subtract-{shape}"), &inputs, |ctx, v| a::subtract(ctx, &v[0], &v[1]));
        case(&format!("multiply-{shape}"), &inputs, |ctx, v| a::multiply(ctx, &v[0], &v[1]));
        case(&format!("squared-{shape}"), &inputs, |ctx, v| a::squared_difference(ctx, &v[0], &v[1]));
        case(&format!("absolute-{shape}"), &inputs, |ctx, v| a::absolute_difference(ctx, &v[0], &v[1]));
    }
    let x = [input(MAP, 0.0)];
    case("affine", &x, |ctx, v| a::affine(ctx, &v[0], 1.5, -0.25));
    case("square", &x, |ctx, v| a::square(ctx, &v[0]));
    case("abs", &x, |ctx, v| a::absolute(ctx, &v[0]));
    case("sqrt", &[scaled(MAP, 0.0, 1.0, 1.5)], |ctx, v| a::sqrt(ctx, &v[0], 1e-3));
}

#[test]
fn reductions() {
    let x = [input(MAP, 0.0)];
    case("mean-all", &x, |ctx, v| reduce::mean_all(ctx, &v[0]));
    case("sum-all", &x, |ctx, v| reduce::sum_all(ctx, &v[0]));
    case("mean-samples", &x, |ctx, v| reduce::mean_samples(ctx, &v[0]));
    case("mean-channels", &x, |ctx, v| reduce::mean_channels(ctx, &v[0]));
    case("max-channels", &x, |ctx, v| reduce::max_channels(ctx, &v[0]));
    case("top", &x, |ctx, v| reduce::top_share_mean(ctx, &v[0], None, 0.3));
    for (name, channels) in [("masked-one", 1), ("masked-all", 3)] {
        let mask = scaled([2, channels, 4, 5], 1.0, 0.5, 0.5);
        case(name, &[input(MAP, 0.0), mask], |ctx, v| reduce::masked_mean_samples(ctx, &v[0], &v[1]));
    }
    case("normalise", &x, |ctx, v| l2_normalise::l2_normalise(ctx, &v[0], 1e-6));
    case("normalise-vector", &[input([3, 7, 1, 1], 0.0)], |ctx, v| l2_normalise::l2_normalise(ctx, &v[0], 1e-6));
}

#[test]
fn fusions() {
    let weights = scaled([1, 3, 1, 1], 3.0, 1.0, 0.25);
    let inputs = [input(MAP, 0.0), input(MAP, 1.0), input(MAP, 2.0), weights];
    let weightings = [("fast", Weighting::FastNormalized { epsilon: 1e-2 }), ("softmax", Weighting::Softmax)];
    for (name, weighting) in weightings {
        case(&format!("fusion-{name}"), &inputs, |ctx, v| weighted_sum(ctx, &[&v[0], &v[1], &v[2]], &v[3], weighting));
    }
}

#[test]
fn losses() {
    let (p, t) = (scaled(MAP, 0.0, 0.49, 0.5), scaled(MAP, 1.0, 0.5, 0.5));
    case("bce", &[p, t], |ctx, v| loss::bce(ctx, &v[0], &v[1]));
    let labels = Var::constant(given([3, 1, 1, 1], vec![2.0, 0.0, 6.0]).tensor().clone());
    let logits = scaled([3, 7, 1, 1], 0.0, 4.0, 0.0);
    case("cross-entropy", &[logits], |ctx, v| loss::softmax_cross_entropy(ctx, &v[0], &labels));
    let cosines = scaled([3, 7, 1, 1], 0.0, 0.9, 0.0);
    case("arc", &[cosines], |ctx, v| loss::arc_margin(ctx, &v[0], &labels, 0.5, 64.0));
    let images = [input([1, 2, 13, 15], 0.0), input([1, 2, 13, 15], 0.3)];
    case("ssim-gaussian", &images, |ctx, v| ssim_map(ctx, &v[0], &v[1], Window::Gaussian, 2.0));
    case("ssim-uniform", &images, |ctx, v| ssim_map(ctx, &v[0], &v[1], Window::Uniform, 2.0));
    let (x, mask) = (input(MAP, 0.0), scaled([2, 1, 4, 5], 1.0, 0.5, 0.5));
    case("variation", std::slice::from_ref(&x), |ctx, v| total_variation::total_variation(ctx, &v[0], None));
    case("variation-masked", &[x.clone(), mask.clone()], |ctx, v| {
        total_variation::total_variation(ctx, &v[0], Some(&v[1]))
    });
    case("fill", &[x, mask], |ctx, v| fill::mean_fill(ctx, &v[0], &v[1]));
}

#[test]
fn logarithms_of_certain_probabilities_are_bounded() {
    let ctx = Context::inference(&Cpu::default());
    let p = given([1, 1, 2, 2], vec![0.0, 1.0, 0.0, 1.0]);
    let t = given([1, 1, 2, 2], vec![0.0, 0.0, 1.0, 1.0]);
    let y = loss::bce(&ctx, &p, &t).unwrap().to_vec();
    assert_eq!(y, golden("bce-edge/y").unwrap());
    assert_eq!(y, [0.0, 100.0, 100.0, 0.0]);
}
