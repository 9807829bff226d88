//! A kernel divided by its largest singular value, which power iteration finds.
//!
//! Miyato et al., <https://arxiv.org/abs/1802.05957>, algorithm 1; the singular vectors are constant for the gradient,
//! as in PyTorch's `spectral_norm`.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;

use super::Planes;
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

/// An estimate of the largest singular value of a kernel seen as a matrix, output channels by everything else.
#[derive(Clone, Debug)]
pub struct Singular {
    /// Unit vector over the output channels.
    pub left: Vec<f32>,
    /// Unit vector over everything else, in the kernel's order.
    pub right: Vec<f32>,
    pub value: f32,
}

/// Least length a vector is divided by, as PyTorch's.
const EPSILON: f64 = 1e-12;

pub trait SpectralKernel: Storage<f32> {
    /// Right vector and value from the left vector; with `iterate` then also the left vector and the value from those.
    fn singular(
        &self,
        planes: Planes,
        weight: &Self::Vec,
        left: &Self::Vec,
        iterate: bool,
    ) -> Result<Singular, Self::Err>;

    /// weight / value.
    fn spectral_norm(&self, weight: &Self::Vec, value: f32) -> Result<Self::Vec, Self::Err>;

    /// (dy - <dy, y> left right^T) / value, in place.
    fn spectral_norm_backward(
        &self,
        planes: Planes,
        singular: &Singular,
        y: &Self::Vec,
        dy: Self::Vec,
    ) -> Result<Self::Vec, Self::Err>;
}

/// `weight`: O x I x k x k with `axis` 0, or I x O x k x k with `axis` 1; `left`: 1 x O x 1 x 1. Returns the normalised
/// kernel and the left vector, which one power iteration has moved if `iterate`.
pub fn spectral_norm<D: Backend>(
    ctx: &Context<D>,
    weight: &Var<D>,
    left: &Var<D>,
    axis: usize,
    iterate: bool,
) -> Result<(Var<D>, Vec<f32>), Error> {
    let op = "spectral norm";
    let [first, second, h, w] = weight.shape();
    let planes = match axis {
        0 => Planes { samples: 1, channels: first, size: second * h * w },
        _ => Planes { samples: first, channels: second, size: h * w },
    };
    if left.shape() != [1, planes.channels, 1, 1] {
        return Err(Error::shape(op, format!("a vector {:?} for a kernel {:?}", left.shape(), weight.shape())));
    }
    let found = ctx.device().singular(planes, weight.storage()?, left.storage()?, iterate);
    let singular = found.map_err(|e| Error::device(op, e))?;
    let y = ctx.device().spectral_norm(weight.storage()?, singular.value).map_err(|e| Error::device(op, e))?;
    let left = singular.left.clone();
    let normalised = ctx.record_with_output(op, y, weight.shape(), &[weight], move |device, y, dy, slots| {
        slots.give(0, device.spectral_norm_backward(planes, &singular, y, dy)?)
    })?;
    Ok((normalised, left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Cpu;
    use crate::tensor::ops::check;

    /// torch 2.15, with w[i] = sin(0.7 i) rounded to 1/1024 and dy[i] = sin(1 + 0.7 i) likewise:
    ///
    /// ```python
    /// m = nn.Conv2d(2, 3, 2, bias=False); m.weight = nn.Parameter(wave(24, 0.0).view(3, 2, 2, 2))
    /// m = nn.utils.spectral_norm(m); m.weight_u[:] = 1 / 3 ** 0.5
    /// m(torch.zeros(1, 2, 2, 2)); m.weight.backward(wave(24, 1.0).view(3, 2, 2, 2))
    /// m.weight.sum(), m.weight_u, m.weight_orig.grad.view(-1)[:4]
    /// m = nn.ConvTranspose2d(3, 2, 2, bias=False)      # the same kernel, weight_u of 2
    /// ```
    #[test]
    fn values_and_gradients_are_torchs() {
        for (axis, golden) in [(0, golden::FIRST), (1, golden::SECOND)] {
            let weight = check::given([3, 2, 2, 2], check::wave(24, 0.0));
            let n = golden.left.len();
            let ctx = Context::recording(&Cpu::default());
            let left = ctx.constant(vec![(1.0 / (n as f64).sqrt()) as f32; n], [1, n, 1, 1]).unwrap();
            let (y, moved) = spectral_norm(&ctx, &weight, &left, axis, true).unwrap();
            let sum: f32 = y.to_vec().iter().sum();
            assert!((sum - golden.sum).abs() < 1e-5, "{sum}");
            assert!(check::distance(&moved, golden.left) < 1e-6, "{moved:?}");
            let f = |ctx: &Context<Cpu>, v: &[Var<Cpu>]| spectral_norm(ctx, &v[0], &left, axis, true).unwrap().0;
            let (_, gradients) = check::backward_of(f, &[weight], |n| check::wave(n, 1.0));
            let gradient = gradients[0].as_ref().unwrap();
            assert!(check::distance(&gradient[..4], golden.gradient) < 1e-5, "{:?}", &gradient[..4]);
        }
    }

    #[test]
    fn iterations_find_the_largest_singular_value() {
        let ctx = Context::inference(&Cpu::default());
        // diag(3, 1) beside zeros: the largest singular value is 3.
        let weight = ctx.constant(vec![3.0, 0.0, 0.0, 0.0, 1.0, 0.0], [2, 3, 1, 1]).unwrap();
        let mut left = ctx.constant(vec![0.8, 0.6], [1, 2, 1, 1]).unwrap();
        for _ in 0..10 {
            let (_, moved) = spectral_norm(&ctx, &weight, &left, 0, true).unwrap();
            left = ctx.constant(moved, [1, 2, 1, 1]).unwrap();
        }
        let (y, kept) = spectral_norm(&ctx, &weight, &left, 0, false).unwrap();
        assert!((y.to_vec()[0] - 1.0).abs() < 1e-6);
        assert_eq!(kept, left.to_vec());
    }

    mod golden {
        pub struct Golden {
            pub sum: f32,
            pub left: &'static [f32],
            pub gradient: &'static [f32],
        }
        pub const FIRST: Golden = Golden {
            sum: 0.87432516,
            left: &[0.544_661_3, 0.67342645, 0.49984092],
            gradient: &[0.44943243, 0.350_448, 0.087_148_47, -0.21742304],
        };
        pub const SECOND: Golden = Golden {
            sum: 4.004_444,
            left: &[0.7939347, 0.608_003_1],
            gradient: &[-3.920_38, -3.0268536, -0.70083845, 1.9535087],
        };
    }
}
