//! What a module sees while it runs: the context, its parameters, its mode, its random stream.

use super::OpState;
use crate::random::Stream;
use crate::tensor::{Backend, Context, Error, Tensor, Var};
use std::cell::RefCell;

/// How a network runs (language.md, section 6: a node that some update of the stage learns runs in training mode, any
/// other as if frozen; only what the acting update learns changes buffers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Norms take the batch's statistics, not the running ones.
    pub batch_statistics: bool,
    pub dropout: bool,
    /// Running statistics move.
    pub move_buffers: bool,
}

impl Mode {
    /// The acting update's own networks.
    pub const LEARNING: Mode = Mode { batch_statistics: true, dropout: true, move_buffers: true };
    /// Networks that another update of the stage learns.
    pub const TRAINING: Mode = Mode { batch_statistics: true, dropout: true, move_buffers: false };
    /// Everything else.
    pub const FROZEN: Mode = Mode { batch_statistics: false, dropout: false, move_buffers: false };
}

/// New values of a buffer, applied after the forward pass that made them. They stay on the device: nobody waits for them.
#[derive(Clone, Debug)]
pub struct BufferUpdate<D: Backend> {
    pub op: usize,
    pub name: &'static str,
    pub tensor: Tensor<D>,
}

/// A forward pass through one operation.
pub struct Pass<'a, D: Backend> {
    pub ctx: &'a Context<D>,
    pub mode: Mode,
    op: usize,
    state: &'a OpState<D>,
    learns: bool,
    stream: Stream,
    moved: &'a RefCell<Vec<BufferUpdate<D>>>,
}

impl<'a, D: Backend> Pass<'a, D> {
    /// `learns`: whether the acting update learns this operation's parameters. `stream`: of this step; the operation's
    /// own is made from it by path, so that dropout is the same in every update of a step.
    pub fn new(
        ctx: &'a Context<D>,
        mode: Mode,
        (op, state): (usize, &'a OpState<D>),
        learns: bool,
        stream: &Stream,
        moved: &'a RefCell<Vec<BufferUpdate<D>>>,
    ) -> Self {
        Pass { ctx, mode, op, state, learns, stream: stream.named(&state.path), moved }
    }

    /// A parameter by its name on the card.
    pub fn parameter(&self, name: &'static str) -> Result<Var<D>, Error> {
        let tensor = self.state.parameter(name).ok_or_else(|| self.missing(name))?.clone();
        Ok(if self.learns { Var::leaf(tensor) } else { Var::constant(tensor) })
    }

    /// A parameter that the settings may leave out (a bias).
    pub fn optional_parameter(&self, name: &'static str) -> Option<Var<D>> {
        self.parameter(name).ok()
    }

    pub fn buffer(&self, name: &'static str) -> Result<Var<D>, Error> {
        self.state.buffer(name).cloned().map(Var::constant).ok_or_else(|| self.missing(name))
    }

    /// Moves a buffer, if this pass may.
    pub fn move_buffer(&self, name: &'static str, value: &Var<D>) {
        if self.mode.move_buffers {
            let tensor = value.tensor().clone();
            self.moved.borrow_mut().push(BufferUpdate { op: self.op, name, tensor });
        }
    }

    /// This operation's random stream in this step. `draws`: how many numbers it takes at most; of a share of a batch it
    /// takes those that a process with the whole batch would take for it.
    pub fn stream(&self, draws: usize) -> Stream {
        let before = self.ctx.share().map_or(0, |share| share.group.rank());
        self.stream.skip((before * draws) as u64)
    }

    fn missing(&self, name: &str) -> Error {
        Error::Other(format!("`{}` has no `{name}`", self.state.path))
    }
}
