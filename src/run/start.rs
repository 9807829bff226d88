//! Where the processes of a run begin: all from what rank 0 has, so that none needs the checkpoints of another machine.

use super::checkpoint::Checkpoint;
use super::train::Trainer;
use super::{RunError, state};
use crate::record::{Observer, Progress};
use crate::tensor::{Backend, Share};
use std::path::Path;

/// The run begins anew.
const ANEW: u8 = 0;
/// The run goes on from a checkpoint.
const ON: u8 = 1;

impl<D: Backend> Trainer<'_, D> {
    /// Tells the others what rank 0 begins with, a checkpoint or the networks as they were made; what this process is then
    /// to go on from.
    pub fn begin_together(
        &mut self,
        resumed: Option<Checkpoint>,
        observer: &mut dyn Observer,
    ) -> Result<Option<Checkpoint>, RunError> {
        let Some(share) = self.share.clone() else { return Ok(resumed) };
        if let Some(note) = self.models.device.meet(&share.group)? {
            observer.observe(&Progress::Note(note));
        }
        if self.is_first() {
            let (word, bytes) = match &resumed {
                Some(checkpoint) => (ON, checkpoint.to_bytes()?),
                None => (ANEW, state::gather(self.position.clone(), self, &[]).to_bytes()?),
            };
            share.group.gather(&[&[word], &bytes[..]].concat()).map_err(RunError::lost)?;
            return Ok(resumed);
        }
        let checkpoint = heard(&share)?;
        match checkpoint {
            (ON, checkpoint) => {
                self.position = checkpoint.position.clone();
                Ok(Some(checkpoint))
            }
            (_, checkpoint) => {
                state::restore_networks(&checkpoint, &self.models, false)?;
                Ok(None)
            }
        }
    }

    /// Whether this process writes what the run leaves.
    pub(super) fn is_first(&self) -> bool {
        self.share.as_ref().is_none_or(|share| share.group.rank() == 0)
    }

    /// Whether any process was asked to stop.
    pub(super) fn anyone(&self, asked: bool) -> Result<bool, RunError> {
        let Some(share) = &self.share else { return Ok(asked) };
        Ok(share.means(&[f64::from(u8::from(asked))]).map_err(RunError::lost)?[0] > 0.0)
    }

    /// What rank 0 found out.
    pub(super) fn as_first(&self, own: [bool; 2]) -> Result<[bool; 2], RunError> {
        let Some(share) = &self.share else { return Ok(own) };
        let all = share.gather(&own.map(|flag| f32::from(u8::from(flag)))).map_err(RunError::lost)?;
        Ok([all[0][0] > 0.0, all[0][1] > 0.0])
    }
}

fn heard(share: &Share) -> Result<(u8, Checkpoint), RunError> {
    let all = share.group.gather(&[]).map_err(RunError::lost)?;
    let (word, bytes) = all.first().and_then(|said| said.split_first()).unwrap_or((&ANEW, &[]));
    Ok((*word, Checkpoint::parse(bytes, Path::new("of process 0"))?))
}
