//! Batch, instance and layer normalisation: one kernel over groups of planes.
//!
//! Ioffe and Szegedy, <https://arxiv.org/abs/1502.03167>; Ulyanov et al., <https://arxiv.org/abs/1607.08022>; Ba et al.,
//! <https://arxiv.org/abs/1607.06450>. The biased variance normalises; the unbiased one is for running statistics.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod shared;

use super::Planes;
use crate::tensor::{Backend, Context, Error, Shape4, Var};
use dfdx::tensor::Storage;

/// Which planes share a mean and a variance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// A channel's, over the batch.
    Channel,
    /// Each for itself.
    Plane,
    /// A sample's.
    Sample,
}

impl Group {
    /// How many groups there are.
    pub fn count(self, planes: Planes) -> usize {
        match self {
            Group::Channel => planes.channels,
            Group::Plane => planes.count(),
            Group::Sample => planes.samples,
        }
    }

    /// The group of plane `p`.
    pub fn of(self, planes: Planes, p: usize) -> usize {
        match self {
            Group::Channel => p % planes.channels,
            Group::Plane => p,
            Group::Sample => p / planes.channels,
        }
    }

    /// Elements of a group.
    pub fn len(self, planes: Planes) -> usize {
        planes.len() / self.count(planes).max(1)
    }
}

/// What a norm is: its groups and what is added to the variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Norm {
    pub planes: Planes,
    pub group: Group,
    pub epsilon: f32,
    /// Whether mean and variance come from the input, so that gradients pass through them.
    pub measured: bool,
}

/// Gradients of the input, the weights and the biases, as far as they are wanted.
pub type NormGradients<D> = (Option<<D as Storage<f32>>::Vec>, Option<[<D as Storage<f32>>::Vec; 2]>);

pub trait NormKernel: Storage<f32> {
    /// Means and biased variances of the groups.
    fn moments(&self, norm: Norm, x: &Self::Vec) -> Result<(Self::Vec, Self::Vec), Self::Err>;

    /// (x - mean) / sqrt(variance + epsilon), times weight plus bias of the channel.
    fn normalise(
        &self,
        norm: Norm,
        x: &Self::Vec,
        moments: (&Self::Vec, &Self::Vec),
        affine: Option<(&Self::Vec, &Self::Vec)>,
    ) -> Result<Self::Vec, Self::Err>;

    /// The way back; `wants` says whether the input, and whether weight or bias, need a gradient.
    fn normalise_backward(
        &self,
        norm: Norm,
        x: &Self::Vec,
        moments: (&Self::Vec, &Self::Vec),
        weight: Option<&Self::Vec>,
        dy: Self::Vec,
        wants: (bool, bool),
    ) -> Result<NormGradients<Self>, Self::Err>;
}

/// Weight and bias, 1 x C x 1 x 1 each.
pub type Affine<'a, D> = Option<(&'a Var<D>, &'a Var<D>)>;

/// What a batch norm has measured, 1 x C x 1 x 1 each, on the device.
#[derive(Clone, Debug)]
pub struct Statistics<D: Backend> {
    pub mean: Var<D>,
    /// The biased one.
    pub variance: Var<D>,
    /// Times this the variance is unbiased; 1 where there is one value per channel, whose variance is 0.
    pub unbiased: f32,
}

/// `x`: N x C x H x W, normalised per channel over the batch. Returns also what was measured. Where the context has a share of a batch and whole statistics are
/// wanted, they are those of all shares.
pub fn batch_norm_train<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    affine: Affine<'_, D>,
    epsilon: f32,
) -> Result<(Var<D>, Statistics<D>), Error> {
    let norm = Norm { planes: Planes::of(x.shape()), group: Group::Channel, epsilon, measured: true };
    let (y, mean, variance) = apply(ctx, "batch norm", x, norm, None, affine)?;
    let shares = shared::of(ctx, norm).map_or(1, |share| share.group.ranks());
    let count = (shares * norm.group.len(norm.planes)) as f32;
    let unbiased = if count > 1.0 { count / (count - 1.0) } else { 1.0 };
    Ok((y, Statistics { mean, variance, unbiased }))
}

