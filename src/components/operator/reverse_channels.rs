//! The channels in the opposite order: red, green, blue as blue, green, red, as OpenCV has them.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx::Attribute;
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::shape::{concat_channels, slice_channels};
use crate::tensor::{Backend, Error, Var};

settings! {
    pub struct ReverseChannels {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, ReverseChannels>()
}

impl Leaf for ReverseChannels {
    const ABOUT: About = about(
        "reverse-channels",
        "The channels in the opposite order: red, green, blue as blue, green, red.",
        &["map: T"],
        &["map: T"],
    );

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(inputs.one("map")?.clone())
    }
}

impl<D: Backend> Module<D> for ReverseChannels {
    /// `map`: N x C x H x W, and so is the result.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let map = inputs.one("map")?;
        let channel = |c| slice_channels(pass.ctx, map, c, 1);
        let channels = (0..map.shape()[1]).rev().map(channel).collect::<Result<Vec<Var<D>>, Error>>()?;
        only(concat_channels(pass.ctx, &channels.iter().collect::<Vec<_>>())?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let map = sheet.one("map")?;
        let channels = map.dims[0];
        let last: Vec<i64> = (0..channels as i64).rev().collect();
        let order = sheet.graph.integers("order", &last);
        let name = map.name.clone();
        drawn(sheet.graph.node("Gather", &[&name, &order], &[("axis", Attribute::Integer(1))]))
    }
}
