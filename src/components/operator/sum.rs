//! The sum of maps, element by element.

use super::{about, broadcast, listed};
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::ops::arithmetic::add;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Sum {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Sum>()
}

impl Leaf for Sum {
    const ABOUT: About = about("sum", "The sum of maps, element by element.", &["maps: map[]"], &["map: map"]);

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let shape = broadcast(&listed(inputs)?, "add")?;
        gives(inputs.one("maps")?.with(Type::Map, shape))
    }
}

impl<D: Backend> Module<D> for Sum {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let mut sum = inputs.one("maps")?.clone();
        for map in &inputs.list("maps")[1..] {
            sum = add(pass.ctx, &sum, map)?;
        }
        only(sum)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let names: Vec<&str> = sheet.list("maps").iter().map(|w| w.name.as_str()).collect();
        drawn(sheet.graph.chain("Add", &names))
    }
}
