//! Mean of each channel over the whole map: a map becomes a vector.

use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::ops::pool::global_average_pool;
use crate::tensor::{Backend, Error};

settings! {
    pub struct GlobalPool {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, GlobalPool>()
}

impl Leaf for GlobalPool {
    const ABOUT: About = About {
        family: "block",
        name: "global-pool",
        doc: "Mean of each channel over the whole map.",
        paper: "",
        inputs: &["map: map"],
        outputs: &["vector: vector"],
    };

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let map = inputs.one("map")?;
        gives(map.with(Type::Vector, [map.channels(), 1, 1]))
    }
}

impl<D: Backend> Module<D> for GlobalPool {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(global_average_pool(pass.ctx, inputs.one("map")?)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let x = sheet.one("map")?;
        drawn(sheet.graph.node("GlobalAveragePool", &[&x.name], &[]))
    }
}
