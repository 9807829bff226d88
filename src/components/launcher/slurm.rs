//! An array of jobs on a cluster that Slurm runs: a task for each cell.

use crate::registry::{Declared, Entry, settings};

settings! {
    /// What `slurm` is told. What is empty is left to the cluster's own defaults.
    pub struct Slurm {
        /// Partition of the cluster.
        partition: String = "";
        /// Whom the time is charged to.
        account: String = "";
        /// GPUs of a task; 0: it runs on the processor.
        gpus: usize = 0_usize, min = 0;
        /// Cores of a task.
        cpus: usize = 4_usize, min = 1;
        /// Memory of a task.
        memory: String = "16G";
        /// Longest time of a task, as Slurm writes it. A cell that takes longer is saved, queued again and goes on.
        time: String = "24:00:00";
        /// Seconds before the end of that time at which a cell begins to save itself; at least two of its steps.
        grace: usize = 120_usize, min = 10;
        /// Tasks that run at once; 0: as many as the cluster lets.
        tasks: usize = 0_usize, min = 0;
        /// Modules that are loaded first.
        modules: Vec<String> = vec![];
        /// Further options of `sbatch`, such as `--constraint=a100`.
        options: Vec<String> = vec![];
        /// Lines of shell that come before the run.
        lines: Vec<String> = vec![];
    }
}

pub fn entry() -> Entry {
    Entry::plain("launcher", "slurm", "An array of jobs on a cluster that Slurm runs.", "", Slurm::schema())
}
