//! Gradients against central differences, on odd shapes: batches of 1 and 3, 1 and 5 channels, non-square maps.

use crate::random::Stream;
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::ops::arithmetic as a;
use crate::tensor::ops::check::{given, gradients, gradients_at, leaf, values};
use crate::tensor::ops::fusion::{Weighting, weighted_sum};
use crate::tensor::ops::grid_sample::grid_sample;
use crate::tensor::ops::loss::Curve;
use crate::tensor::ops::norm::{batch_norm_eval, batch_norm_train, instance_norm, layer_norm};
use crate::tensor::ops::ssim::{Window, ssim_map};
use crate::tensor::ops::{
    Border, dropout, fill, l2_normalise, loss, pool, prelu, reduce, resize, shape, total_variation,
};
use crate::tensor::{Cpu, Var};

const TOLERANCE: f64 = 1e-3;
const CURVES: [Curve; 4] = [
    Curve::Angle { margin: 0.5, monotonic: false },
    Curve::Angle { margin: 0.5, monotonic: true },
    Curve::Cosine { margin: 0.4 },
    Curve::Multiple { times: 4, keep: 5.0 },
];
const SHAPES: [[usize; 4]; 3] = [[1, 1, 3, 5], [3, 5, 5, 2], [1, 5, 4, 3]];

/// Values in about (0.1, 0.9), as constants or leaves.
fn share(shape: [usize; 4], seed: u64) -> Var<Cpu> {
    given(shape, values(shape.iter().product(), seed).iter().map(|v| 0.5 + 0.38 * v).collect())
}

fn constant(v: &Var<Cpu>) -> Var<Cpu> {
    v.detach()
}

#[test]
fn activations() {
    let all = [
        Activation::Relu,
        Activation::LeakyRelu(0.2),
        Activation::Elu(0.7),
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::HardSwish,
        Activation::Silu,
        Activation::Softplus,
    ];
    for shape in SHAPES {
        for f in all {
            gradients(&[shape], TOLERANCE, |ctx, v| activate(ctx, &v[0], f).unwrap());
        }
        let slopes = [1, shape[1], 1, 1];
        gradients(&[shape, slopes], TOLERANCE, |ctx, v| prelu::prelu(ctx, &v[0], &v[1]).unwrap());
    }
}

#[test]
fn norms() {
    for shape in SHAPES {
        let channels = [1, shape[1], 1, 1];
        let all = [shape, channels, channels];
        gradients(&all, TOLERANCE, |ctx, v| batch_norm_train(ctx, &v[0], Some((&v[1], &v[2])), 1e-2).unwrap().0);
        gradients(&all, TOLERANCE, |ctx, v| instance_norm(ctx, &v[0], Some((&v[1], &v[2])), 1e-2).unwrap());
        gradients(&all, TOLERANCE, |ctx, v| layer_norm(ctx, &v[0], Some((&v[1], &v[2])), 1e-2).unwrap());
        gradients(&[shape], TOLERANCE, |ctx, v| instance_norm(ctx, &v[0], None, 1e-2).unwrap());
        let inputs = [leaf(shape, 0), constant(&leaf(channels, 1)), constant(&share(channels, 2)), leaf(channels, 3)];
        gradients_at(&inputs, TOLERANCE, |ctx, v| {
            batch_norm_eval(ctx, &v[0], &v[1], &v[2], Some((&v[3], &v[3])), 1e-2).unwrap()
        });
    }
}

#[test]
fn sizes() {
    for shape in SHAPES {
        for size in [(5, 7), (2, 9), (4, 3)] {
            gradients(&[shape], TOLERANCE, |ctx, v| resize::resize_nearest(ctx, &v[0], size).unwrap());
            for align in [false, true] {
                gradients(&[shape], TOLERANCE, |ctx, v| resize::resize_bilinear(ctx, &v[0], size, align).unwrap());
            }
        }
        gradients(&[shape], TOLERANCE, |ctx, v| pool::average_pool(ctx, &v[0], 3, 2, 1).unwrap());
        gradients(&[shape], TOLERANCE, |ctx, v| pool::global_average_pool(ctx, &v[0]).unwrap());
    }
    // Few elements, so that a step of the difference never changes which is the largest.
    for shape in [[1, 1, 3, 5], [1, 1, 5, 3]] {
        gradients(&[shape], TOLERANCE, |ctx, v| pool::max_pool(ctx, &v[0], 3, 2, 1).unwrap());
        gradients(&[shape], TOLERANCE, |ctx, v| pool::global_max_pool(ctx, &v[0]).unwrap());
    }
    gradients(&[[1, 5, 3, 1]], TOLERANCE, |ctx, v| reduce::max_channels(ctx, &v[0]).unwrap());
}

