//! From records to pages: tables in four forms, figures as SVG and PNG, one self-contained HTML page and one in Markdown.
//! Everything is drawn from the record alone, and drawn again to the same bytes.

mod bins;
pub mod compare;
mod figure;
mod format;
mod group;
mod page;
mod palette;
mod paper;
mod plot;
mod raster;
pub mod sheet;
mod significance;
mod svg;
mod table;
mod tested;

pub use group::Value;
pub use significance::{Details, Line, Sheet};
pub use table::{Head, Kind, Row, Table};

use crate::record::{ModelSummary, RecordError, StudyRecord, write_atomic};
use format::{Csv, Format, Latex};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the record does not hold: published numbers and the paper's citation, from `registry/papers.toml`.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub published: Vec<PublishedTable>,
    /// Citation of the paper that the experiment names; empty without one.
    pub paper: String,
}

/// A table of a paper.
#[derive(Clone, Debug, Default)]
pub struct PublishedTable {
    /// `na2020/table-1`.
    pub key: String,
    /// `Na et al. (2020). Facial UV map completion ..`.
    pub source: String,
    /// `Table 1`.
    pub place: String,
    /// What it was measured on.
    pub data: String,
    pub rows: Vec<PublishedRow>,
}

#[derive(Clone, Debug, Default)]
pub struct PublishedRow {
    pub label: String,
    /// By our column, in our unit: mean, and deviation where it is given.
    pub values: BTreeMap<String, (Printed, Option<Printed>)>,
}

/// A number as a paper prints it: no digit more, none less.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Printed {
    pub value: f64,
    pub decimals: usize,
}

/// The files of a page that was written.
#[derive(Clone, Debug, Default)]
pub struct PageFiles {
    pub index: PathBuf,
    pub markdown: PathBuf,
    /// `paper.tex`, which pdflatex compiles as it is.
    pub paper: PathBuf,
    pub tables: Vec<PathBuf>,
    pub figures: Vec<PathBuf>,
    /// For the closing lines on the terminal.
    pub results: Vec<Table>,
    /// What is missing from the page, and why.
    pub notes: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("cannot draw a picture: {0}")]
    Picture(String),
    #[error("cannot read the sample {}: {source}", path.display())]
    Sample { path: PathBuf, source: image::ImageError },
    #[error("cannot write a table: {0}")]
    Table(String),
    #[error("cannot fill in the page: {0:#}")]
    Page(#[from] minijinja::Error),
}

impl From<::csv::Error> for ReportError {
    fn from(e: ::csv::Error) -> Self {
        ReportError::Table(e.to_string())
    }
}

/// Draws the page of a study, or of a run, into its folder: `index.html`, `report.md`,
/// `paper.tex`, `tables/`, `figures/`; with the feature `pdf` also `report.pdf` and the figures as PDF.
///
/// # Errors
/// Files of the record that cannot be read, a folder that cannot be written. What is merely missing (a failed or
/// interrupted cell, samples that were not written) is said on the page.
pub fn write(study_dir: &Path, runs_root: &Path, options: &Options) -> Result<PageFiles, ReportError> {
    let study = StudyRecord::read(study_dir, runs_root)?;
    let page = page::Page::new(&study, options)?;
    let mut files = PageFiles { notes: page.notes(), ..PageFiles::default() };
    for table in &page.tables {
        for format in [&Csv as &dyn Format, &Latex] {
            let name = format!("{}.{}", figure::file_name(&table.name), format.extension());
            let path = study_dir.join("tables").join(name);
            write_atomic(&path, format.render(table)?.as_bytes())?;
            files.tables.push(path);
        }
        let details = &table.details;
        for (format, sheet) in [(&Csv as &dyn Format, &details.raw), (&Latex, &details.paper)] {
            let Some(sheet) = sheet else { continue };
            let name = format!("{}.{}", figure::file_name(&sheet.name), format.extension());
            let path = study_dir.join("tables").join(name);
            write_atomic(&path, format.sheet(sheet)?.as_bytes())?;
            files.tables.push(path);
        }
    }
    // Each picture is drawn by itself: the number of threads changes no byte.
    let drawings: Vec<&figure::Drawing> = page.drawings().collect();
    // Of those with one name the last stays.
    let last = |i: &usize| drawings[i + 1..].iter().all(|later| later.name != drawings[*i].name);
    let kept: Vec<&figure::Drawing> = (0..drawings.len()).filter(last).map(|i| drawings[i]).collect();
    let written = kept.par_iter().map(|drawing| picture(study_dir, drawing)).collect::<Result<Vec<_>, _>>()?;
    files.figures = written.into_iter().flatten().collect();
    files.paper = study_dir.join("paper.tex");
    let paper = paper::Paper::new(&study, &page.tables, page.drawings(), options);
    write_atomic(&files.paper, paper::tex(&paper).as_bytes())?;
    #[cfg(feature = "pdf")]
    {
        for drawing in &paper.drawings {
            let path = study_dir.join("figures").join(&drawing.name).with_extension("pdf");
            write_atomic(&path, &paper::picture(drawing)?)?;
        }
        write_atomic(&study_dir.join("report.pdf"), &paper::pdf(&paper)?)?;
    }
    files.index = study_dir.join("index.html");
    files.markdown = study_dir.join("report.md");
    write_atomic(&files.index, page.html()?.as_bytes())?;
    write_atomic(&files.markdown, page.markdown()?.as_bytes())?;
    files.results = page.tables;
    Ok(files)
}

/// The files of a drawing: SVG and PNG.
fn picture(study_dir: &Path, drawing: &figure::Drawing) -> Result<[PathBuf; 2], ReportError> {
    let path = study_dir.join("figures").join(&drawing.name);
    let [svg, png] = ["svg", "png"].map(|end| path.with_extension(end));
    write_atomic(&svg, drawing.svg.as_bytes())?;
    write_atomic(&png, &raster::png_of_svg(&drawing.svg)?)?;
    Ok([svg, png])
}

/// Names of the kinds of figures that can be drawn: those of the components of family `figure`.
pub fn figure_kinds() -> Vec<&'static str> {
    figure::kinds().collect()
}

/// The picture of a network of nodes, for `ablate graph`: SVG. `node` opens one node; empty shows the experiment's own.
pub fn graph_svg(summary: &ModelSummary, node: &str, title: &str) -> String {
    figure::graph::svg(&figure::graph::network(summary, node)).finish(title)
}

/// The same in Graphviz's language.
pub fn graph_dot(summary: &ModelSummary, node: &str) -> String {
    figure::graph::dot(&figure::graph::network(summary, node))
}

/// The same in Mermaid's language, which GitHub draws.
pub fn graph_mermaid(summary: &ModelSummary, node: &str) -> String {
    figure::graph::mermaid(&figure::graph::network(summary, node))
}
