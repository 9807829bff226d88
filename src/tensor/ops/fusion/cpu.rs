//! Weighted sums of maps on the CPU.

use super::{FusionKernel, Weighting};
use crate::tensor::Backend;
use crate::tensor::ops::{lanes, parallel};
use dfdx::tensor::{Cpu, Storage};

type Buffer = <Cpu as Storage<f32>>::Vec;

impl FusionKernel for Cpu {
    fn fuse(&self, weighting: Weighting, maps: &[&Buffer], weights: &Buffer) -> Result<Buffer, Self::Err> {
        let shares: Vec<f32> = weighting.shares(weights).iter().map(|&s| s as f32).collect();
        let mut y = self.allocate(maps[0].len())?;
        parallel::rows(&mut y, parallel::CHUNK, |chunk, y| {
            let from = chunk * parallel::CHUNK;
            let part = |k: usize| &maps[k][from..from + y.len()];
            let (first, second) = (part(0), part(shares.len().min(2) - 1));
            let (p, q) = (shares[0], if shares.len() > 1 { shares[1] } else { 0.0 });
            if shares.len() == 1 {
                return lanes::map(y, first, move |x| p * x);
            }
            let others: Vec<&[f32]> = (2..shares.len()).map(part).collect();
            lanes::map2(y, first, second, move |a, b| p * a + q * b);
            for (map, &share) in others.into_iter().zip(&shares[2..]) {
                lanes::amend1(y, map, move |y, x| y + share * x);
            }
        });
        Ok(y)
    }

    fn fuse_map(&self, weighting: Weighting, weights: &Buffer, i: usize, dy: &Buffer) -> Result<Buffer, Self::Err> {
        let share = weighting.shares(weights)[i] as f32;
        let mut dx = self.allocate(dy.len())?;
        lanes::par_map(&mut dx, dy, move |dy| share * dy);
        Ok(dx)
    }

    fn fuse_weights(
        &self,
        weighting: Weighting,
        maps: &[&Buffer],
        weights: &Buffer,
        dy: &Buffer,
    ) -> Result<Buffer, Self::Err> {
        let shares = weighting.shares(weights);
        // The gradients of the shares, and what their normalisation takes back.
        let products: Vec<f64> = maps
            .iter()
            .map(|map| lanes::par_fold(map, dy, dy, move |x, dy, _| [f64::from(x) * f64::from(dy)])[0])
            .collect();
        let mean: f64 = products.iter().zip(&shares).map(|(d, s)| d * s).sum();
        let of_weight = |k: usize| match weighting {
            Weighting::FastNormalized { epsilon } if weights[k] > 0.0 => {
                (products[k] - mean) / (f64::from(epsilon) + super::total(weights))
            }
            Weighting::FastNormalized { .. } => 0.0,
            Weighting::Softmax => shares[k] * (products[k] - mean),
        };
        self.upload((0..maps.len()).map(|k| of_weight(k) as f32).collect())
    }
}
