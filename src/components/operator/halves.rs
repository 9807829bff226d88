//! The left and the right half, one after the other in the batch, not flipped.
//!
//! After the side discriminator of Yin et al. (weak_UV), which sees both halves of a texture map as samples.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Edge, Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::shape::{concat_batch, crop};
use crate::tensor::{Backend, Error};

settings! {
    pub struct Halves {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Halves>()
}

impl Leaf for Halves {
    const ABOUT: About =
        about("halves", "The left and the right half, one after the other in the batch.", &["map: T"], &["map: T"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        let [c, h, w] = map.dims;
        if !w.is_multiple_of(2) {
            return Err(Problem::new(format!("{map} has no halves: its width is odd")).at_port(
                "map",
                0,
                map.to_string(),
            ));
        }
        gives(Edge { batch: 2 * map.batch, ..Edge::new(map.ty, [c, h, w / 2]) })
    }
}

impl<D: Backend> Module<D> for Halves {
    /// `map`: N x C x H x W. Returns 2N x C x H x W/2.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let x = inputs.one("map")?;
        let [_, _, h, w] = x.shape();
        let left = crop(pass.ctx, x, 0, 0, h, w / 2)?;
        let right = crop(pass.ctx, x, 0, w / 2, h, w / 2)?;
        only(concat_batch(pass.ctx, &[&left, &right])?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let [_, h, w] = x.dims;
        let left = sheet.graph.crop(&x.name, [0, h, 0, w / 2]);
        let right = sheet.graph.crop(&x.name, [0, h, w / 2, w]);
        drawn(sheet.graph.concat(&[&left, &right], 0))
    }
}
