//! The contract of a leaf component at work.

use super::{Drawn, Pass, Sheet};
use crate::tensor::{Backend, Error, Var};

/// Values at a component's inputs, by port.
#[derive(Clone, Debug)]
pub struct Inputs<D: Backend> {
    ports: Vec<(String, Vec<Var<D>>)>,
}

impl<D: Backend> Default for Inputs<D> {
    fn default() -> Self {
        Inputs { ports: Vec::new() }
    }
}

impl<D: Backend> Inputs<D> {
    pub fn new(ports: Vec<(String, Vec<Var<D>>)>) -> Self {
        Inputs { ports }
    }

    /// The value at a port that takes one.
    pub fn one(&self, port: &'static str) -> Result<&Var<D>, Error> {
        self.optional(port).ok_or_else(|| Error::shape(port, "nothing is wired to this input"))
    }

    pub fn optional(&self, port: &str) -> Option<&Var<D>> {
        self.list(port).first()
    }

    pub fn list(&self, port: &str) -> &[Var<D>] {
        self.ports.iter().find(|(p, _)| p == port).map_or(&[], |(_, values)| values)
    }
}

/// One value for each output port of the card; `None` where an optional output is absent.
pub type Outputs<D> = Vec<Option<Var<D>>>;

/// The outputs of a component with one port.
pub fn only<D: Backend>(value: Var<D>) -> Result<Outputs<D>, Error> {
    Ok(vec![Some(value)])
}

/// A leaf component, built: owns no choices and no tensors; parameters come with the pass.
pub trait Module<D: Backend> {
    fn forward(&self, pass: &Pass<'_, D>, inputs: &Inputs<D>) -> Result<Outputs<D>, Error>;

    /// The same in inference mode, as nodes of an ONNX graph.
    ///
    /// # Errors
    /// Why there is none; the caller names the component.
    fn onnx(&self, _: &mut Sheet<'_, D>) -> Drawn {
        Err(Error::Other("it has no ONNX form yet".into()))
    }
}
