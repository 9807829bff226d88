//! `summary`, `graph`, `list`, `describe`, `schema`.

use super::{Common, End, prepared, show};
use crate::graph::{Library, view};
use crate::registry::Catalogue;
use crate::report;
use crate::study::{Paper, Papers};
use crate::terminal::Terminal;
use anyhow::Context;
use std::path::Path;

pub fn summary(
    file: &Path,
    depth: usize,
    common: &Common,
    catalogue: &Catalogue,
    terminal: &mut Terminal,
) -> anyhow::Result<End> {
    let prepared = match prepared(file, common, catalogue)? {
        Ok(prepared) => prepared,
        Err(problems) => return Ok(show(&problems, terminal)),
    };
    let mut seen = Vec::new();
    for cell in &prepared.cells {
        // Seeds of one variant have one summary.
        if seen.contains(&cell.spec.title) {
            continue;
        }
        seen.push(cell.spec.title.clone());
        if prepared.is_study {
            terminal.print(&format!("{}\n", cell.spec.title));
        }
        terminal.print(&view::summary_table(&view::summary(&cell.plan), depth));
    }
    Ok(End::Done)
}

pub fn graph(
    file: &Path,
    output: &Path,
    node: &str,
    common: &Common,
    catalogue: &Catalogue,
    terminal: &mut Terminal,
) -> anyhow::Result<End> {
    let prepared = match prepared(file, common, catalogue)? {
        Ok(prepared) => prepared,
        Err(problems) => return Ok(show(&problems, terminal)),
    };
    let Some(cell) = prepared.cells.first() else { return Ok(End::Wrong) };
    let summary = view::summary(&cell.plan);
    let text = match output.extension().and_then(|e| e.to_str()) {
        Some("svg") => report::graph_svg(&summary, node, &cell.spec.title),
        Some("dot") => report::graph_dot(&summary, node),
        Some("mmd" | "mermaid") => report::graph_mermaid(&summary, node),
        _ => anyhow::bail!("{}: the ending decides the form: .svg, .dot or .mmd", output.display()),
    };
    std::fs::write(output, text).with_context(|| format!("cannot write {}", output.display()))?;
    let titles: std::collections::BTreeSet<&str> = prepared.cells.iter().map(|c| c.spec.title.as_str()).collect();
    let others = if titles.len() > 1 { format!(", the first of {}", titles.len()) } else { String::new() };
    terminal.print(&format!("{} of {}{others}", output.display(), cell.spec.title));
    Ok(End::Done)
}

fn with_library(
    catalogue: &Catalogue,
    terminal: &mut Terminal,
    text: impl FnOnce(&Library<'_>) -> Result<String, String>,
) -> anyhow::Result<End> {
    match super::library(catalogue, &[]) {
        Err(problems) => Ok(show(&problems, terminal)),
        Ok(library) => match text(&library) {
            Ok(text) => {
                terminal.print(&text);
                Ok(End::Done)
            }
            Err(error) => {
                terminal.print_error(&format!("error: {error}"));
                Ok(End::Wrong)
            }
        },
    }
}

pub fn list(family: Option<&str>, catalogue: &Catalogue, terminal: &mut Terminal) -> anyhow::Result<End> {
    with_library(catalogue, terminal, |library| view::list(library, family))
}

pub fn describe(name: &str, catalogue: &Catalogue, terminal: &mut Terminal) -> anyhow::Result<End> {
    let papers = Papers::embedded()?;
    let cite = |key: &str| papers.0.get(key).map(Paper::citation);
    with_library(catalogue, terminal, |library| view::describe(library, name, &cite))
}

pub fn schema(records: bool, catalogue: &Catalogue, terminal: &mut Terminal) -> anyhow::Result<End> {
    if records {
        terminal.print(crate::record::SCHEMA.trim_end());
        return Ok(End::Done);
    }
    with_library(catalogue, terminal, |library| Ok(format!("{:#}", view::schema(library))))
}
