//! The report as a small article: title, question, setting, tables, figures, citations, from which a paper takes what it
//! needs. `latex` writes it for pdflatex, `typeset` sets it here.

mod latex;
#[cfg(feature = "pdf")]
mod typeset;

pub use latex::tex;
#[cfg(feature = "pdf")]
pub use typeset::{pdf, picture};

use super::Options;
use super::figure::Drawing;
use super::format::tex::label;
use super::table::Table;
use crate::record::{CellRecord, State, StudyRecord};
use std::collections::BTreeSet;

/// What the article says, in no form yet; `names` stand in backticks.
pub struct Paper<'a> {
    pub title: &'a str,
    pub question: &'a str,
    /// The day on which the first run began, or nothing.
    pub date: String,
    /// Runs, seeds, what they ran on, and how to do it again.
    pub setting: Vec<String>,
    /// Papers to cite by key: the experiment's own first, if it has one, then those of published rows.
    pub sources: Vec<(String, String)>,
    /// Whether the first source is the experiment's own.
    pub after: bool,
    pub tables: &'a [Table],
    pub drawings: Vec<&'a Drawing>,
}

impl<'a> Paper<'a> {
    pub fn new(
        study: &'a StudyRecord,
        tables: &'a [Table],
        drawings: impl IntoIterator<Item = &'a Drawing>,
        options: &Options,
    ) -> Self {
        let report = &study.cells.report;
        let started = study.records.iter().filter_map(|(_, r)| r.environment.as_ref()).map(|e| e.started.as_str());
        Paper {
            title: if report.title.is_empty() { &study.cells.experiment } else { &report.title },
            question: &report.question,
            date: started.min().and_then(|s| s.get(..10)).unwrap_or_default().into(),
            setting: setting(study),
            sources: sources(study, tables, options),
            after: !options.paper.is_empty(),
            tables,
            drawings: drawings.into_iter().collect(),
        }
    }
}

fn sources(study: &StudyRecord, tables: &[Table], options: &Options) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    if !options.paper.is_empty() {
        all.push((label(&study.cells.report.paper), options.paper.clone()));
    }
    for paper in tables.iter().flat_map(|t| &t.rows).map(|r| r.paper.as_str()).filter(|p| !p.is_empty()) {
        let source = options.published.iter().find(|t| t.key.split('/').next() == Some(paper));
        if let (Some(source), true) = (source, all.iter().all(|(key, _)| *key != label(paper))) {
            all.push((label(paper), source.source.clone()));
        }
    }
    all
}

fn setting(study: &StudyRecord) -> Vec<String> {
    let seeds: BTreeSet<u64> = study.cells.cells.iter().map(|c| c.seed).collect();
    let cells = study.records.len();
    let done = |r: &CellRecord| r.status.as_ref().is_some_and(|s| s.state == State::Done);
    let finished = study.records.iter().filter(|(_, r)| done(r)).count();
    let listed: Vec<String> = seeds.iter().map(u64::to_string).collect();
    let runs = if cells == 1 { "One run".to_owned() } else { format!("{cells} runs") };
    let ended = if finished == cells { String::new() } else { format!(", of which {finished} finished") };
    let seeds = match listed.as_slice() {
        [] => String::new(),
        [one] => format!("; seed {one}"),
        many => format!("; seeds {}", many.join(", ")),
    };
    let mut all = vec![format!("{runs}{ended}{seeds}.")];
    if let Some(e) = study.records.iter().find_map(|(_, r)| r.environment.as_ref()) {
        let commit = if e.commit.is_empty() { String::new() } else { format!(", commit `{}`", e.commit) };
        let command = e.command.replace('`', "'");
        all.push(format!("Run on {} ({}) by ablate {}{commit}: `{command}`.", e.device, e.cpu, e.version));
    }
    all
}

/// `A, B and C`.
fn list(all: &[String]) -> String {
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Width of an SVG document in pixels.
fn width(svg: &str) -> Option<f64> {
    svg.split_once("width=\"")?.1.split_once('"')?.0.parse().ok()
}
