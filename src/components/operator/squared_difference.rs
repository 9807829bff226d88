//! (first - second) squared, element by element.

use super::{about, broadcast};
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::ops::arithmetic::squared_difference;
use crate::tensor::{Backend, Error};

settings! {
    pub struct SquaredDifference {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, SquaredDifference>()
}

impl Leaf for SquaredDifference {
    const ABOUT: About = about(
        "squared-difference",
        "(first - second) squared, element by element.",
        &["first: map", "second: map"],
        &["map: map"],
    );

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let (first, second) = (inputs.one("first")?, inputs.one("second")?);
        let shape = broadcast(&[("first", 0, first), ("second", 0, second)], "subtract")?;
        gives(first.with(Type::Map, shape))
    }
}

impl<D: Backend> Module<D> for SquaredDifference {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        only(squared_difference(pass.ctx, inputs.one("first")?, inputs.one("second")?)?)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let (first, second) = (sheet.one("first")?, sheet.one("second")?);
        let difference = sheet.graph.node("Sub", &[&first.name, &second.name], &[]);
        drawn(sheet.graph.node("Mul", &[&difference, &difference], &[]))
    }
}
