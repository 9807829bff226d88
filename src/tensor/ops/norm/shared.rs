//! Batch norm over a batch whose shares lie in several processes: each measures its own, the measures are exchanged.

use super::{Group, Norm, NormGradients};
use crate::tensor::{Backend, Context, Share};

/// The share whose statistics are to be those of the whole batch.
pub fn of<D: Backend>(ctx: &Context<D>, norm: Norm) -> Option<&Share> {
    ctx.share().filter(|share| share.whole_statistics && norm.measured && norm.group == Group::Channel)
}

/// Means and biased variances of all shares, which are of equal size: the mean of the means; the mean of the variances plus
/// the variance of the means (Chan, Golub and LeVeque 1979, equation 2.1, for equal parts).
pub fn moments<D: Backend>(
    device: &D,
    share: &Share,
    (mean, variance): (D::Vec, D::Vec),
) -> Result<(D::Vec, D::Vec), D::Err> {
    let mut own = device.download(&mean)?;
    own.extend(device.download(&variance)?);
    let all = share.gather(&own).map_err(|said| device.refusal(said))?;
    let (channels, ranks) = (own.len() / 2, all.len() as f64);
    let over = |f: &dyn Fn(&[f32]) -> f64| all.iter().map(|of_rank| f(of_rank)).sum::<f64>() / ranks;
    let (mut means, mut variances) = (Vec::with_capacity(channels), Vec::with_capacity(channels));
    for c in 0..channels {
        let mean = over(&|of_rank| f64::from(of_rank[c]));
        let between = over(&|of_rank| (f64::from(of_rank[c]) - mean).powi(2));
        means.push(mean as f32);
        variances.push((over(&|of_rank| f64::from(of_rank[channels + c])) + between) as f32);
    }
    Ok((device.upload(means)?, device.upload(variances)?))
}

/// The way back. With g = dy weight: dx = inverse (g - mean(g) - xhat mean(g xhat)), the means over all shares; the last two
/// terms are a norm of x with a weight and a bias of their own. Weight and bias get the sums of this share alone.
#[allow(clippy::too_many_arguments, reason = "those of the kernel, and the share")]
pub fn backward<D: Backend>(
    device: &D,
    share: &Share,
    norm: Norm,
    x: &D::Vec,
    moments: (&D::Vec, &D::Vec),
    weight: Option<&D::Vec>,
    dy: D::Vec,
    (wants_input, wants_affine): (bool, bool),
) -> Result<NormGradients<D>, D::Err> {
    let given = Norm { measured: false, ..norm };
    let wants = (wants_input, wants_affine || wants_input);
    let (dx, of_affine) = device.normalise_backward(given, x, moments, weight, dy, wants)?;
    let (Some(mut dx), Some(sums)) = (dx, &of_affine) else { return Ok((None, of_affine)) };
    let mut own = device.download(&sums[0])?;
    own.extend(device.download(&sums[1])?);
    let all = share.gather(&own).map_err(|said| device.refusal(said))?;
    let (variance, weight) = (device.download(moments.1)?, weight.map(|w| device.download(w)).transpose()?);
    let (channels, elements) = (own.len() / 2, (all.len() * norm.group.len(norm.planes)) as f64);
    let factor = |k: usize| {
        let c = k % channels;
        let inverse = 1.0 / (f64::from(variance[c]) + f64::from(norm.epsilon)).sqrt();
        let sum: f64 = all.iter().map(|of_rank| f64::from(of_rank[k])).sum();
        (-inverse * weight.as_ref().map_or(1.0, |w| f64::from(w[c])) * sum / elements) as f32
    };
    let slope = device.upload((0..channels).map(factor).collect())?;
    let shift = device.upload((channels..2 * channels).map(factor).collect())?;
    device.accumulate(&mut dx, &device.normalise(norm, x, moments, Some((&slope, &shift)))?)?;
    Ok((Some(dx), of_affine.filter(|_| wants_affine)))
}

#[cfg(test)]
mod tests {
    use crate::tensor::collective::threads;
    use crate::tensor::ops::arithmetic::multiply;
    use crate::tensor::ops::norm::batch_norm_train;
    use crate::tensor::ops::reduce::sum_all;
    use crate::tensor::ops::{check, norm};
    use crate::tensor::{Context, Cpu, Share, Var};

    const SHAPE: [usize; 4] = [6, 3, 2, 5];

    /// What a norm gives for samples `from..to`: output, mean, unbiased variance, gradients of input, weight and bias.
    fn of(from: usize, to: usize, share: Option<Share>) -> [Vec<f32>; 6] {
        let [n, c, h, w] = SHAPE;
        let (size, shape) = (c * h * w, [to - from, c, h, w]);
        let ctx = Context::recording(&Cpu::default()).sharing(share);
        let part = |phase: f64| check::wave(n * size, phase)[from * size..to * size].to_vec();
        let leaf = |values, shape| Var::leaf(ctx.tensor(values, shape).unwrap());
        let x = leaf(part(0.3), shape);
        let (weight, bias) = (leaf(vec![1.5, -0.5, 2.0], [1, c, 1, 1]), leaf(vec![0.1, 0.2, 0.3], [1, c, 1, 1]));
        let (y, measured) = batch_norm_train(&ctx, &x, Some((&weight, &bias)), 1e-3).unwrap();
        let upstream = ctx.constant(part(1.7), shape).unwrap();
        let loss = sum_all(&ctx, &multiply(&ctx, &y, &upstream).unwrap()).unwrap();
        let mut found = ctx.backward(&loss).unwrap();
        let mut gradient = |v: &Var<Cpu>| found.take(v.tensor()).unwrap().unwrap().to_vec();
        let variance = measured.variance.to_vec().iter().map(|v| v * measured.unbiased).collect();
        [y.to_vec(), measured.mean.to_vec(), variance, gradient(&x), gradient(&weight), gradient(&bias)]
    }

    #[test]
    fn shares_are_normalised_as_the_whole_batch_is() {
        let whole = of(0, 6, None);
        let shares = threads::run(3, |share| {
            let rank = share.group.rank();
            of(2 * rank, 2 * rank + 2, Some(share))
        });
        let joined = |k: usize| shares.iter().flat_map(|s| s[k].clone()).collect::<Vec<f32>>();
        for k in [0, 3] {
            assert!(check::distance(&joined(k), &whole[k]) < 2e-6, "{k}");
        }
        for k in [1, 2] {
            assert!(shares.iter().all(|s| s[k] == shares[0][k]), "the same bits on every rank");
            assert!(check::distance(&shares[0][k], &whole[k]) < 1e-6, "{k}");
        }
        for k in [4, 5] {
            let sum: Vec<f32> = (0..3).map(|c| shares.iter().map(|s| s[k][c]).sum()).collect();
            assert!(check::distance(&sum, &whole[k]) < 2e-6, "{k}");
        }
    }

    #[test]
    fn without_whole_statistics_each_share_is_a_batch() {
        let alone = of(0, 2, None);
        let shares = threads::run(2, |share| {
            let rank = share.group.rank();
            of(2 * rank, 2 * rank + 2, Some(Share { whole_statistics: false, ..share }))
        });
        assert_eq!(shares[0], alone);
        let ctx = Context::inference(&Cpu::default());
        let planes = norm::Planes::of([2, 3, 1, 1]);
        let measured = norm::Norm { planes, group: norm::Group::Plane, epsilon: 1e-3, measured: true };
        assert!(super::of(&ctx, measured).is_none());
    }
}