/// `x`: N x C x H x W, normalised with given statistics (1 x C x 1 x 1, constants).
pub fn batch_norm_eval<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    mean: &Var<D>,
    variance: &Var<D>,
    affine: Affine<'_, D>,
    epsilon: f32,
) -> Result<Var<D>, Error> {
    let norm = Norm { planes: Planes::of(x.shape()), group: Group::Channel, epsilon, measured: false };
    for statistic in [mean, variance] {
        check_channels("batch norm", x, statistic)?;
    }
    Ok(apply(ctx, "batch norm", x, norm, Some((mean, variance)), affine)?.0)
}

/// `x`: N x C x H x W, each plane normalised for itself.
pub fn instance_norm<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    affine: Affine<'_, D>,
    epsilon: f32,
) -> Result<Var<D>, Error> {
    let norm = Norm { planes: Planes::of(x.shape()), group: Group::Plane, epsilon, measured: true };
    Ok(apply(ctx, "instance norm", x, norm, None, affine)?.0)
}

/// `x`: N x C x H x W, each sample normalised over C, H, W; the affine part is per channel.
pub fn layer_norm<D: Backend>(
    ctx: &Context<D>,
    x: &Var<D>,
    affine: Affine<'_, D>,
    epsilon: f32,
) -> Result<Var<D>, Error> {
    let norm = Norm { planes: Planes::of(x.shape()), group: Group::Sample, epsilon, measured: true };
    Ok(apply(ctx, "layer norm", x, norm, None, affine)?.0)
}

fn check_channels<D: Backend>(op: &'static str, x: &Var<D>, value: &Var<D>) -> Result<(), Error> {
    let wanted = [1, x.shape()[1], 1, 1];
    if value.shape() == wanted {
        return Ok(());
    }
    Err(Error::shape(op, format!("expected a value per channel {wanted:?}, found {:?}", value.shape())))
}

/// The output, and mean and variance of the groups.
fn apply<D: Backend>(
    ctx: &Context<D>,
    op: &'static str,
    x: &Var<D>,
    norm: Norm,
    given: Option<(&Var<D>, &Var<D>)>,
    affine: Affine<'_, D>,
) -> Result<(Var<D>, Var<D>, Var<D>), Error> {
    if x.is_empty() {
        return Err(Error::shape(op, format!("an empty map {:?}", x.shape())));
    }
    let mut inputs = vec![x];
    if let Some((weight, bias)) = affine {
        check_channels(op, x, weight)?;
        check_channels(op, x, bias)?;
        inputs.extend([weight, bias]);
    }
    let kept = x.shared()?;
    let share = shared::of(ctx, norm).cloned();
    let (mean, variance) = match given {
        Some((mean, variance)) => (mean.clone(), variance.clone()),
        None => {
            let groups: Shape4 = (1, norm.group.count(norm.planes), 1, 1);
            let own = ctx.device().moments(norm, &kept).map_err(|e| Error::device(op, e))?;
            let (mean, variance) = match &share {
                Some(share) => shared::moments(ctx.device(), share, own).map_err(|e| Error::device(op, e))?,
                None => own,
            };
            let adopt = |buffer| ctx.device().adopt(buffer, groups).map(Var::constant);
            (adopt(mean)?, adopt(variance)?)
        }
    };
    let parameters = affine.map(|(w, b)| Ok::<_, Error>((w.shared()?, b.shared()?))).transpose()?;
    let y = ctx
        .device()
        .normalise(
            norm,
            &kept,
            (mean.storage()?, variance.storage()?),
            parameters.as_ref().map(|(w, b)| (w.as_ref(), b.as_ref())),
        )
        .map_err(|e| Error::device(op, e))?;
    let (m, v) = (mean.shared()?, variance.shared()?);
    let weight = parameters.map(|(w, _)| w);
    let affine_given = affine.is_some();
    let y = ctx.record(op, y, x.shape(), &inputs, move |device, dy, slots| {
        let wants = (slots.wants(0), affine_given && (slots.wants(1) || slots.wants(2)));
        let (moments, weight) = ((&*m, &*v), weight.as_deref());
        let (dx, of_affine) = match &share {
            Some(share) => shared::backward(device, share, norm, &kept, moments, weight, dy, wants)?,
            None => device.normalise_backward(norm, &kept, moments, weight, dy, wants)?,
        };
        if let Some(dx) = dx {
            slots.give(0, dx)?;
        }
        if let Some([of_weight, of_bias]) = of_affine {
            slots.give(1, of_weight)?;
            slots.give(2, of_bias)?;
        }
        Ok(())
    })?;
    Ok((y, mean, variance))
}
