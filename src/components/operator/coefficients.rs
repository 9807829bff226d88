//! The sum of vectors, as coefficients: what a regressor gives, and what it gives added to what was known (na2020,
//! equation 5).

use super::about;
use crate::components::node::{About, Leaf, NodeEntry, gives, leaf};
use crate::nn::{Drawn, Inputs, Module, Outputs, Pass, Sheet, drawn, only};
use crate::registry::{Edge, Inferred, InputEdges, Problem, Type, settings};
use crate::tensor::ops::arithmetic::add;
use crate::tensor::{Backend, Error};

settings! {
    pub struct Coefficients {}
}

pub fn entry<D: Backend>() -> NodeEntry<D> {
    leaf::<D, Coefficients>()
}

impl Leaf for Coefficients {
    const ABOUT: About = about(
        "coefficients",
        "The sum of vectors, as coefficients.",
        &["vectors: vector[]"],
        &["coefficients: coefficients"],
    );

    fn infer(&self, inputs: &InputEdges) -> Result<Inferred, Problem> {
        let (first, all) = (inputs.one("vectors")?, inputs.list("vectors"));
        if let Some(i) = all.iter().position(|e| e.dims != first.dims) {
            let problem = Problem::new(format!("cannot add {first} and {} coefficients", all[i]));
            return Err(problem.at_port("vectors", 0, first.to_string()).at_port("vectors", i, all[i].to_string()));
        }
        let parts = all.iter().find(|e| !e.parts.is_empty()).map(|e| e.parts.clone()).unwrap_or_default();
        gives(Edge { parts, ..first.with(Type::Coefficients, first.dims) })
    }
}

impl<D: Backend> Module<D> for Coefficients {
    /// `vectors`: N x P x 1 x 1 each, and so is the result.
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error> {
        let mut sum = inputs.one("vectors")?.clone();
        for vector in &inputs.list("vectors")[1..] {
            sum = add(pass.ctx, &sum, vector)?;
        }
        only(sum)
    }

    fn onnx(&self, sheet: &mut Sheet<'_, D>) -> Drawn {
        let names: Vec<&str> = sheet.list("vectors").iter().map(|w| w.name.as_str()).collect();
        drawn(sheet.graph.chain("Add", &names))
    }
}
