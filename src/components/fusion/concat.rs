//! The maps side by side.

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, as_map, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, settings};
use crate::tensor::ops::shape::concat_channels;
use crate::tensor::{Backend, Error, Var};

settings! {
    pub struct Concat {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Concat>()
}

impl Leaf for Concat {
    const ABOUT: About = about("concat", "The maps side by side.");

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let maps = super::maps(inputs)?;
        let channels = maps.iter().map(|m| m.channels()).sum();
        let [_, h, w] = maps[0].dims;
        gives(as_map(&maps[0].with(maps[0].ty, [channels, h, w])))
    }
}

impl<D: Backend> Module<D> for Concat {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        match inputs.list("maps") {
            [one] => only(one.clone()),
            maps => only(concat_channels(pass.ctx, &maps.iter().collect::<Vec<&Var<D>>>())?),
        }
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let names: Vec<&str> = sheet.list("maps").iter().map(|w| w.name.as_str()).collect();
        drawn(sheet.graph.concat(&names, 1))
    }
}
