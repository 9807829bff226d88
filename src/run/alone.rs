//! One network by itself, outside of a plan: what a bench of a component runs.

use super::{Built, Run, RunError};
use crate::graph::plan::Network;
use crate::nn::Mode;
use crate::random::Stream;
use crate::registry::Parameter;
use crate::tensor::{Backend, Context, Tensor, Var};
use std::cell::RefCell;

/// A network with its modules and tensors.
pub struct Alone<D: Backend>(Built<D>);

impl<D: Backend> Alone<D> {
    /// `fill`: values of a parameter, by its path.
    ///
    /// # Errors
    /// A component that cannot run by itself; no memory.
    pub fn new(network: &Network, device: &D, fill: impl Fn(&str, &Parameter) -> Vec<f32>) -> Result<Self, RunError> {
        Built::filled(network, device, |op, p| fill(&format!("{}/{}", op.path, p.name), p)).map(Alone)
    }

    /// Every parameter by its path.
    pub fn parameters(&self) -> impl Iterator<Item = (String, &Tensor<D>)> {
        let ops = self.0.state.ops.iter();
        ops.flat_map(|op| op.parameters.iter().map(move |p| (format!("{}/{}", op.path, p.name), &p.tensor)))
    }

    /// Outputs for inputs in the plan's order, as when an update learns the network, whose buffers move, or as when it
    /// is evaluated.
    pub fn forward(&mut self, ctx: &Context<D>, inputs: &[Var<D>], learning: bool) -> Result<Vec<Var<D>>, RunError> {
        let ops = self.0.plan.ops.len();
        let mode = if learning { Mode::LEARNING } else { Mode::FROZEN };
        let (modes, learns, stream) = (vec![mode; ops], vec![learning; ops], Stream::new(0, "alone"));
        let run = Run { modes: &modes, learns: &learns, stream, check_finite: false };
        let moved = RefCell::default();
        let outputs = self.0.forward(ctx, inputs, &run, &moved)?;
        self.0.apply(moved.into_inner());
        Ok(outputs)
    }
}
