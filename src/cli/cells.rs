//! `study`, `status`, `retry`, and the cells of `run`.

use super::processes::{self, Part, interrupt, threads};
use super::run::{draw, folders};
use super::standing::{self, Picture};
use super::{Common, End, prepared, prepared_some, show};
use crate::record;
use crate::registry::Catalogue;
use crate::run::Stop;
use crate::study::{self, Desk, Failed, Jobs, LaunchError, Met, Options, Prepared, Script, StudyError, Submitted};
use crate::terminal::{Style, Terminal};
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[derive(Args)]
pub struct StudyArgs {
    file: PathBuf,
    /// Start nothing: say which cells are done, running, unfinished, missing, failed, and what changed in those that changed
    #[arg(long)]
    dry_run: bool,
    /// Cells side by side, each a process of its own with its share of the cores; 1, or what `[study.launch]` says
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Where the cells run: here, or as an array of jobs with the settings of `[study.launch]`
    #[arg(long, value_enum, default_value_t = Launcher::Local)]
    launcher: Launcher,
    /// Start no further cell after one failed; those that run are stopped, resumably
    #[arg(long)]
    fail_fast: bool,
    /// Refuse if the configuration of an unfinished cell changed; unfinished cells go on in any case
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Launcher {
    #[default]
    Local,
    Slurm,
}

#[derive(Args)]
pub struct RetryArgs {
    file: PathBuf,
    /// Cells side by side, each a process of its own with its share of the cores; 1, or what `[study.launch]` says
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Where the cells run
    #[arg(long, value_enum, default_value_t = Launcher::Local)]
    launcher: Launcher,
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
    #[arg(long)]
    typed: Option<String>,
    /// Events go to standard output; stops when standard input ends
    #[arg(long)]
    events: bool,
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
    /// Side by side; else what the file says.
    pub jobs: Option<NonZeroUsize>,
    pub launcher: Launcher,
}

impl How {
    fn jobs(&self, prepared: &Prepared) -> usize {
        let local = prepared.launch.as_ref().filter(|launch| launch.name == "local");
        let written = local.and_then(|launch| launch.settings.get("jobs")?.as_u64());
        self.jobs.map_or_else(|| written.map_or(1, |jobs| jobs as usize), NonZeroUsize::get)
    }
}

pub fn study(args: &StudyArgs, catalogue: &Catalogue, terminal: &mut Terminal) -> anyhow::Result<End> {
    let StudyArgs { file, jobs, launcher, fail_fast, resume, common, dry_run } = args;
    let (jobs, launcher, fail_fast) = (*jobs, *launcher, *fail_fast);
    let how = How { command: "study", unchanged: *resume, fail_fast, jobs, launcher, retry: false };
    if *dry_run {
        return preview(file, &how, common, catalogue, terminal);
    }
    carry_out(file, how, common, catalogue, terminal)
}

pub fn retry(args: &RetryArgs, catalogue: &Catalogue, terminal: &mut Terminal) -> anyhow::Result<End> {
    let how = How { command: "retry", retry: true, jobs: args.jobs, launcher: args.launcher, ..Default::default() };
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
    if !processes::is_another() {
        show(&prepared.notes, terminal);
    }
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
        // The points that a search has not come to decide as much as the failed ones.
        true if prepared.search.is_some() => Failed::Again,
        true => Failed::Only,
        false if prepared.is_study => Failed::Leave,
        false => Failed::Again,
    };
    let jobs = how.jobs(&prepared);
    let part = match how.launcher {
        Launcher::Local if jobs == 1 => processes::part(&prepared, &processes::again)?,
        _ => Part::Alone,
    };
    let command = |number: usize, hash: &str| child(file, (number, hash), (&prepared, &how), common, &typed);
    let options = Options {
        resume: how.unchanged || how.retry || of_many,
        unchanged: how.unchanged,
        failed,
        fail_fast: how.fail_fast,
        out: common.out.as_deref(),
        jobs: (jobs > 1).then_some(Jobs { count: jobs, command: &command }),
        ..Options::new(&interrupt, &typed)
    };
    if how.launcher == Launcher::Slurm {
        return submit(file, (&prepared, &options), &how, common, terminal);
    }
    if options.jobs.is_none() {
        threads(&prepared)?;
    }
    let options = match &part {
        Part::Other(place) => return processes::follow(place, &prepared, &options),
        Part::First(crew) => Options { crew: Some(crew), ..options },
        Part::Alone => options,
    };
    let finished = match study::carry_out(&prepared, &options, terminal) {
        Ok(finished) => finished,
        Err(error) => return refused(error, terminal),
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
    command.args(["--events", "--of", &prepared.cells.len().to_string(), "--typed", typed]);
    command.args(common.arguments());
    if how.retry || !prepared.is_study {
        command.arg("--again");
    }
    if prepared.cells.iter().all(|c| c.plan.run.threads.is_none()) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let processes = prepared.cells.iter().map(|cell| cell.plan.run.processes()).max().unwrap_or(1);
        command.args(["--threads", &(cores / how.jobs(prepared) / processes).max(1).to_string()]);
    }
    Ok(command)
}

