//! What operations promise beyond their numbers.

use crate::random::Stream;
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::ops::arithmetic::{add, affine, multiply};
use crate::tensor::ops::check::{backward_of, given, leaf, wave};
use crate::tensor::ops::grid_sample::grid_sample;
use crate::tensor::ops::loss::Curve;
use crate::tensor::ops::norm::{batch_norm_train, instance_norm};
use crate::tensor::ops::ssim::{Window, ssim_map};
use crate::tensor::ops::{Border, dropout, fill, fusion, loss, pool, reduce, resize, shape, total_variation};
use crate::tensor::{Context, Cpu, Error, Var};

fn ctx() -> Context<Cpu> {
    Context::inference(&Cpu::default())
}

/// The images of `reference-facts`, section 6.11: A = (3i + 5j + 17c) mod 256, B = clip(A + (7i + 11j + 13c) mod 21 -
/// 10), 64 x 64 x 3, as 1 x 3 x 64 x 64.
fn images() -> [Var<Cpu>; 2] {
    let pixels = |f: fn(i64, i64, i64) -> i64| {
        let plane = |c| (0..64).flat_map(move |i| (0..64).map(move |j| f(i, j, c) as f32));
        given([1, 3, 64, 64], (0..3).flat_map(plane).collect())
    };
    let first = pixels(|i, j, c| (3 * i + 5 * j + 17 * c) % 256);
    let second = pixels(|i, j, c| ((3 * i + 5 * j + 17 * c) % 256 + (7 * i + 11 * j + 13 * c) % 21 - 10).clamp(0, 255));
    [first, second]
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64
}

/// pytorch_msssim.ssim(A, B, data_range=255), and skimage.metrics.structural_similarity(A, B, channel_axis=2), whose
/// mean leaves out a border of 3: the windows inside.
#[test]
fn similarity_is_that_of_the_references() {
    let [first, second] = images();
    assert_eq!(first.to_vec().iter().sum::<f32>(), 1_590_528.0);
    assert_eq!(second.to_vec().iter().sum::<f32>(), 1_590_658.0);
    let gaussian = ssim_map(&ctx(), &first, &second, Window::Gaussian, 255.0).unwrap();
    assert_eq!(gaussian.shape(), [1, 3, 54, 54]);
    assert!((mean(&gaussian.to_vec()) - 0.8786494769338015).abs() < 1e-5);
    let uniform = ssim_map(&ctx(), &first, &second, Window::Uniform, 255.0).unwrap();
    assert!((mean(&uniform.to_vec()) - 0.9161144522277773).abs() < 1e-5);
    assert!((mean(&uniform.to_vec()[..58 * 58]) - 0.9158217713744712).abs() < 1e-5);
    let itself = ssim_map(&ctx(), &first, &first, Window::Gaussian, 255.0).unwrap();
    assert!(itself.to_vec().iter().all(|v| *v == 1.0));
}

/// The golden logits of `reference-facts`, section 6.7: the plain form of insightface's torch code.
#[test]
fn margins_are_those_of_the_reference() {
    let cosines = given([2, 3, 1, 1], vec![0.5, 0.1, -0.3, -0.95, 0.2, 0.0]);
    let labels = given([2, 1, 1, 1], vec![0.0, 0.0]);
    // -0.95 lies below cos(pi - 0.5): with the fix its logit is 64 (-0.95 - 0.5 sin 0.5) = -76.14162.
    for (monotonic, below) in [(false, -62.93785), (true, -76.14162)] {
        let curve = Curve::Angle { margin: 0.5, monotonic };
        let y = loss::class_margin(&ctx(), &cosines, &labels, curve, 64.0).unwrap().to_vec();
        for (y, wanted) in y.iter().zip([1.51018, 6.4, -19.2, below, 12.8, 0.0]) {
            assert!((y - wanted).abs() < 2e-5, "{y} {wanted}");
        }
    }
}

/// Wen et al. 2016, eq. 4: a centre moves by the sum of its samples' distances over one plus their number.
#[test]
fn centres_move_as_published() {
    let ctx = Context::recording(&Cpu::default());
    let table = leaf([3, 2, 1, 1], 0);
    let labels = given([4, 1, 1, 1], vec![2.0, 0.0, 2.0, 2.0]);
    let rows = loss::class_rows(&ctx, &table, &labels, true).unwrap();
    let mean = reduce::mean_all(&ctx, &rows).unwrap();
    let found = ctx.backward(&mean).unwrap().take(table.tensor()).unwrap().unwrap().to_vec();
    // Each sample's gradient is 1 / 8; times 4 samples over 1 + 1 and 1 + 3.
    assert_eq!(found, [0.25, 0.25, 0.0, 0.0, 0.375, 0.375]);
}

#[test]
fn labels_out_of_range_give_nan() {
    let logits = leaf([2, 3, 1, 1], 0);
    let labels = given([2, 1, 1, 1], vec![3.0, 2.0]);
    let y = loss::softmax_cross_entropy(&ctx(), &logits, &labels).unwrap().to_vec();
    assert!(y[0].is_nan() && y[1].is_finite());
}

