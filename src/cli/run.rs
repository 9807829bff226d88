//! `run` and `report`.

use super::{Common, End, show};
use crate::registry::Catalogue;
use crate::report;
use crate::study::{self, Finished, StudyError};
use crate::terminal::Terminal;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub fn run(
    file: &Path,
    resume: bool,
    common: &Common,
    catalogue: &Catalogue,
    terminal: &mut Terminal,
) -> anyhow::Result<End> {
    let library = match super::library(catalogue, &common.registry) {
        Ok(library) => library,
        Err(problems) => return Ok(show(&problems, terminal)),
    };
    let prepared = match study::prepare(file, &common.overrides(), &library) {
        Ok(prepared) => prepared,
        Err(problems) => return Ok(show(&problems, terminal)),
    };
    terminal.diagnostics(&prepared.notes);
    if let Some(threads) = prepared.cells.first().and_then(|c| c.plan.run.threads) {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start the threads")?;
    }
    let interrupt = Arc::new(AtomicBool::new(false));
    let flag = interrupt.clone();
    ctrlc::set_handler(move || flag.store(true, Ordering::SeqCst)).context("cannot listen for Ctrl-C")?;
    let command = std::env::args().collect::<Vec<_>>().join(" ");
    let options = study::Options { resume, interrupt: &interrupt, command: &command, out: common.out.as_deref() };
    match study::carry_out(&prepared, &options, terminal) {
        Ok(finished) => page(&finished, &command, terminal),
        Err(StudyError::Interrupted(error)) => {
            terminal.error(&error.to_string());
            Ok(End::Interrupted)
        }
        Err(error @ StudyError::Changed { .. }) => {
            terminal.error(&error.to_string());
            Ok(End::Wrong)
        }
        Err(error) => Err(error.into()),
    }
}

/// Draws the page and says where it is.
fn page(finished: &Finished, command: &str, terminal: &mut Terminal) -> anyhow::Result<End> {
    draw(&finished.folder, &finished.runs, command, terminal)?;
    for (title, error) in &finished.failed {
        terminal.error(&format!("{title}: {error}"));
    }
    Ok(if finished.failed.is_empty() { End::Done } else { End::Failed })
}

fn draw(folder: &Path, runs: &Path, command: &str, terminal: &mut Terminal) -> anyhow::Result<()> {
    let options = report::Options { command: command.into(), ..Default::default() };
    let files = report::write(folder, runs, &options).context("cannot draw the page")?;
    terminal.summary(&files);
    Ok(())
}

pub fn report(target: &Path, common: &Common, terminal: &mut Terminal) -> anyhow::Result<End> {
    let (folder, runs) = folders(target, common.out.as_deref());
    anyhow::ensure!(
        folder.join("cells.json").exists(),
        "{} holds no record; `ablate run {}` makes one",
        folder.display(),
        target.display()
    );
    let command = std::env::args().collect::<Vec<_>>().join(" ");
    draw(&folder, &runs, &command, terminal)?;
    Ok(End::Done)
}

/// `runs/<experiment>` and `runs`, from the experiment's file or that folder.
fn folders(target: &Path, out: Option<&Path>) -> (PathBuf, PathBuf) {
    if target.is_dir() {
        let runs = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return (target.to_path_buf(), runs.to_path_buf());
    }
    let runs = out.unwrap_or(Path::new("runs")).to_path_buf();
    (runs.join(target.file_stem().unwrap_or_default()), runs)
}
