//! `run` and `report`.

use super::{Common, End, prepared, show};
use crate::record::StudyRecord;
use crate::registry::Catalogue;
use crate::report;
use crate::study::{self, Finished, Number, Paper, Papers, StudyError};
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
    let prepared = match prepared(file, common, catalogue)? {
        Ok(prepared) => prepared,
        Err(problems) => return Ok(show(&problems, terminal)),
    };
    show(&prepared.notes, terminal);
    let absent = study::missing_roots(&prepared);
    if !absent.is_empty() {
        return Ok(show(&absent, terminal));
    }
    if let Some(threads) = prepared.cells.first().and_then(|c| c.plan.run.threads) {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("cannot start the threads")?;
    }
    let interrupt = Arc::new(AtomicBool::new(false));
    let flag = interrupt.clone();
    let asked = move || {
        // Asked twice, it does not wait for the step to end.
        if flag.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(asked).context("cannot listen for Ctrl-C")?;
    let command = std::env::args().collect::<Vec<_>>().join(" ");
    let options = study::Options { resume, interrupt: &interrupt, command: &command, out: common.out.as_deref() };
    match study::carry_out(&prepared, &options, terminal) {
        Ok(finished) => page(&finished, terminal),
        Err(StudyError::Interrupted(error)) => {
            terminal.print_error(&format!("error: {error}"));
            Ok(End::Interrupted)
        }
        Err(error @ (StudyError::Changed { .. } | StudyError::Machine { .. })) => {
            terminal.print_error(&format!("error: {error}"));
            Ok(End::Wrong)
        }
        Err(error) => Err(error.into()),
    }
}

/// Draws the page and says where it is.
fn page(finished: &Finished, terminal: &mut Terminal) -> anyhow::Result<End> {
    draw(&finished.folder, &finished.runs, terminal)?;
    for (title, error) in &finished.failed {
        terminal.print_error(&format!("error: {title}: {error}"));
    }
    Ok(if finished.failed.is_empty() { End::Done } else { End::Failed })
}

fn draw(folder: &Path, runs: &Path, terminal: &mut Terminal) -> anyhow::Result<()> {
    let record = StudyRecord::read(folder, runs).context("cannot read the record")?;
    let papers = Papers::embedded()?;
    let paper = papers.0.get(&record.cells.report.paper).map(Paper::citation).unwrap_or_default();
    let options = report::Options { published: published(&papers), paper };
    let files = report::write(folder, runs, &options).context("cannot draw the page")?;
    for note in &files.notes {
        terminal.print_error(&format!("note: {note}"));
    }
    terminal.close(&record, Some(&files.index));
    Ok(())
}

/// The papers' tables as the report takes them: our columns, our units.
fn published(papers: &Papers) -> Vec<report::PublishedTable> {
    let mut all = Vec::new();
    for (key, paper) in &papers.0 {
        for (name, table) in &paper.tables {
            let rows = table.rows.iter().map(|(label, values)| {
                let value =
                    |(column, number): (&String, &Number)| Some((table.columns.get(column)?.clone(), printed(number)));
                report::PublishedRow { label: label.clone(), values: values.iter().filter_map(value).collect() }
            });
            all.push(report::PublishedTable {
                key: format!("{key}/{name}"),
                source: paper.citation(),
                place: table.place.clone(),
                data: table.data.clone(),
                rows: rows.collect(),
            });
        }
    }
    all
}

fn printed(number: &Number) -> (report::Printed, Option<report::Printed>) {
    let one = |(value, decimals)| report::Printed { value, decimals };
    let (mean, deviation) = number.printed();
    (one(mean), deviation.map(one))
}

pub fn report(target: &Path, common: &Common, terminal: &mut Terminal) -> anyhow::Result<End> {
    let (folder, runs) = folders(target, common.out.as_deref());
    anyhow::ensure!(
        folder.join("cells.json").exists(),
        "{} holds no record; `ablate run {}` makes one",
        folder.display(),
        target.display()
    );
    draw(&folder, &runs, terminal)?;
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