/// One cell: for this program, which hears its events, or for a task of a cluster, which keeps its words.
pub fn cell(args: &CellArgs, catalogue: &Catalogue, terminal: &mut Terminal) -> anyhow::Result<End> {
    let CellArgs { file, number, hash, of, again, share, judged_by, typed, events, common } = args;
    *terminal = Terminal::new(if *events { Style::Events } else { Style::Plain });
    let mut prepared = match prepared_some(file, Some(*number), common, catalogue)? {
        Ok(prepared) => prepared,
        Err(problems) => return Ok(show(&problems, terminal)),
    };
    study::settle(&mut prepared, common.out.as_deref()).context("cannot tell the data by their contents")?;
    let known = prepared.cells.first().is_some_and(|cell| cell.plan.hash() == *hash);
    anyhow::ensure!(known, "the experiment or its data changed since the study was begun");
    threads(&prepared)?;
    let interrupt = interrupt()?;
    let part = processes::part(&prepared, &processes::again)?;
    if *events && !matches!(part, Part::Other(_)) {
        let flag = interrupt.clone();
        std::thread::spawn(move || {
            // Whoever started this holds the other end.
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            flag.store(true, Ordering::SeqCst);
        });
    }
    let failed = if *again { Failed::Again } else { Failed::Leave };
    let typed = typed.clone().unwrap_or_else(|| std::env::args().collect::<Vec<_>>().join(" "));
    let options = Options { resume: true, failed, ..Options::new(&interrupt, &typed) };
    let options = match &part {
        Part::Other(place) => {
            let options = Options { out: common.out.as_deref(), ..options };
            return processes::follow(place, &prepared, &options);
        }
        Part::First(crew) => Options { crew: Some(crew), ..options },
        Part::Alone => options,
    };
    let runs = prepared.runs(common.out.as_deref());
    let stop = share.zip(judged_by.clone()).map(|(share, column)| Stop { share, column });
    let mut desk = Desk { stop: stop.as_ref(), ..Desk::new(&prepared, 0, (number + 1, *of), &runs, &options) };
    loop {
        let met = desk.carry_out(terminal);
        if let (Met::Busy(worker), false) = (&met, desk.waited) {
            desk.busy(worker.clone(), terminal);
        }
        match met {
            Met::Done | Met::Passed => return Ok(End::Done),
            Met::Failed(_) => return Ok(End::Failed),
            Met::Interrupted(_) => return Ok(End::Interrupted),
            // Whoever asked has other cells to see to.
            Met::Busy(_) if *events => return Ok(End::Done),
            Met::Busy(_) if interrupt.load(Ordering::SeqCst) => return Ok(End::Interrupted),
            Met::Busy(_) => {
                desk.waited = true;
                std::thread::sleep(Duration::from_secs(1));
            }
        }
    }
}

/// Hands the cells to Slurm.
fn submit(
    file: &Path,
    (prepared, options): (&Prepared, &Options<'_>),
    how: &How,
    common: &Common,
    terminal: &Terminal,
) -> anyhow::Result<End> {
    let script = Script {
        program: std::env::current_exe().context("cannot find this program")?,
        here: std::env::current_dir().context("cannot find the current folder")?,
        file,
        flags: common.arguments(),
        again: how.retry || !prepared.is_study,
    };
    let (jobs, failed) = match study::submit(prepared, options, &script) {
        Ok(submitted) => submitted,
        Err(LaunchError::Study(error)) => return refused(error, terminal),
        Err(error) => return Err(error.into()),
    };
    for Submitted { job, cells } in &jobs {
        let tasks = if *cells == 1 { "1 cell".into() } else { format!("{cells} cells") };
        terminal.print(&format!("job {job}: {tasks}"));
    }
    if jobs.is_empty() {
        terminal.print("nothing to submit: every cell is done, failed, running or in the queue");
    } else {
        terminal.print(&format!("`ablate status {}` tells how they stand; a last job draws the page", file.display()));
    }
    if failed > 0 {
        let cells = if failed == 1 { "1 cell".into() } else { format!("{failed} cells") };
        let again = format!("`ablate retry {} --launcher slurm`", file.display());
        terminal.print(&format!("{cells} failed before and stay as they are; {again} submits them again"));
    }
    Ok(End::Done)
}

/// The end of a command whose study was not carried out.
fn refused(error: StudyError, terminal: &Terminal) -> anyhow::Result<End> {
    let end = match &error {
        StudyError::Interrupted(_) => End::Interrupted,
        StudyError::Changed { .. }
        | StudyError::Machine { .. }
        | StudyError::Taken { .. }
        | StudyError::Record(record::RecordError::Newer { .. }) => End::Wrong,
        StudyError::Record(_) => return Err(error.into()),
    };
    terminal.print_error(&format!("error: {error}"));
    Ok(end)
}

/// `study --dry-run`.
fn preview(file: &Path, how: &How, common: &Common, catalogue: &Catalogue, terminal: &Terminal) -> anyhow::Result<End> {
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
    let queued = study::queue(&runs.join(&prepared.experiment));
    let jobs = how.jobs(&prepared);
    let picture = Picture { cells: &cells, jobs, changed: &changed, queued: &queued, all: true };
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
    let (queued, all) = (study::queue(&folder), cells.len() <= standing::MANY);
    let picture = Picture { cells: &cells, jobs: 1, changed: &|_| vec![], queued: &queued, all };
    terminal.print(&standing::text(&picture));
    Ok(End::Done)
}
