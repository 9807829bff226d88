//! Normalisation on the CPU: two passes forward (sums in f64, then the output), two back.

use super::{Norm, NormGradients, NormKernel};
use crate::tensor::Backend;
use crate::tensor::ops::{lanes, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl NormKernel for Cpu {
    fn moments(&self, norm: Norm, x: &Buffer) -> Result<(Buffer, Buffer), Self::Err> {
        let planes = norm.planes;
        let sums = parallel::collect(planes.count(), planes.size, |p| {
            let x = &x[planes.range(p)];
            lanes::par_fold(x, x, x, move |x, _, _| [f64::from(x), f64::from(x) * f64::from(x)])
        });
        let sums = by_group(norm, &sums, |_| 1.0);
        let len = norm.group.len(planes) as f64;
        let mean = sums.iter().map(|[sum, _]| (sum / len) as f32).collect();
        let variance = sums.iter().map(|[sum, squares]| variance(*sum, *squares, len)).collect();
        Ok((self.upload(mean)?, self.upload(variance)?))
    }

    fn normalise(
        &self,
        norm: Norm,
        x: &Buffer,
        (mean, variance): (&Buffer, &Buffer),
        affine: Option<(&Buffer, &Buffer)>,
    ) -> Result<Buffer, Self::Err> {
        let planes = norm.planes;
        let mut y = self.allocate(x.len())?;
        parallel::rows(&mut y, planes.size, |p, y| {
            let (g, c) = (norm.group.of(planes, p), p % planes.channels);
            let (weight, bias) = affine.map_or((1.0, 0.0), |(w, b)| (w[c], b[c]));
            let (mean, gain) = (mean[g], weight * inverse(variance[g], norm.epsilon));
            lanes::map(y, &x[planes.range(p)], move |x| (x - mean) * gain + bias);
        });
        Ok(y)
    }

    fn normalise_backward(
        &self,
        norm: Norm,
        x: &Buffer,
        (mean, variance): (&Buffer, &Buffer),
        weight: Option<&Buffer>,
        mut dy: Buffer,
        (wants_input, wants_affine): (bool, bool),
    ) -> Result<NormGradients<Self>, Self::Err> {
        let planes = norm.planes;
        let sums = if wants_affine || (wants_input && norm.measured) {
            plane_sums(norm, x, mean, variance, &dy)
        } else {
            Vec::new()
        };
        let of_affine = if wants_affine {
            let [of_bias, of_weight] = [0, 1].map(|k| {
                let values: Vec<f64> = sums.iter().map(|s| s[k]).collect();
                planes.sum_by_channel(&values).iter().map(|&s| s as f32).collect::<Vec<f32>>()
            });
            Some([self.upload(of_weight)?, self.upload(of_bias)?])
        } else {
            None
        };
        if !wants_input {
            return Ok((None, of_affine));
        }
        let weight = |c: usize| weight.map_or(1.0, |w| w[c]);
        let groups = match norm.measured {
            true => by_group(norm, &sums, |c| f64::from(weight(c))),
            false => Vec::new(),
        };
        let len = norm.group.len(planes) as f64;
        parallel::rows(&mut dy, planes.size, |p, dy| {
            let (g, c) = (norm.group.of(planes, p), p % planes.channels);
            let inverse = inverse(variance[g], norm.epsilon);
            let gain = weight(c) * inverse;
            let Some([sum, product]) = groups.get(g) else {
                return lanes::amend(dy, move |dy| dy * gain);
            };
            // dx = inverse (w dy - mean(w dy) - xhat mean(w dy xhat))
            let shift = (sum / len) as f32 * inverse;
            let slope = (product / len) as f32 * inverse * inverse;
            let mean = mean[g];
            lanes::amend1(dy, &x[planes.range(p)], move |dy, x| dy * gain - shift - (x - mean) * slope);
        });
        Ok((Some(dy), of_affine))
    }
}

fn inverse(variance: f32, epsilon: f32) -> f32 {
    (1.0 / (f64::from(variance) + f64::from(epsilon)).sqrt()) as f32
}

fn variance(sum: f64, squares: f64, len: f64) -> f32 {
    let mean = sum / len;
    let variance = squares / len - mean * mean;
    // A comparison that NaN fails, so that it passes on.
    (if variance < 0.0 { 0.0 } else { variance }) as f32
}

/// Per plane, the sums of dy and of dy times the normalised input.
fn plane_sums(norm: Norm, x: &[f32], mean: &[f32], variance: &[f32], dy: &[f32]) -> Vec<[f64; 2]> {
    let planes = norm.planes;
    parallel::collect(planes.count(), planes.size, |p| {
        let g = norm.group.of(planes, p);
        let mean = mean[g];
        let (x, dy) = (&x[planes.range(p)], &dy[planes.range(p)]);
        let [sum, product] =
            lanes::par_fold(x, dy, x, move |x, dy, _| [f64::from(dy), f64::from(dy) * f64::from(x - mean)]);
        [sum, product * f64::from(inverse(variance[g], norm.epsilon))]
    })
}

/// Sums over the planes of each group, each plane times the factor of its channel.
fn by_group(norm: Norm, of_planes: &[[f64; 2]], factor: impl Fn(usize) -> f64) -> Vec<[f64; 2]> {
    let mut sums = vec![[0.0; 2]; norm.group.count(norm.planes)];
    for (p, values) in of_planes.iter().enumerate() {
        let factor = factor(p % norm.planes.channels);
        for (sum, value) in sums[norm.group.of(norm.planes, p)].iter_mut().zip(values) {
            *sum += factor * value;
        }
    }
    sums
}
