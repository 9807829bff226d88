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
