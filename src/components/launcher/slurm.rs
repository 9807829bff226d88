//! An array of jobs on a cluster that Slurm runs: a task for each cell.

use crate::registry::{Declared, Entry, InputEdges, Make, Problem, Settings, settings};

/// Slurm counts time in minutes: it may tell a task of its end as much earlier than asked.
const EARLY: u64 = 60;

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
        /// Longest time of a task, as Slurm writes it; empty: the partition's. A cell that takes longer is saved, queued again and goes on.
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
    let doc = "An array of jobs on a cluster that Slurm runs.";
    Entry { make: Make::Measure(check), ..Entry::plain("launcher", "slurm", doc, "", Slurm::schema()) }
}

/// A task must have time to get on before it is told to save itself, or it would go back into the queue for ever.
fn check(settings: &Settings, _: &InputEdges) -> Result<(), Problem> {
    let Slurm { time, grace, .. } = Slurm::read(settings)?;
    let Some(seconds) = seconds(&time) else {
        let problem = Problem::new(format!("`time` cannot be `{time}`")).at_setting("time");
        return Err(problem.with_help("expected a time as Slurm writes it: `90` (minutes), `12:00:00`, `2-00:00:00`"));
    };
    let least = grace as u64 + EARLY;
    if seconds <= least {
        let message = format!("`grace` of {grace} s leaves a task of {seconds} s no time to train");
        let help = format!("Slurm may tell a task of its end a minute early: `time` must be more than {least} s");
        return Err(Problem::new(message).at_setting("grace").with_help(help));
    }
    Ok(())
}

/// Of `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, `days-hours:minutes` and
/// `days-hours:minutes:seconds`. No limit, or the partition's own where it is empty,
/// is as long as can be.
fn seconds(time: &str) -> Option<u64> {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    if time.is_empty() || ["unlimited", "infinite"].contains(&time.to_ascii_lowercase().as_str()) {
        return Some(u64::MAX);
    }
    let numbers =
        |text: &str| text.split(':').map(|part| part.parse::<u32>().ok().map(u64::from)).collect::<Option<Vec<_>>>();
    let Some((days, rest)) = time.split_once('-') else {
        return match numbers(time)?[..] {
            [minutes] => Some(minutes * MINUTE),
            [minutes, seconds] => Some(minutes * MINUTE + seconds),
            [hours, minutes, seconds] => Some(hours * HOUR + minutes * MINUTE + seconds),
            _ => None,
        };
    };
    let days = u64::from(days.parse::<u32>().ok()?) * DAY;
    match numbers(rest)?[..] {
        [hours] => Some(days + hours * HOUR),
        [hours, minutes] => Some(days + hours * HOUR + minutes * MINUTE),
        [hours, minutes, seconds] => Some(days + hours * HOUR + minutes * MINUTE + seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_slurm_reads_them() {
        let read = ["90", "1:30", "02:00:00", "2-12", "1-00:30", "1-02:03:04", "", "UNLIMITED"].map(seconds);
        let hours = |h: u64, m: u64, s: u64| Some((h * 60 + m) * 60 + s);
        let wanted = [
            hours(1, 30, 0),
            Some(90),
            hours(2, 0, 0),
            hours(60, 0, 0),
            hours(24, 30, 0),
            hours(26, 3, 4),
            Some(u64::MAX),
            Some(u64::MAX),
        ];
        assert_eq!(read, wanted);
        for wrong in ["soon", "1:2:3:4", "-5", "1-", "2h", "1-2:3:4:5"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
