//! `study`, `status`, `retry`, and the cells of `run`.

use super::run::{draw, folders};
use super::standing::{self, Picture};
use super::{Common, End, prepared, prepared_some, show};
use crate::record;
use crate::registry::Catalogue;
use crate::run::Stop;
use crate::study::{self, Desk, Failed, Jobs, Met, Options, Prepared, StudyError};
use crate::terminal::{Style, Terminal};
use anyhow::Context;
use clap::Args;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Args)]
pub struct StudyArgs {
    file: PathBuf,
    /// Start nothing: say which cells are done, running, unfinished, missing, failed, and what changed in those that changed
    #[arg(long)]
    dry_run: bool,
    /// Cells side by side, each a process of its own with its share of the cores
    #[arg(long, value_name = "N", default_value = "1")]
    jobs: NonZeroUsize,
    /// Start no further cell after one failed; those that run are stopped, resumably
    #[arg(long)]
    fail_fast: bool,
    /// Refuse if the configuration of an unfinished cell changed; unfinished cells go on in any case
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub struct RetryArgs {
    file: PathBuf,
    /// Cells side by side, each a process of its own with its share of the cores
    #[arg(long, value_name = "N", default_value = "1")]
    jobs: NonZeroUsize,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub struct CellArgs {
    file: PathBuf,
    /// Number in the study, from 0
    number: usize,
    /// Identity that it must have
    hash: String,
    /// How many cells the study has
    #[arg(long)]
    of: usize,
    /// A failed cell is tried again
    #[arg(long)]
    again: bool,
    /// How far it is to go, as a share of the whole training
    #[arg(long, requires = "judged_by")]
    share: Option<f64>,
    /// The column whose validation ends it there
    #[arg(long)]
    judged_by: Option<String>,
    /// What the user typed
    #[arg(long, default_value = "")]
    typed: String,
    #[command(flatten)]
    common: Common,
}

/// What a command asks of the cells of a file.
#[derive(Default)]
pub struct How {
    pub command: &'static str,
    pub unchanged: bool,
    pub fail_fast: bool,
    /// The failed cells, and no others.
    pub retry: bool,
    /// Side by side, where more than one.
    pub jobs: usize,
}

pub fn study(args: &StudyArgs, catalogue: &Catalogue, terminal: &mut Terminal) -> anyhow::Result<End> {
    let StudyArgs { file, jobs, fail_fast, resume, common, dry_run } = args;
    if *dry_run {
        return preview(file, jobs.get(), common, catalogue, terminal);
    }
    let how =
        How { command: "study", unchanged: *resume, fail_fast: *fail_fast, jobs: jobs.get(), ..Default::default() };
    carry_out(file, how, common, catalogue, terminal)
}

pub fn retry(args: &RetryArgs, catalogue: &Catalogue, terminal: &mut Terminal) -> anyhow::Result<End> {
    let how = How { command: "retry", retry: true, jobs: args.jobs.get(), ..Default::default() };
    carry_out(&args.file, how, &args.common, catalogue, terminal)
}

/// Prepares a file's cells, with the data in their identity; or the end of the command.
fn settled(
    file: &Path,
    common: &Common,
    catalogue: &Catalogue,
    terminal: &Terminal,
) -> anyhow::Result<Result<Prepared, End>> {
    let mut prepared = match prepared(file, common, catalogue)? {
        Ok(prepared) => prepared,
        Err(problems) => return Ok(Err(show(&problems, terminal))),
    };
    show(&prepared.notes, terminal);
    study::settle(&mut prepared, common.out.as_deref()).context("cannot tell the data by their contents")?;
    Ok(Ok(prepared))
}

/// Runs the cells and draws the page.
pub fn carry_out(
    file: &Path,
    how: How,
    common: &Common,
    catalogue: &Catalogue,
    terminal: &mut Terminal,
) -> anyhow::Result<End> {
    let prepared = match settled(file, common, catalogue, terminal)? {
        Ok(prepared) => prepared,
        Err(end) => return Ok(end),
    };
    let absent = study::missing_roots(&prepared);
    if !absent.is_empty() {
        return Ok(show(&absent, terminal));
    }
    let typed = std::env::args().collect::<Vec<_>>().join(" ");
    let interrupt = interrupt()?;
    let of_many = prepared.is_study || how.command == "study";
    let failed = match how.retry {
        true => Failed::Only,
        false if prepared.is_study => Failed::Leave,
        false => Failed::Again,
    };
    let command = |number: usize, hash: &str| child(file, (number, hash), (&prepared, &how), common, &typed);
    let options = Options {
        resume: how.unchanged || how.retry || of_many,
        unchanged: how.unchanged,
        failed,
        fail_fast: how.fail_fast,
        out: common.out.as_deref(),
        jobs: (how.jobs > 1).then_some(Jobs { count: how.jobs, command: &command }),
        ..Options::new(&interrupt, &typed)
    };
    if options.jobs.is_none() {
        threads(&prepared)?;
    }
    let finished = match study::carry_out(&prepared, &options, terminal) {
        Ok(finished) => finished,
        Err(StudyError::Interrupted(error)) => {
            terminal.print_error(&format!("error: {error}"));
            return Ok(End::Interrupted);
        }
        Err(
            error @ (StudyError::Changed { .. }
            | StudyError::Machine { .. }
            | StudyError::Taken { .. }
            | StudyError::Record(record::RecordError::Newer { .. })),
        ) => {
            terminal.print_error(&format!("error: {error}"));
            return Ok(End::Wrong);
        }
        Err(error) => return Err(error.into()),
    };
    draw(&finished.folder, &finished.runs, terminal)?;
    for (title, error) in &finished.failed {
        terminal.print_error(&format!("error: {title}: {error}"));
    }
    if finished.left > 0 {
        terminal.print_error(&format!("{} not begun after the failure (`--fail-fast`)", count(finished.left)));
    }
    if finished.failed.is_empty() {
        return Ok(End::Done);
    }
    if prepared.is_study {
        terminal.print_error(&format!("`ablate retry {}` tries the failed cells again", file.display()));
    }
    Ok(End::Failed)
}

fn count(cells: usize) -> String {
    if cells == 1 { "1 cell was".into() } else { format!("{cells} cells were") }
}

/// The threads that the experiment asks for.
fn threads(prepared: &Prepared) -> anyhow::Result<()> {
    if let Some(threads) = prepared.cells.first().and_then(|c| c.plan.run.threads) {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start the threads")?;
    }
    Ok(())
}

/// A flag that Ctrl-C sets, as do the signals that ask to end.
fn interrupt() -> anyhow::Result<Arc<AtomicBool>> {
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

/// This program again, for one cell, with its share of the cores.
fn child(
    file: &Path,
    (number, hash): (usize, &str),
    (prepared, how): (&Prepared, &How),
    common: &Common,
    typed: &str,
) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("cell").arg(file).arg(number.to_string()).arg(hash);
    command.args(["--of", &prepared.cells.len().to_string(), "--typed", typed]);
    command.args(common.arguments());
    if how.retry || !prepared.is_study {
        command.arg("--again");
    }
    if prepared.cells.iter().all(|c| c.plan.run.threads.is_none()) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        command.args(["--threads", &(cores / how.jobs).max(1).to_string()]);
    }
    Ok(command)
}

/// One cell, its events on standard output; stops when standard input ends.
pub fn cell(args: &CellArgs, catalogue: &Catalogue, terminal: &mut Terminal) -> anyhow::Result<End> {
    let CellArgs { file, number, hash, of, again, share, judged_by, typed, common } = args;
    *terminal = Terminal::new(Style::Events);
    let mut prepared = match prepared_some(file, Some(*number), common, catalogue)? {
        Ok(prepared) => prepared,
        Err(problems) => return Ok(show(&problems, terminal)),
    };
    study::settle(&mut prepared, common.out.as_deref()).context("cannot tell the data by their contents")?;
    let known = prepared.cells.first().is_some_and(|cell| cell.plan.hash == *hash);
    anyhow::ensure!(known, "the experiment or its data changed while the study was carried out");
    threads(&prepared)?;
    let interrupt = interrupt()?;
    let flag = interrupt.clone();
    std::thread::spawn(move || {
        // Whoever started this holds the other end.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        flag.store(true, Ordering::SeqCst);
    });
    let failed = if *again { Failed::Again } else { Failed::Leave };
    let options = Options { resume: true, failed, ..Options::new(&interrupt, typed) };
    let runs = prepared.runs(common.out.as_deref());
    let stop = share.zip(judged_by.clone()).map(|(share, column)| Stop { share, column });
    let desk = Desk { stop: stop.as_ref(), ..Desk::new(&prepared, 0, (number + 1, *of), &runs, &options) };
    Ok(match desk.carry_out(terminal) {
        Met::Done | Met::Passed => End::Done,
        Met::Busy(worker) => {
            desk.busy(worker, terminal);
            End::Done
        }
        Met::Failed(_) => End::Failed,
        Met::Interrupted(_) => End::Interrupted,
    })
}

/// `study --dry-run`.
fn preview(
    file: &Path,
    jobs: usize,
    common: &Common,
    catalogue: &Catalogue,
    terminal: &Terminal,
) -> anyhow::Result<End> {
    let prepared = match settled(file, common, catalogue, terminal)? {
        Ok(prepared) => prepared,
        Err(end) => return Ok(end),
    };
    show(&study::missing_roots(&prepared), terminal);
    let runs = prepared.runs(common.out.as_deref());
    let before = record::read_cells(&runs.join(&prepared.experiment))?.unwrap_or_default();
    let changed = |number: usize| {
        let cell = &prepared.cells[number];
        let Some(old) = study::replaced(cell, &before) else { return vec![] };
        let changes = study::changes(cell, old, &runs).into_iter().map(|change| change.to_string());
        changes.collect()
    };
    let cells = study::standings(&prepared.index(), &runs);
    let picture = Picture { cells: &cells, jobs, changed: &changed, all: true };
    terminal.print(&standing::text(&picture));
    Ok(End::Done)
}

pub fn status(target: &Path, common: &Common, catalogue: &Catalogue, terminal: &Terminal) -> anyhow::Result<End> {
    let (folder, runs) = folders(target, common);
    let index = match record::read_cells(&folder)? {
        Some(index) => index,
        None if target.is_file() => match settled(target, common, catalogue, terminal)? {
            Ok(prepared) => prepared.index(),
            Err(end) => return Ok(end),
        },
        None => anyhow::bail!("{} holds no `cells.json`: nothing was begun there", folder.display()),
    };
    let cells = study::standings(&index, &runs);
    let picture = Picture { cells: &cells, jobs: 1, changed: &|_| vec![], all: cells.len() <= standing::MANY };
    terminal.print(&standing::text(&picture));
    Ok(End::Done)
}
