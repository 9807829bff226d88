//! A weighted sum of maps, one learned scalar per map.
//!
//! Equation 8 of the Attention ResCUNet-GAN paper, after the fast normalised fusion of EfficientDet: Tan et al.,
//! <https://arxiv.org/abs/1911.09070>, section 3.3.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

/// How the scalars become shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weighting {
    /// relu(w) over the sum of them plus `epsilon`.
    FastNormalized {
        epsilon: f32,
    },
    Softmax,
}

impl Weighting {
    /// The share of each map.
    pub fn shares(self, weights: &[f32]) -> Vec<f64> {
        match self {
            Weighting::FastNormalized { epsilon } => {
                let total = total(weights) + f64::from(epsilon);
                weights.iter().map(|&w| f64::from(w.max(0.0)) / total).collect()
            }
            Weighting::Softmax => {
                let largest = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let powers: Vec<f64> = weights.iter().map(|&w| (f64::from(w) - f64::from(largest)).exp()).collect();
                let total: f64 = powers.iter().sum();
                powers.into_iter().map(|p| p / total).collect()
            }
        }
    }
}

fn total(weights: &[f32]) -> f64 {
    weights.iter().map(|&w| f64::from(w.max(0.0))).sum()
}

pub trait FusionKernel: Storage<f32> {
    fn fuse(&self, weighting: Weighting, maps: &[&Self::Vec], weights: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    /// dy times the share of map `i`.
    fn fuse_map(
        &self,
        weighting: Weighting,
        weights: &Self::Vec,
        i: usize,
        dy: &Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;

    /// The scalars' gradient.
    fn fuse_weights(
        &self,
        weighting: Weighting,
        maps: &[&Self::Vec],
        weights: &Self::Vec,
        dy: &Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;
}

/// `maps`: K of one shape; `weights`: 1 x K x 1 x 1. Returns their shape.
pub fn weighted_sum<D: Backend>(
    ctx: &Context<D>,
    maps: &[&Var<D>],
    weights: &Var<D>,
    weighting: Weighting,
) -> Result<Var<D>, Error> {
    let op = "weighted sum";
    let Some(first) = maps.first() else { return Err(Error::shape(op, "no maps")) };
    if let Some(other) = maps.iter().find(|m| m.shape() != first.shape()) {
        return Err(Error::shape(op, format!("{:?} and {:?} differ", first.shape(), other.shape())));
    }
    if weights.shape() != [1, maps.len(), 1, 1] {
        return Err(Error::shape(op, format!("weights {:?} for {} maps", weights.shape(), maps.len())));
    }
    let buffers: Vec<&D::Vec> = maps.iter().map(|m| m.storage()).collect::<Result<_, _>>()?;
    let y = ctx.device().fuse(weighting, &buffers, weights.storage()?).map_err(|e| Error::device(op, e))?;
    let mut inputs = maps.to_vec();
    inputs.push(weights);
    let kept = match weights.needs_grad() {
        true => maps.iter().map(|m| m.shared()).collect::<Result<Vec<_>, _>>()?,
        false => Vec::new(),
    };
    let scalars = weights.shared()?;
    let count = maps.len();
    ctx.record(op, y, first.shape(), &inputs, move |device, dy, slots| {
        if slots.wants(count) {
            let maps: Vec<&D::Vec> = kept.iter().map(|m| m.as_ref()).collect();
            slots.give(count, device.fuse_weights(weighting, &maps, &scalars, &dy)?)?;
        }
        for i in 0..count {
            if slots.wants(i) {
                slots.give(i, device.fuse_map(weighting, &scalars, i, &dy)?)?;
            }
        }
        Ok(())
    })
}
