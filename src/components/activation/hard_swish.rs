//! x * relu6(x + 3) / 6.
//!
//! Howard et al., "Searching for MobileNetV3", <https://arxiv.org/abs/1905.02244>, section 5.2.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::activation::{Activation, activate};
use crate::tensor::{Backend, Error};

settings! {
    pub struct HardSwish {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, HardSwish>()
}

impl Leaf for HardSwish {
    const ABOUT: About = about("hard-swish", "x * relu6(x + 3) / 6.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        gives(as_map(inputs.one("map")?))
    }
}

impl<D: Backend> Module<D> for HardSwish {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(activate(pass.ctx, inputs.one("map")?, Activation::HardSwish)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        drawn(sheet.graph.node("HardSwish", &[&x.name], &[]))
    }
}