/// Places of a grid that lie a third of a pixel or more from where the neighbours change, inside and beyond the edge.
fn places([n, h, w]: [usize; 3], (height, width): (usize, usize), align: bool) -> Var<Cpu> {
    let mut draw = Stream::new(5, "places");
    let mut place = |len: usize| {
        let pixel = draw.below(len + 4) as f32 - 2.5 + draw.between(-0.15, 0.15) as f32;
        match align {
            true => 2.0 * pixel / (len - 1) as f32 - 1.0,
            false => (2.0 * pixel + 1.0) / len as f32 - 1.0,
        }
    };
    let values = (0..n * h * w).flat_map(|_| [place(width), place(height)]).collect();
    given([n, h, w, 2], values)
}

#[test]
fn readings_at_a_grid() {
    for shape in [[1, 1, 3, 5], [3, 5, 5, 2], [2, 2, 4, 3]] {
        for border in [Border::Zero, Border::Replicate] {
            for align in [false, true] {
                let inputs = [leaf(shape, 0), places([shape[0], 4, 6], (shape[2], shape[3]), align)];
                gradients_at(&inputs, TOLERANCE, |ctx, v| grid_sample(ctx, &v[0], &v[1], border, align).unwrap());
                let fixed = [inputs[0].clone(), constant(&inputs[1])];
                gradients_at(&fixed, TOLERANCE, |ctx, v| grid_sample(ctx, &v[0], &v[1], border, align).unwrap());
            }
        }
    }
}

#[test]
fn shapes() {
    for s in [[1, 1, 4, 5], [3, 5, 3, 4]] {
        for border in [Border::Zero, Border::Reflect, Border::Replicate] {
            gradients(&[s], TOLERANCE, |ctx, v| shape::pad(ctx, &v[0], [2, 0, 1, 2], border).unwrap());
        }
        gradients(&[s], TOLERANCE, |ctx, v| shape::crop(ctx, &v[0], 1, 2, 2, 2).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| shape::flip_width(ctx, &v[0]).unwrap());
        gradients(&[s, [s[0], 2, s[2], s[3]]], TOLERANCE, |ctx, v| {
            let joined = shape::concat_channels(ctx, &[&v[0], &v[1]]).unwrap();
            shape::slice_channels(ctx, &joined, s[1] - 1, 2).unwrap()
        });
        gradients(&[s, [2, s[1], s[2], s[3]]], TOLERANCE, |ctx, v| {
            let joined = shape::concat_batch(ctx, &[&v[0], &v[1]]).unwrap();
            let cut = shape::slice_batch(ctx, &joined, s[0] - 1, 2).unwrap();
            shape::reshape(ctx, &cut, [1, cut.len(), 1, 1]).unwrap()
        });
    }
}

/// The same value twice, and a value that is read again after it was cut: gradients add up.
#[test]
fn values_used_twice() {
    for s in SHAPES {
        gradients(&[s], TOLERANCE, |ctx, v| a::add(ctx, &v[0], &v[0]).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| a::multiply(ctx, &v[0], &v[0]).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| {
            let product = a::multiply(ctx, &v[0], &a::affine(ctx, &v[0], 1.0, 2.0).unwrap()).unwrap();
            a::subtract(ctx, &product, &v[0]).unwrap()
        });
        gradients(&[s], TOLERANCE, |ctx, v| shape::concat_channels(ctx, &[&v[0], &v[0]]).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| shape::concat_batch(ctx, &[&v[0], &v[0], &v[0]]).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| {
            let top = shape::crop(ctx, &v[0], 0, 0, 1, s[3]).unwrap();
            let flat = shape::reshape(ctx, &v[0], [s[0], s[1], s[2], s[3]]).unwrap();
            a::multiply(ctx, &flat, &top).unwrap()
        });
    }
}

