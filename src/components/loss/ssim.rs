//! 1 - SSIM: Wang et al., "Image quality assessment: from error visibility to structural similarity", eq. 13. Images
//! are mapped from -1..1 to 0..1; only windows inside the image count; in a mask, the pixels at the windows' centres.

use super::{About, Loss, LossEntry, Measure, plain};
use crate::nn::Inputs;
use crate::registry::{Declared, settings};
use crate::tensor::ops::ssim::Window;
use crate::tensor::{Backend, Context, Error, ops};

settings! {
    pub struct Ssim {
        /// 11 Gaussian taps (sigma 1.5), or 7 equal ones.
        window: String = "gaussian", of = ["gaussian", "uniform"];
    }
}

const ABOUT: About = About {
    name: "ssim",
    doc: "One minus the structural similarity.",
    paper: "Wang et al. 2004",
    inputs: &["prediction: image", "target: image", "mask?: mask"],
    networks: &[],
};

pub fn entry<D: Backend>() -> LossEntry<D> {
    plain::<D, Ssim>(ABOUT, |s| Ok(Box::new(Ssim::read(s)?)))
}

impl<D: Backend> Loss<D> for Ssim {
    fn measure(&self, ctx: &Context<D>, inputs: &Inputs<D>) -> Result<Measure<D>, Error> {
        let (prediction, target) = (inputs.one("prediction")?, inputs.one("target")?);
        let window = if self.window == "gaussian" { Window::Gaussian } else { Window::Uniform };
        // Similarity does not change when both images are scaled and the data range with them.
        let map = ops::ssim::ssim_map(ctx, prediction, target, window, 2.0)?;
        let loss = ops::arithmetic::affine(ctx, &map, -1.0, 1.0)?;
        let Some(mask) = inputs.optional("mask") else {
            return Ok(Measure::Elements(loss));
        };
        let [_, _, h, w] = prediction.shape();
        let [_, _, inner_h, inner_w] = loss.shape();
        let (top, left) = ((h - inner_h) / 2, (w - inner_w) / 2);
        let mask = ops::shape::crop(ctx, mask, top, left, inner_h, inner_w)?;
        Ok(Measure::Masked(loss, mask))
    }

    fn takes_mask(&self) -> bool {
        true
    }
}
