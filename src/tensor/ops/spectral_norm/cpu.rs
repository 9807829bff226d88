//! Spectral normalisation on the CPU. Dot products are summed in f64.

use super::{EPSILON, Planes, Singular, SpectralKernel};
use crate::tensor::Backend;
use crate::tensor::ops::{lanes, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

/// Elements of the right vector that are summed together, where the kernel is one block.
const STRIPE: usize = 1024;

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let [sum] = lanes::fold(a, b, b, move |a, b, _| [f64::from(a) * f64::from(b)]);
    sum
}

/// Divides by the length, which is returned.
fn normalise(values: &mut [f32]) -> f64 {
    let length = dot(values, values).sqrt();
    let factor = (1.0 / length.max(EPSILON)) as f32;
    values.iter_mut().for_each(|v| *v *= factor);
    length
}

/// weight^T left.
fn right_of(planes: Planes, weight: &[f32], left: &[f32]) -> Vec<f32> {
    let mut right = vec![0.0; planes.samples * planes.size];
    let stripe = if planes.samples == 1 { STRIPE } else { planes.size };
    parallel::rows(&mut right, stripe, |i, part| {
        let (block, from) = (i * stripe / planes.size, i * stripe % planes.size);
        for (channel, &l) in left.iter().enumerate() {
            let start = (block * planes.channels + channel) * planes.size + from;
            lanes::amend1(part, &weight[start..start + part.len()], move |sum, w| sum + l * w);
        }
    });
    right
}

/// weight right.
fn left_of(planes: Planes, weight: &[f32], right: &[f32]) -> Vec<f32> {
    parallel::collect(planes.channels, planes.samples * planes.size, |channel| {
        let blocks = right.chunks(planes.size).enumerate();
        blocks.map(|(block, part)| dot(&weight[planes.range(block * planes.channels + channel)], part)).sum::<f64>()
            as f32
    })
}

impl SpectralKernel for Cpu {
    fn singular(&self, planes: Planes, weight: &Buffer, left: &Buffer, iterate: bool) -> Result<Singular, Self::Err> {
        let mut left = left.to_vec();
        let mut right = right_of(planes, weight, &left);
        let mut value = normalise(&mut right);
        if iterate {
            left = left_of(planes, weight, &right);
            value = normalise(&mut left);
        }
        Ok(Singular { left, right, value: value.max(EPSILON) as f32 })
    }

    fn spectral_norm(&self, weight: &Buffer, value: f32) -> Result<Buffer, Self::Err> {
        let mut y = self.allocate(weight.len())?;
        let factor = 1.0 / value;
        lanes::par_map(&mut y, weight, move |w| w * factor);
        Ok(y)
    }

    fn spectral_norm_backward(
        &self,
        planes: Planes,
        singular: &Singular,
        y: &Buffer,
        mut dy: Buffer,
    ) -> Result<Buffer, Self::Err> {
        let [along] = lanes::par_fold(&dy, y, y, move |dy, y, _| [f64::from(dy) * f64::from(y)]);
        let (along, factor) = (along as f32, 1.0 / singular.value);
        parallel::rows(&mut dy, planes.size, |p, dy| {
            let (block, scale) = (p / planes.channels, along * singular.left[p % planes.channels]);
            let right = &singular.right[block * planes.size..(block + 1) * planes.size];
            lanes::amend1(dy, right, move |dy, r| (dy - scale * r) * factor);
        });
        Ok(dy)
    }
}
