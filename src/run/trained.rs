//! A finished cell's networks, ready to be used.

use super::checkpoint::{Checkpoint, Folder};
use super::{Built, Models, RunError, state};
use crate::graph::plan::Plan;
use crate::tensor::Backend;
use std::cell::RefCell;
use std::path::Path;

/// Which checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// The one that the test numbers are of: the best by `evaluate.select`, else the last.
    #[default]
    Best,
    Last,
}

/// The networks of a plan with the values of one of its checkpoints: moving copies where `evaluate.weights` says so.
pub struct Trained<'a, D: Backend> {
    pub plan: &'a Plan,
    pub(super) models: Models<D>,
    /// Steps that the checkpoint was trained for.
    pub step: u64,
}

impl<'a, D: Backend> Trained<'a, D> {
    /// # Errors
    /// The cell's folder holds no whole checkpoint, or one of another network.
    pub fn open(plan: &'a Plan, device: D, cell: &Path, which: Which) -> Result<Self, RunError> {
        let folder = Folder::new(cell, 1);
        let best = folder.best();
        let checkpoint = if which == Which::Best && plan.evaluate.select.is_some() && best.exists() {
            Checkpoint::read(&best)?
        } else {
            let missing = || std::io::Error::new(std::io::ErrorKind::NotFound, "there is none");
            let newest = folder.newest()?.map(|(checkpoint, _)| checkpoint);
            newest.ok_or_else(|| RunError::file("find a checkpoint in", cell)(missing()))?
        };
        let blank = |n| Built::blank(n, &device).map(RefCell::new);
        let networks = plan.networks.iter().map(blank).collect::<Result<_, RunError>>()?;
        let models = Models { device, networks };
        state::restore_networks(&checkpoint, &models, plan.evaluate.average)?;
        Ok(Trained { plan, models, step: checkpoint.position.total_step })
    }
}
