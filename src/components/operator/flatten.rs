//! A map as a vector: channel by channel, row by row, as PyTorch's `flatten`; or pixel by pixel, column by column, as
//! networks that came from MATLAB want it (MTCNN).

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::onnx::Attribute;
use crate::registry::{Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::ops::shape::{concat_channels, crop, reshape};
use crate::tensor::{Backend, Error};

settings! {
    pub struct Flatten {
        /// "rows": channel by channel, row by row; "columns": column by column, in each from the top, all channels of a pixel
        /// together.
        order: String = "rows", of = ["rows", "columns"];
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Flatten>()
}

impl Leaf for Flatten {
    const ABOUT: About =
        about("flatten", "A map as a vector: channel by channel, row by row.", &["map: map"], &["vector: vector"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        gives(map.with(Type::Vector, [map.elements(), 1, 1]))
    }
}

impl<D: Backend> Module<D> for Flatten {
    /// `map`: N x C x H x W. Returns N x CHW x 1 x 1.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let x = inputs.one("map")?;
        let [n, c, h, w] = x.shape();
        if self.order == "rows" {
            return only(reshape(pass.ctx, x, [n, c * h * w, 1, 1])?);
        }
        let pixels = (0..w * h).map(|i| crop(pass.ctx, x, i % h, i / h, 1, 1)).collect::<Result<Vec<_>, _>>()?;
        only(concat_channels(pass.ctx, &pixels.iter().collect::<Vec<_>>())?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        let mut name = x.name.clone();
        if self.order == "columns" {
            name = sheet.graph.node("Transpose", &[&name], &[("perm", Attribute::Integers(&[0, 3, 2, 1]))]);
        }
        let shape = sheet.graph.integers("shape", &[0, x.dims.iter().product::<usize>() as i64, 1, 1]);
        drawn(sheet.graph.node("Reshape", &[&name, &shape], &[]))
    }
}
