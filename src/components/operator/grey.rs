//! A colour image as a grey one, by the weights of ITU-R BT.601 (0.299 red, 0.587 green, 0.114 blue), which OpenCV and
//! Pillow use; a grey one stays as it is.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::arithmetic::{add, affine};
use crate::tensor::ops::shape::slice_channels;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Grey {}
}

/// Shares of red, green and blue; their sum is 1, so that -1 to 1 stays.
const SHARES: [f32; 3] = [0.299, 0.587, 0.114];

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Grey>()
}

impl Leaf for Grey {
    const ABOUT: About =
        about("grey", "A colour image as a grey one; a grey one stays.", &["image: image"], &["image: image"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let image = inputs.one("image")?;
        let [c, h, w] = image.dims;
        if c != 1 && c != SHARES.len() {
            let message = format!("{image} is neither grey nor of three colours");
            return Err(Problem::new(message).at_port("image", 0, image.to_string()));
        }
        gives(image.with(image.ty, [1, h, w]))
    }
}

impl<D: Backend> Module<D> for Grey {
    /// `image`: N x 3 x H x W, or N x 1 x H x W. Returns N x 1 x H x W.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let (ctx, image) = (pass.ctx, inputs.one("image")?);
        if image.shape()[1] == 1 {
            return only(image.clone());
        }
        let part = |i: usize| affine(ctx, &slice_channels(ctx, image, i, 1)?, SHARES[i], 0.0);
        let sum = add(ctx, &part(0)?, &part(1)?)?;
        only(add(ctx, &sum, &part(2)?)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let image = sheet.one("image")?;
        if image.dims[0] == 1 {
            return drawn(&image.name);
        }
        let shares = sheet.graph.constant("shares", &[1, SHARES.len(), 1, 1], &SHARES);
        drawn(sheet.graph.linear(&image.name, &shares, None))
    }
}
