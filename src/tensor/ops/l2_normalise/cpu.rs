//! Unit vectors on the CPU, a sample a task.

use super::{NormaliseKernel, Planes};
use crate::tensor::Backend;
use crate::tensor::ops::lanes::{self, wide};
use crate::tensor::ops::parallel;
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl NormaliseKernel for Cpu {
    fn l2_normalise(&self, planes: Planes, epsilon: f32, x: &Buffer) -> Result<(Buffer, Buffer), Self::Err> {
        let (len, size) = (planes.channels * planes.size, planes.size);
        let (mut y, mut lengths) = (self.allocate(x.len())?, self.allocate(planes.samples * size)?);
        parallel::rows2((&mut y, len), (&mut lengths, size), |n, y, lengths| {
            let x = &x[n * len..(n + 1) * len];
            for (length, square) in lengths.iter_mut().zip(products(x, x, size)) {
                // Comparisons that NaN fails, so that it passes on.
                let found = square.sqrt() as f32;
                *length = if found < epsilon { epsilon } else { found };
            }
            if let [length] = *lengths {
                return lanes::map(y, x, move |x| x / length);
            }
            for (y, x) in y.chunks_mut(size).zip(x.chunks(size)) {
                lanes::map2(y, x, lengths, move |x, length| x / length);
            }
        });
        Ok((y, lengths))
    }

    fn l2_normalise_backward(
        &self,
        planes: Planes,
        epsilon: f32,
        y: &Buffer,
        lengths: &Buffer,
        mut dy: Buffer,
    ) -> Result<Buffer, Self::Err> {
        let (len, size) = (planes.channels * planes.size, planes.size);
        parallel::rows(&mut dy, len, |n, dy| {
            let (y, lengths) = (&y[n * len..(n + 1) * len], &lengths[n * size..(n + 1) * size]);
            // Divided by a constant where the vector is shorter: then nothing is taken back.
            let along: Vec<f32> = products(y, dy, size)
                .iter()
                .zip(lengths)
                .map(|(&product, &length)| if length > epsilon { product as f32 } else { 0.0 })
                .collect();
            if let ([along], [length]) = (&along[..], lengths) {
                let (along, length) = (*along, *length);
                return lanes::amend1(dy, y, move |dy, y| (dy - y * along) / length);
            }
            for (dy, y) in dy.chunks_mut(size).zip(y.chunks(size)) {
                lanes::amend2(dy, y, &along, move |dy, y, along| dy - y * along);
                lanes::amend1(dy, lengths, move |dy, length| dy / length);
            }
        });
        Ok(dy)
    }
}

/// Scalar products over the channels, for each position.
fn products(a: &[f32], b: &[f32], size: usize) -> Vec<f64> {
    if size == 1 {
        return vec![lanes::fold(a, b, b, move |a, b, _| [f64::from(a) * f64::from(b)])[0]];
    }
    let mut sums = vec![0.0; size];
    for (a, b) in a.chunks(size).zip(b.chunks(size)) {
        add_products(&mut sums, a, b);
    }
    sums
}

wide! {
    fn add_products(sums: &mut [f64], a: &[f32], b: &[f32]) {
        let count = sums.len();
        let (a, b) = (&a[..count], &b[..count]);
        for i in 0..count {
            sums[i] += f64::from(a[i]) * f64::from(b[i]);
        }
    }
}
