//! `check` and `explain`.

use super::{Common, End, checked, show};
use crate::config;
use crate::graph::view;
use crate::registry::Catalogue;
use crate::study::Checked;
use crate::terminal::Terminal;
use std::path::{Path, PathBuf};

pub fn check(
    files: &[PathBuf],
    common: &Common,
    catalogue: &Catalogue,
    terminal: &mut Terminal,
) -> anyhow::Result<End> {
    let mut problems = Vec::new();
    for file in files {
        match checked(file, common, catalogue)? {
            Ok(Checked::Partial) => {
                terminal.print(&format!("{}: partial, no error; it may only be extended", file.display()));
            }
            Ok(Checked::Whole(prepared)) => {
                show(&prepared.notes, terminal);
                terminal.print(&format!("{}: {}", file.display(), count(prepared.cells.len())));
                for cell in &prepared.cells {
                    if prepared.is_study {
                        terminal.print(&format!("\n{} (seed {})", cell.spec.title, cell.plan.run.seed));
                    }
                    terminal.print(&view::who_minimises(&cell.plan));
                }
            }
            Err(found) => problems.extend(found),
        }
    }
    Ok(if problems.is_empty() { End::Done } else { show(&problems, terminal) })
}

fn count(cells: usize) -> String {
    if cells == 1 { "one cell, no error".into() } else { format!("{cells} cells, no error") }
}

pub fn explain(
    file: &Path,
    key: &str,
    common: &Common,
    catalogue: &Catalogue,
    terminal: &mut Terminal,
) -> anyhow::Result<End> {
    let library = match super::library(catalogue, &common.registry) {
        Ok(library) => library,
        Err(problems) => return Ok(show(&problems, terminal)),
    };
    let explained = config::load(file, &common.overrides()).and_then(|study| {
        let about = view::about(&study.base, key, &library);
        config::explain(&study.base, key, about.as_deref()).map_err(|d| vec![d])
    });
    match explained {
        Ok(text) => {
            terminal.print(&text);
            Ok(End::Done)
        }
        Err(problems) => Ok(show(&problems, terminal)),
    }
}
