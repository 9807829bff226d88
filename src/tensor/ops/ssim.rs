//! The map of structural similarity: Wang et al., IEEE TIP 13 (2004), eq. 13, with K1 = 0.01 and K2 = 0.03, over the
//! windows that lie inside the image. Differentiable in both images; nothing but they is kept for the way back.

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod window;

pub use window::Window;

use super::Planes;
use crate::tensor::{Backend, Context, Error, Var};
use dfdx::tensor::Storage;

/// The images' sizes and how they are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    pub planes: Planes,
    pub height: usize,
    pub width: usize,
    pub window: Window,
    /// Largest minus smallest value that an image can have.
    pub data_range: f32,
}

/// Gradients of both images, as far as they are wanted.
pub type ImageGradients<D> = (Option<<D as Storage<f32>>::Vec>, Option<<D as Storage<f32>>::Vec>);

pub trait SimilarityKernel: Storage<f32> {
    fn similarity(&self, similarity: Similarity, a: &Self::Vec, b: &Self::Vec) -> Result<Self::Vec, Self::Err>;

    fn similarity_backward(
        &self,
        similarity: Similarity,
        images: (&Self::Vec, &Self::Vec),
        dy: &Self::Vec,
        wants: (bool, bool),
    ) -> Result<ImageGradients<Self>, Self::Err>;
}

/// `a`, `b`: N x C x H x W. Returns N x C x (H - k + 1) x (W - k + 1), a value per window of k x k.
pub fn ssim_map<D: Backend>(
    ctx: &Context<D>,
    a: &Var<D>,
    b: &Var<D>,
    window: Window,
    data_range: f32,
) -> Result<Var<D>, Error> {
    let [n, c, height, width] = a.shape();
    if a.shape() != b.shape() {
        return Err(Error::shape("ssim", format!("{:?} and {:?} differ", a.shape(), b.shape())));
    }
    let k = window.taps();
    if height < k || width < k {
        return Err(Error::shape("ssim", format!("a window of {k}x{k} on an image {height}x{width}")));
    }
    let similarity = Similarity { planes: Planes::of(a.shape()), height, width, window, data_range };
    let (kept_a, kept_b) = (a.shared()?, b.shared()?);
    let y = ctx.device().similarity(similarity, &kept_a, &kept_b).map_err(|e| Error::device("ssim", e))?;
    ctx.record("ssim", y, [n, c, height - k + 1, width - k + 1], &[a, b], move |device, dy, slots| {
        let wants = (slots.wants(0), slots.wants(1));
        let (da, db) = device.similarity_backward(similarity, (&kept_a, &kept_b), &dy, wants)?;
        da.map(|da| slots.give(0, da)).transpose()?;
        db.map(|db| slots.give(1, db)).transpose()?;
        Ok(())
    })
}
