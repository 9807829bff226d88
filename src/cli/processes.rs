//! The processes of a run: which of several this is, how it starts the others, its threads, and how it is asked to stop.

use super::End;
use crate::graph::plan::Run;
use crate::run::{self, Crew, Group, Place, RunError};
use crate::study::{Options, Prepared};
use anyhow::{Context, ensure};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What this process is to the run.
pub enum Part<'a> {
    /// There are no others.
    Alone,
    /// Rank 0: it tells, records and saves.
    First(Crew<'a>),
    Other(Place),
}

/// By what the cells ask for and what the environment says. `again` starts this program once more.
pub fn part<'a>(prepared: &Prepared, again: &'a dyn Fn() -> std::io::Result<Command>) -> anyhow::Result<Part<'a>> {
    let mut wanted = prepared.cells.iter().map(|cell| cell.plan.run.processes());
    let processes = wanted.next().unwrap_or(1);
    ensure!(wanted.all(|n| n == processes), "all cells of a study run in the same number of processes");
    let Some(place) = Place::here()? else {
        return Ok(if processes == 1 { Part::Alone } else { Part::First(Crew::here(processes, again)) });
    };
    ensure!(
        place.ranks == processes,
        "{} processes were started for a run in {processes}: `--processes {}` says so",
        place.ranks,
        place.ranks
    );
    Ok(match (place.ranks, place.rank) {
        (1, _) => Part::Alone,
        (_, 0) => Part::First(Crew::there(place)),
        _ => Part::Other(place),
    })
}

/// Whether this process is one that only helps another: it says nothing of its own.
pub fn is_another() -> bool {
    Place::here().is_ok_and(|place| place.is_some_and(|place| place.rank > 0))
}

/// This command once more: its environment will tell it which process it is.
pub fn again() -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(std::env::args_os().skip(1));
    Ok(command)
}

/// Threads of each process where nobody said how many: its part of the cores, where all are on this machine.
fn share_of_cores(run: &Run) -> Option<usize> {
    let started_here = Place::here().is_ok_and(|place| place.is_none_or(|place| place.address.starts_with("127.")));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (run.processes() > 1 && started_here).then(|| (cores / run.processes()).max(1))
}

/// Does what rank 0 says until it says no more.
pub fn follow(place: &Place, prepared: &Prepared, options: &Options<'_>) -> anyhow::Result<End> {
    let group = Arc::new(Group::join(place)?);
    let runs = prepared.runs(options.out);
    let plan = |hash: &str| prepared.cells.iter().map(|cell| &cell.plan).find(|plan| plan.hash() == hash);
    match run::follow(&group, place.local, plan, &runs.join("cache"), options.interrupt) {
        Ok(()) if options.interrupt.load(Ordering::SeqCst) => Ok(End::Interrupted),
        Ok(()) => Ok(End::Done),
        // Rank 0 tells of it; where rank 0 itself is gone, each says so.
        Err(RunError::Together(error)) if !error.to_string().starts_with("process 0 of") => Ok(End::Failed),
        Err(error) => Err(anyhow::Error::new(error).context(format!("process {} of {}", place.rank, place.ranks))),
    }
}

/// The threads that the experiment asks for.
pub fn threads(prepared: &Prepared) -> anyhow::Result<()> {
    let run = prepared.cells.first().map(|cell| &cell.plan.run);
    if let Some(threads) = run.and_then(|run| run.threads.or_else(|| share_of_cores(run))) {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start the threads")?;
    }
    Ok(())
}

/// A flag that Ctrl-C sets, as do the signals that ask to end.
pub fn interrupt() -> anyhow::Result<Arc<AtomicBool>> {
    let interrupt = Arc::new(AtomicBool::new(false));
    let (flag, before) = (interrupt.clone(), AtomicBool::new(false));
    let asked = move || {
        flag.store(true, Ordering::SeqCst);
        // Asked twice, it does not wait for the step to end.
        if before.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(asked).context("cannot listen for Ctrl-C")?;
    Ok(interrupt)
}
