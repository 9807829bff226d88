//! x above zero, a learnt slope for each channel below.
//!
//! He et al., "Delving Deep into Rectifiers", <https://arxiv.org/abs/1502.01852>, section 2.1; slopes start at 0.25.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf, per_channel};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::prelu::prelu;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Prelu {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Prelu>()
}

impl Leaf for Prelu {
    const ABOUT: About = about("prelu", "x above zero, a learnt slope for each channel below.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        Ok(Inferred { parameters: vec![per_channel("slope", map.channels(), 0.25)], ..gives(as_map(map))? })
    }
}

impl<D: Backend> Module<D> for Prelu {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(prelu(pass.ctx, inputs.one("map")?, &pass.parameter("slope")?)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let (x, slope) = (sheet.one("map")?, sheet.pass.parameter("slope")?);
        let slope = sheet.graph.constant("slope", &[slope.len(), 1, 1], &slope.to_vec());
        drawn(sheet.graph.node("PRelu", &[&x.name, &slope], &[]))
    }
}