#[test]
fn nan_passes_on() {
    let x = given([1, 1, 1, 2], vec![f32::NAN, 1.0]);
    let all = [
        Activation::Relu,
        Activation::LeakyRelu(0.1),
        Activation::Elu(1.0),
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::HardSwish,
        Activation::Silu,
        Activation::Softplus,
    ];
    for f in all {
        let y = activate(&ctx(), &x, f).unwrap().to_vec();
        assert!(y[0].is_nan() && y[1].is_finite(), "{f:?}");
    }
    assert!(pool::global_max_pool(&ctx(), &x).unwrap().item().is_nan());
    assert!(pool::max_pool(&ctx(), &given([1, 1, 1, 2], vec![1.0, f32::NAN]), 1, 1, 0).unwrap().to_vec()[1].is_nan());
    assert!(instance_norm(&ctx(), &x, None, 1e-5).unwrap().to_vec()[1].is_nan());
}

#[test]
fn maxima_are_the_same_with_and_without_where_they_were() {
    let mut values: Vec<f32> = (0..2 * 7 * 19).map(|i| ((i * 37 % 101) as f32).sin()).collect();
    values[30] = f32::NAN;
    values[200] = f32::NEG_INFINITY;
    let x = given([1, 2, 7, 19], values);
    let recording = Context::recording(&Cpu::default());
    for (kernel, stride, padding) in [(1, 1, 0), (2, 2, 1), (3, 2, 1), (3, 1, 1), (4, 3, 2), (5, 2, 2), (7, 4, 0)] {
        let with = pool::max_pool(&recording, &x, kernel, stride, padding).unwrap().to_vec();
        let without = pool::max_pool(&ctx(), &x, kernel, stride, padding).unwrap().to_vec();
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(with), bits(without), "{kernel} by {stride}, padding {padding}");
    }
}

#[test]
fn dropout_keeps_its_share_and_draws_again_what_it_drew() {
    let x = given([1, 1, 200, 250], vec![1.0; 50_000]);
    let stream = Stream::new(5, "dropout");
    let draw = |stream| {
        backward_of(
            |ctx, v| dropout::dropout(ctx, &v[0], 0.25, stream).unwrap(),
            std::slice::from_ref(&x),
            |n| vec![1.0; n],
        )
    };
    let (y, gradients) = draw(stream);
    assert!(y.iter().all(|&v| v == 0.0 || v == 1.0 / 0.75));
    let kept = y.iter().filter(|v| **v != 0.0).count() as f64 / 50_000.0;
    // Four standard deviations of a binomial share.
    assert!((kept - 0.75).abs() < 4.0 * (0.75_f64 * 0.25 / 50_000.0).sqrt(), "{kept}");
    assert_eq!(gradients[0].as_ref(), Some(&y));
    assert_eq!(draw(stream).0, y);
    assert_ne!(draw(stream.fork(1)).0, y);
}

