//! `run` and `report`.

use super::{Common, End, cells};
use crate::config;
use crate::record::StudyRecord;
use crate::registry::Catalogue;
use crate::report;
use crate::study::{Number, Paper, Papers};
use crate::terminal::Terminal;
use anyhow::Context;
use std::path::{Path, PathBuf};

pub fn run(
    file: &Path,
    resume: bool,
    common: &Common,
    catalogue: &Catalogue,
    terminal: &mut Terminal,
) -> anyhow::Result<End> {
    cells::carry_out(
        file,
        cells::How { unchanged: resume, command: "run", ..Default::default() },
        common,
        catalogue,
        terminal,
    )
}

/// Draws the page and says where it is.
pub fn draw(folder: &Path, runs: &Path, terminal: &mut Terminal) -> anyhow::Result<()> {
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
    let (folder, runs) = folders(target, common);
    anyhow::ensure!(
        folder.join("cells.json").exists(),
        "{} holds no record; `ablate run {}` makes one",
        folder.display(),
        target.display()
    );
    draw(&folder, &runs, terminal)?;
    Ok(End::Done)
}

/// `runs/<experiment>` and `runs`, from the experiment's file (which may say `run.out`) or that folder.
pub fn folders(target: &Path, common: &Common) -> (PathBuf, PathBuf) {
    if target.is_dir() {
        // A report that stands alone has its cells with it.
        if target.join("cells").is_dir() {
            return (target.to_path_buf(), target.to_path_buf());
        }
        let runs = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return (target.to_path_buf(), runs.to_path_buf());
    }
    let written = || {
        let study = config::load(target, &common.overrides()).ok()?;
        Some(PathBuf::from(study.base.get(&["run", "out"])?.as_text()?))
    };
    let runs = common.out.clone().or_else(written).unwrap_or_else(|| "runs".into());
    (runs.join(target.file_stem().unwrap_or_default()), runs)
}
