//! Processes on this machine.

use crate::registry::{Declared, Entry, settings};

settings! {
    /// What `local` is told.
    pub struct Local {
        /// Cells side by side, each a process of its own with its share of the cores.
        jobs: usize = 1_usize, min = 1;
    }
}

pub fn entry() -> Entry {
    Entry::plain("launcher", "local", "Processes on this machine.", "", Local::schema())
}