#[test]
fn empty_masks_count_nothing() {
    let x = given([2, 2, 1, 3], (0..12).map(|i| i as f32).collect());
    let mask = given([2, 1, 1, 3], vec![0.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
    assert_eq!(reduce::masked_mean_samples(&ctx(), &x, &mask).unwrap().to_vec(), [0.0, 8.5]);
    let none = given([2, 1, 1, 3], vec![0.0; 6]);
    assert_eq!(reduce::top_share_mean(&ctx(), &x, Some(&none), 0.5).unwrap().item(), 0.0);
    // Of the elements 6, 8, 9, 11 under the mask, the larger half.
    assert_eq!(reduce::top_share_mean(&ctx(), &x, Some(&mask), 0.5).unwrap().item(), 10.0);
    // No neighbours in the first sample's mask, none side by side in the second's.
    assert_eq!(total_variation::total_variation(&ctx(), &x, Some(&mask)).unwrap().to_vec(), [0.0, 0.0]);
}

#[test]
fn nothing_that_is_missing_is_read() {
    let image = given([1, 1, 1, 4], vec![1.0, f32::NAN, 3.0, f32::INFINITY]);
    let missing = given([1, 1, 1, 4], vec![0.0, 1.0, 0.0, 1.0]);
    assert_eq!(fill::mean_fill(&ctx(), &image, &missing).unwrap().to_vec(), [1.0, 2.0, 3.0, 2.0]);
    let seen = given([1, 1, 1, 4], vec![1.0, 0.0, 1.0, 0.0]);
    assert_eq!(reduce::masked_mean_samples(&ctx(), &image, &seen).unwrap().item(), 2.0);
}

#[test]
fn constants_get_no_gradient_and_record_nothing() {
    let x = leaf([2, 3, 4, 5], 0).detach();
    let recording = Context::recording(&Cpu::default());
    assert!(!multiply(&recording, &x, &x).unwrap().needs_grad());
    assert!(!batch_norm_train(&recording, &x, None, 1e-5).unwrap().0.needs_grad());
    let weights = leaf([1, 3, 1, 1], 1);
    let (_, gradients) =
        backward_of(|ctx, v| multiply(ctx, &v[0], &v[1]).unwrap(), &[x, weights], |len| wave(len, 0.0));
    assert!(gradients[0].is_none() && gradients[1].is_some());
}

/// A gradient that is only passed on is the same buffer, and so is a reshaped value.
#[test]
fn passing_on_moves() {
    let x = leaf([2, 3, 4, 5], 0);
    let view = shape::reshape(&ctx(), &x, [6, 20, 1, 1]).unwrap();
    assert!(std::ptr::eq(view.storage().unwrap(), x.storage().unwrap()));
    let shifted = |ctx: &Context<Cpu>, v: &[Var<Cpu>]| affine(ctx, &v[0], 1.0, 3.0).unwrap();
    let (_, gradients) = backward_of(shifted, std::slice::from_ref(&x), |len| wave(len, 0.0));
    assert_eq!(gradients[0], Some(wave(120, 0.0)));
    let doubled = |ctx: &Context<Cpu>, v: &[Var<Cpu>]| {
        let view = shape::reshape(ctx, &v[0], [1, 120, 1, 1]).unwrap();
        add(ctx, &shape::reshape(ctx, &view, v[0].shape()).unwrap(), &v[0]).unwrap()
    };
    let (_, gradients) = backward_of(doubled, &[x], |len| wave(len, 0.0));
    assert_eq!(gradients[0], Some(wave(120, 0.0).iter().map(|v| 2.0 * v).collect()));
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let (x, other) = (leaf([2, 3, 4, 5], 0), leaf([2, 3, 4, 4], 1));
    let weights = leaf([1, 1, 1, 1], 2);
    let stream = Stream::new(0, "dropout");
    let refused = [
        add(&ctx(), &x, &other),
        shape::concat_channels(&ctx(), &[&x, &other]),
        shape::concat_channels::<Cpu>(&ctx(), &[]),
        shape::crop(&ctx(), &x, 2, 0, 3, 5),
        shape::slice_channels(&ctx(), &x, 2, 2),
        shape::slice_batch(&ctx(), &x, 0, 3),
        shape::reshape(&ctx(), &x, [2, 3, 4, 4]),
        shape::pad(&ctx(), &x, [4, 0, 0, 0], Border::Reflect),
        pool::max_pool(&ctx(), &x, 6, 1, 0),
        pool::average_pool(&ctx(), &x, 2, 0, 0),
        resize::resize_nearest(&ctx(), &x, (0, 3)),
        instance_norm(&ctx(), &x, Some((&weights, &weights)), 1e-5),
        fusion::weighted_sum(&ctx(), &[&x, &x], &weights, fusion::Weighting::Softmax),
        reduce::masked_mean_samples(&ctx(), &x, &other),
        reduce::top_share_mean(&ctx(), &x, None, 0.0),
        dropout::dropout(&ctx(), &x, 1.0, stream),
        loss::bce(&ctx(), &x, &other),
        loss::softmax_cross_entropy(&ctx(), &x, &weights),
        ssim_map(&ctx(), &x, &x, Window::Uniform, 2.0),
    ];
    for (i, result) in refused.iter().enumerate() {
        assert!(matches!(result, Err(Error::Shape { .. })), "{i}: {result:?}");
    }
}

#[test]
fn a_grid_reads_pixels_and_nothing_beyond_the_edge() {
    let x = given([1, 1, 2, 2], vec![1.0, 2.0, 3.0, f32::INFINITY]);
    let read = |border, align, grid: [f32; 2]| {
        let grid = given([1, 1, 1, 2], grid.to_vec());
        grid_sample(&ctx(), &x, &grid, border, align).unwrap().to_vec()[0]
    };
    // Centres of the pixels lie at -0.5 and 0.5, or at -1 and 1.
    assert_eq!(read(Border::Zero, false, [0.5, -0.5]), 2.0);
    assert_eq!(read(Border::Zero, true, [-1.0, 1.0]), 3.0);
    assert_eq!(read(Border::Zero, true, [0.0, -1.0]), 1.5);
    // A quarter of the upper left pixel and zeros; all of it where the edge repeats.
    assert_eq!((read(Border::Zero, false, [-1.0; 2]), read(Border::Replicate, false, [-1.0; 2])), (0.25, 1.0));
    for far in [-4.0, 1e30, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(read(Border::Zero, false, [far, 0.0]), 0.0);
    }
    assert_eq!(read(Border::Replicate, false, [f32::NEG_INFINITY, 0.5]), 3.0);
    assert!(read(Border::Zero, false, [f32::NAN, 0.5]).is_nan());
    let wrong = [[2, 1, 1, 2], [1, 1, 1, 3], [1, 0, 1, 2]].map(|shape| given(shape, vec![0.0; shape.iter().product()]));
    assert!(wrong.iter().all(|grid| grid_sample(&ctx(), &x, grid, Border::Zero, false).is_err()));
    let grid = given([1, 1, 1, 2], vec![0.0; 2]);
    assert!(grid_sample(&ctx(), &x, &grid, Border::Reflect, false).is_err());
}