#[test]
fn arithmetic() {
    for (left, right) in [([3, 5, 2, 3], [1, 5, 1, 1]), ([1, 1, 4, 3], [3, 5, 1, 1]), ([3, 1, 2, 3], [1, 5, 1, 3])] {
        gradients(&[left, right], TOLERANCE, |ctx, v| a::add(ctx, &v[0], &v[1]).unwrap());
        gradients(&[left, right], TOLERANCE, |ctx, v| a::subtract(ctx, &v[0], &v[1]).unwrap());
        gradients(&[left, right], TOLERANCE, |ctx, v| a::multiply(ctx, &v[0], &v[1]).unwrap());
        gradients(&[left, right], TOLERANCE, |ctx, v| a::squared_difference(ctx, &v[0], &v[1]).unwrap());
    }
    // Apart by more than a step, so that no difference changes its sign.
    let (left, right) = (leaf([1, 5, 3, 1], 0), share([1, 5, 1, 1], 1));
    let right = given(right.shape(), right.to_vec().iter().map(|v| v + 1.5).collect());
    gradients_at(&[left, right], TOLERANCE, |ctx, v| a::absolute_difference(ctx, &v[0], &v[1]).unwrap());
    for s in SHAPES {
        gradients(&[s], TOLERANCE, |ctx, v| a::affine(ctx, &v[0], -0.5, 0.25).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| a::square(ctx, &v[0]).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| a::absolute(ctx, &v[0]).unwrap());
        gradients_at(&[share(s, 0)], TOLERANCE, |ctx, v| a::sqrt(ctx, &v[0], 0.1).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| dropout::dropout(ctx, &v[0], 0.3, Stream::new(1, "dropout")).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| l2_normalise::l2_normalise(ctx, &v[0], 1e-6).unwrap());
    }
}

#[test]
fn reductions() {
    for s in SHAPES {
        gradients(&[s], TOLERANCE, |ctx, v| reduce::mean_all(ctx, &v[0]).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| reduce::sum_all(ctx, &v[0]).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| reduce::mean_samples(ctx, &v[0]).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| reduce::mean_channels(ctx, &v[0]).unwrap());
        for channels in [1, s[1]] {
            let inputs = [leaf(s, 0), share([s[0], channels, s[2], s[3]], 1)];
            gradients_at(&inputs, TOLERANCE, |ctx, v| reduce::masked_mean_samples(ctx, &v[0], &v[1]).unwrap());
        }
        for weighting in [Weighting::FastNormalized { epsilon: 1e-2 }, Weighting::Softmax] {
            gradients(&[s, s, [1, 2, 1, 1]], TOLERANCE, |ctx, v| {
                weighted_sum(ctx, &[&v[0], &v[1]], &v[2], weighting).unwrap()
            });
        }
    }
    gradients(&[[1, 5, 3, 1]], TOLERANCE, |ctx, v| reduce::top_share_mean(ctx, &v[0], None, 0.4).unwrap());
    let inputs = [leaf([1, 5, 1, 3], 0), constant(&share([1, 1, 1, 3], 1))];
    gradients_at(&inputs, TOLERANCE, |ctx, v| reduce::top_share_mean(ctx, &v[0], Some(&v[1]), 0.4).unwrap());
}

#[test]
fn losses() {
    for s in SHAPES {
        let wide = |seed| given(s, share(s, seed).to_vec().iter().map(|v| 0.3 + 0.4 * v).collect());
        gradients_at(&[wide(0), share(s, 1)], TOLERANCE, |ctx, v| loss::bce(ctx, &v[0], &v[1]).unwrap());
        let mask = constant(&share([s[0], 1, s[2], s[3]], 2));
        gradients(&[s], TOLERANCE, |ctx, v| total_variation::total_variation(ctx, &v[0], None).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| total_variation::total_variation(ctx, &v[0], Some(&mask)).unwrap());
        gradients(&[s], TOLERANCE, |ctx, v| fill::mean_fill(ctx, &v[0], &mask).unwrap());
    }
    for s in [[1, 5, 1, 1], [3, 5, 1, 1]] {
        let labels = constant(&given([s[0], 1, 1, 1], [4.0, 0.0, 2.0][..s[0]].to_vec()));
        gradients(&[s], TOLERANCE, |ctx, v| loss::softmax_cross_entropy(ctx, &v[0], &labels).unwrap());
        let cosines = share(s, 0);
        for curve in CURVES {
            gradients_at(std::slice::from_ref(&cosines), TOLERANCE, |ctx, v| {
                loss::class_margin(ctx, &v[0], &labels, curve, 8.0).unwrap()
            });
        }
        let table = [5, 4, 1, 1];
        gradients(&[table], TOLERANCE, |ctx, v| loss::class_rows(ctx, &v[0], &labels, false).unwrap());
    }
    for (window, s) in [(Window::Uniform, [1, 1, 8, 9]), (Window::Gaussian, [1, 2, 12, 11])] {
        gradients(&[s, s], TOLERANCE, |ctx, v| ssim_map(ctx, &v[0], &v[1], window, 2.0).unwrap());
    }
}
