//! The same bits for any number of threads, forward and back, on maps that are cut into many tasks.

use crate::random::Stream;
use crate::tensor::ops::arithmetic as a;
use crate::tensor::ops::check::{backward_of, leaf, wave};
use crate::tensor::ops::fusion::{Weighting, weighted_sum};
use crate::tensor::ops::grid_sample::grid_sample;
use crate::tensor::ops::norm::{batch_norm_train, instance_norm, layer_norm};
use crate::tensor::ops::ssim::{Window, ssim_map};
use crate::tensor::ops::{
    Border, dropout, fill, l2_normalise, loss, pool, prelu, reduce, resize, shape, total_variation,
};
use crate::tensor::{Context, Cpu, Var};

type Bits = Vec<Option<Vec<u32>>>;

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

fn same(name: &str, inputs: &[Var<Cpu>], f: impl Fn(&Context<Cpu>, &[Var<Cpu>]) -> Var<Cpu> + Sync) {
    let shapes: Vec<([usize; 4], Vec<f32>)> = inputs.iter().map(|v| (v.shape(), v.to_vec())).collect();
    let run = |threads: usize| -> Bits {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let inputs: Vec<Var<Cpu>> = shapes
                .iter()
                .map(|(shape, values)| {
                    Var::leaf(Context::inference(&Cpu::default()).tensor(values.clone(), *shape).unwrap())
                })
                .collect();
            let (y, gradients) = backward_of(&f, &inputs, |len| wave(len, 2.0));
            std::iter::once(Some(bits(&y))).chain(gradients.iter().map(|g| g.as_deref().map(bits))).collect()
        })
    };
    let one = run(1);
    for threads in [2, 3, 5] {
        assert!(run(threads) == one, "{name} differs with {threads} threads");
    }
}

const LARGE: [usize; 4] = [3, 5, 67, 71];

#[test]
fn reductions() {
    let x = [leaf(LARGE, 0)];
    // One plane of more elements than a task takes, so that a single sum is cut.
    let plane = [leaf([1, 1, 201, 203], 0)];
    for x in [&x, &plane] {
        same("mean_all", x, |ctx, v| reduce::mean_all(ctx, &v[0]).unwrap());
        same("sum_all", x, |ctx, v| reduce::sum_all(ctx, &v[0]).unwrap());
        same("mean_samples", x, |ctx, v| reduce::mean_samples(ctx, &v[0]).unwrap());
        same("mean_channels", x, |ctx, v| reduce::mean_channels(ctx, &v[0]).unwrap());
        same("max_channels", x, |ctx, v| reduce::max_channels(ctx, &v[0]).unwrap());
        same("masked_mean", x, |ctx, v| reduce::masked_mean_samples(ctx, &v[0], &v[0]).unwrap());
        same("top_share_mean", x, |ctx, v| reduce::top_share_mean(ctx, &v[0], None, 0.2).unwrap());
        same("batch norm", x, |ctx, v| batch_norm_train(ctx, &v[0], None, 1e-5).unwrap().0);
        same("instance norm", x, |ctx, v| instance_norm(ctx, &v[0], None, 1e-5).unwrap());
        same("layer norm", x, |ctx, v| layer_norm(ctx, &v[0], None, 1e-5).unwrap());
        same("global average", x, |ctx, v| pool::global_average_pool(ctx, &v[0]).unwrap());
        same("total variation", x, |ctx, v| total_variation::total_variation(ctx, &v[0], None).unwrap());
        same("l2 normalise", x, |ctx, v| l2_normalise::l2_normalise(ctx, &v[0], 1e-6).unwrap());
    }
    let slopes = [leaf(LARGE, 0), leaf([1, 5, 1, 1], 1)];
    same("prelu", &slopes, |ctx, v| prelu::prelu(ctx, &v[0], &v[1]).unwrap());
    let fused = [leaf(LARGE, 0), leaf(LARGE, 1), leaf([1, 2, 1, 1], 2)];
    same("fusion", &fused, |ctx, v| weighted_sum(ctx, &[&v[0], &v[1]], &v[2], Weighting::Softmax).unwrap());
    let images = [leaf([1, 3, 67, 71], 0), leaf([1, 3, 67, 71], 1)];
    same("ssim", &images, |ctx, v| ssim_map(ctx, &v[0], &v[1], Window::Gaussian, 2.0).unwrap());
}

#[test]
fn sums_over_what_was_repeated() {
    for other in [[1, 5, 1, 1], [3, 1, 67, 71], [3, 5, 1, 1], [1, 1, 1, 1], [1, 1, 67, 71], [3, 5, 67, 1]] {
        let inputs = [leaf(LARGE, 0), leaf(other, 1)];
        same("multiply", &inputs, |ctx, v| a::multiply(ctx, &v[0], &v[1]).unwrap());
        same("difference", &inputs, |ctx, v| a::squared_difference(ctx, &v[0], &v[1]).unwrap());
    }
}

#[test]
fn everything_else() {
    let x = [leaf(LARGE, 0)];
    same("bilinear", &x, |ctx, v| resize::resize_bilinear(ctx, &v[0], (90, 41), false).unwrap());
    let read = [leaf(LARGE, 0), leaf([3, 75, 43, 2], 1)];
    same("grid", &read, |ctx, v| grid_sample(ctx, &v[0], &v[1], Border::Zero, false).unwrap());
    same("max pool", &x, |ctx, v| pool::max_pool(ctx, &v[0], 3, 2, 1).unwrap());
    same("average pool", &x, |ctx, v| pool::average_pool(ctx, &v[0], 3, 2, 1).unwrap());
    same("concat", &x, |ctx, v| shape::concat_channels(ctx, &[&v[0], &v[0]]).unwrap());
    same("flip", &x, |ctx, v| shape::flip_width(ctx, &v[0]).unwrap());
    same("crop", &x, |ctx, v| shape::crop(ctx, &v[0], 3, 5, 60, 61).unwrap());
    same("dropout", &x, |ctx, v| dropout::dropout(ctx, &v[0], 0.4, Stream::new(3, "dropout")).unwrap());
    same("bce", &x, |ctx, v| loss::bce(ctx, &a::square(ctx, &v[0]).unwrap(), &v[0].detach()).unwrap());
    let missing = leaf([3, 1, 67, 71], 1).detach();
    same("fill", &x, |ctx, v| fill::mean_fill(ctx, &v[0], &missing).unwrap());
    let logits = [leaf([301, 97, 1, 1], 0)];
    let labels = Context::inference(&Cpu::default()).constant(vec![3.0; 301], [301, 1, 1, 1]).unwrap();
    same("cross-entropy", &logits, |ctx, v| loss::softmax_cross_entropy(ctx, &v[0], &labels).unwrap());
}
