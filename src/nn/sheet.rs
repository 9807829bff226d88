//! What a module sees while it is written down as ONNX: its inputs' wires, its tensors, the graph it adds to.

use super::Pass;
use crate::onnx::{Graph, Wire};
use crate::tensor::{Backend, Error, Var};

/// A graph, and the place of one operation in it. Everything is in inference mode, so that what does not depend on the
/// inputs can be computed with `pass` and written as a constant.
pub struct Sheet<'a, D: Backend> {
    pub pass: &'a Pass<'a, D>,
    pub graph: &'a mut Graph,
    inputs: &'a [(String, Vec<Wire>)],
}

/// Names of the values at a component's output ports; `None` where an optional output is absent.
pub type Drawn = Result<Vec<Option<String>>, Error>;

impl<'a, D: Backend> Sheet<'a, D> {
    pub fn new(pass: &'a Pass<'a, D>, graph: &'a mut Graph, inputs: &'a [(String, Vec<Wire>)]) -> Self {
        Sheet { pass, graph, inputs }
    }

    /// The wire at a port that takes one.
    pub fn one(&self, port: &'static str) -> Result<&'a Wire, Error> {
        self.list(port).first().ok_or_else(|| Error::shape(port, "nothing is wired to this input"))
    }

    pub fn list(&self, port: &str) -> &'a [Wire] {
        self.inputs.iter().find(|(p, _)| p == port).map_or(&[], |(_, wires)| wires)
    }

    /// A tensor as a constant of its own four dimensions.
    pub fn tensor(&mut self, name: &str, value: &Var<D>) -> String {
        self.graph.constant(name, &value.shape(), &value.to_vec())
    }

    /// A tensor as a list of numbers: biases, and what norms are told of each channel.
    pub fn vector(&mut self, name: &str, value: &Var<D>) -> String {
        self.graph.constant(name, &[value.len()], &value.to_vec())
    }

    /// The parameter of this name.
    pub fn parameter(&mut self, name: &'static str) -> Result<String, Error> {
        let value = self.pass.parameter(name)?;
        Ok(self.tensor(name, &value))
    }

    /// The bias of this name, as [`Graph::conv`] takes it, where there is one.
    pub fn bias(&mut self, name: &'static str) -> Option<String> {
        let value = self.pass.optional_parameter(name)?;
        Some(self.vector(name, &value))
    }
}

/// The outputs of a component with one port.
pub fn drawn(name: impl Into<String>) -> Drawn {
    Ok(vec![Some(name.into())])
}
