//! A process other than rank 0: trains what rank 0 trains, with its share of every batch, and leaves no record.

use super::cell::CellFolder;
use super::data::Data;
use super::together::{Group, TogetherError};
use super::train::{Given, Trainer};
use super::{RunError, cell};
use crate::graph::plan::Plan;
use crate::record::{Observer, Progress};
use crate::tensor::{Backend, Share};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Sees nothing: rank 0 tells what is to be told.
struct Nobody;

impl Observer for Nobody {
    fn observe(&mut self, _: &Progress) {}
}

/// Carries out rank 0's orders until there are no more. `plan` gives the plan of a cell by its hash; `local` is this
/// process's number on its machine.
///
/// # Errors
/// Of this process; or that another is lost.
pub fn follow<'p>(
    group: &Arc<Group>,
    local: usize,
    plan: impl Fn(&str) -> Option<&'p Plan>,
    cache: &Path,
    interrupt: &AtomicBool,
) -> Result<(), RunError> {
    loop {
        let hash = match group.hear()? {
            super::together::Order::End => {
                group.end();
                return Ok(());
            }
            super::together::Order::Cell(hash) => hash,
        };
        let other = || RunError::lost(format!("the experiment or its data are others here: there is no cell {hash}"));
        let trained = plan(&hash).ok_or_else(other).and_then(|plan| {
            let work = Cell { plan, cache, group, interrupt };
            cell::with_device(plan, local, work)
        });
        match trained {
            Ok(()) => {}
            Err(error) if error.of_all() => {}
            Err(error) => return Err(told(group, error)),
        }
    }
}

/// Tells the others of an error that is this process's own; else it becomes theirs.
pub(super) fn told(group: &Group, error: RunError) -> RunError {
    match group.lost() {
        Some(lost) => RunError::Together(TogetherError::Lost(lost)),
        None => {
            group.fail(&error.to_string());
            error
        }
    }
}

struct Cell<'a> {
    plan: &'a Plan,
    cache: &'a Path,
    group: &'a Arc<Group>,
    interrupt: &'a AtomicBool,
}

impl cell::OnDevice<()> for Cell<'_> {
    fn run<D: Backend>(self, device: D) -> Result<(), RunError> {
        let data = Data::open(self.plan, self.cache, None)?;
        let folder = CellFolder::unrecorded(self.cache, self.plan.hash());
        let share = Share { group: self.group.clone(), whole_statistics: self.plan.run.sync_batch_norm };
        let given = Given { interrupt: self.interrupt, stop: None, share: Some(share) };
        let mut trainer = Trainer::new(self.plan, device, &data, &folder, given)?;
        let resumed = trainer.begin_together(None, &mut Nobody)?;
        trainer.run(resumed, &mut Nobody)
    }
}
