//! The mean face for every image: what a cascade starts from (`p^0` in na2020, equation 5). Learns nothing.

use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Inputs, Module, Outputs, Pass, only};
use crate::registry::{Inferred, InputEdges, Kind, Problem, Type, settings};
use crate::tensor::{Backend, Error};

settings! {
    pub struct Mean {
        /// Number of coefficients.
        coefficients: usize = 62_usize, kind = Kind::Dim, min = 1;
    }
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Mean>()
}

impl Leaf for Mean {
    const ABOUT: About = About {
        family: "regressor",
        name: "mean",
        doc: "The mean face for every image: what a cascade starts from.",
        paper: "",
        inputs: &["image: image"],
        outputs: &["coefficients: coefficients"],
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(inputs.one("image")?.with(Type::Coefficients, [self.coefficients, 1, 1]))
    }
}

impl<D: Backend> Module<D> for Mean {
    /// `image`: N x C x H x W. Returns zeros, N x P x 1 x 1.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let count = inputs.one("image")?.shape()[0];
        only(pass.ctx.constant(vec![0.0; count * self.coefficients], [count, self.coefficients, 1, 1])?)
    }
}
