//! Launchers: where the cells of a study run (`[study.launch]`). What they are told is here; `study` does it.

pub mod local;
pub mod slurm;

use crate::registry::Entry;

/// Every launcher, in the order in which they are printed.
pub fn entries() -> Vec<Entry> {
    vec![local::entry(), slurm::entry()]
}
