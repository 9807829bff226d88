//! `check` and `explain`.

use super::{Common, End, checked, show};
use crate::config::{self, Item, Study};
use crate::diagnostic::{Diagnostic, Source};
use crate::graph::Library;
use crate::graph::composite::Composites;
use crate::graph::view;
use crate::registry::Catalogue;
use crate::run::{self, Counts};
use crate::study::{Checked, Prepared};
use crate::terminal::Terminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub fn check(
    files: &[PathBuf],
    data: bool,
    common: &Common,
    catalogue: &Catalogue,
    terminal: &mut Terminal,
) -> anyhow::Result<End> {
    let mut problems = Vec::new();
    for file in files {
        if let Some(found) = composite(file, &common.registry, catalogue) {
            match &found[..] {
                [] => terminal.print(&format!(
                    "{}: a composite, no error in itself; what it gives shows where a node uses it",
                    file.display()
                )),
                _ => problems.extend(found),
            }
            continue;
        }
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
                if data {
                    problems.extend(check_data(&prepared, common, terminal));
                }
            }
            Err(found) => problems.extend(found),
        }
    }
    Ok(if problems.is_empty() { End::Done } else { show(&problems, terminal) })
}

/// The problems of a composite's file, read on its own; `None`: the file is an experiment. Told apart by what only one of
/// them has: ports outwards, a `doc`.
fn composite(file: &Path, folders: &[PathBuf], catalogue: &Catalogue) -> Option<Vec<Diagnostic>> {
    let text = std::fs::read_to_string(file).ok()?;
    let source = Arc::new(Source { name: file.display().to_string(), text });
    let tree = config::parse(&source).ok()?;
    if tree.get(&["out"]).is_none() && tree.get(&["doc"]).is_none() {
        return None;
    }
    let library = match super::library(catalogue, folders) {
        Ok(library) => library,
        Err(problems) => return Some(problems),
    };
    let whole = std::fs::canonicalize(file).ok()?;
    let mut parts = whole.iter().rev().map(|part| part.to_string_lossy());
    let (name, family) = (parts.next()?, parts.next()?);
    let (mut alone, mut problems) = (Composites::default(), vec![]);
    alone.add(&source, &format!("{family}/{name}"), &mut problems);
    for node in alone.iter().flat_map(|composite| composite.graph.nodes.values()) {
        let Some(used) = node.component.as_text().filter(|used| !used.starts_with('$')) else { continue };
        if used.split_once('/').is_none_or(|(family, name)| library.get(family, name).is_none()) {
            let near = library.nearest(used).map(|near| format!(", did you mean `{near}`")).unwrap_or_default();
            let problem = Diagnostic::error(format!("no component is called `{used}`{near}"));
            problems
                .push(node.component.place().map_or_else(|| problem.clone(), |place| problem.clone().at(place, "")));
        }
    }
    Some(problems)
}

/// Reads the datasets of all cells, those that several share once; prints how many samples each split has.
fn check_data(prepared: &Prepared, common: &Common, terminal: &Terminal) -> Vec<Diagnostic> {
    let (mut seen, mut table, mut problems) = (Vec::new(), Vec::<Counts>::new(), Vec::new());
    for plan in prepared.cells.iter().map(|cell| &cell.plan) {
        let read = format!("{:?} {:?} {:?}", plan.datasets, plan.stages, plan.evaluations);
        if seen.contains(&read) {
            continue;
        }
        seen.push(read);
        let runs = common.out.clone().unwrap_or_else(|| PathBuf::from(&plan.run.out));
        let (counts, wrong) = run::check_data(plan, &runs.join("cache"));
        table.extend(counts.into_iter().filter(|row| !table.contains(row)).collect::<Vec<_>>());
        problems.extend(wrong.iter().map(|error| Diagnostic::error(error.to_string())));
    }
    let width = table.iter().map(|row| row.dataset.chars().count()).fold("dataset".len(), usize::max);
    let mut lines = vec![format!("\n{:width$}  {:>8}  {:>10}  {:>8}", "dataset", "train", "validation", "test")];
    lines.extend(table.iter().map(|Counts { dataset, samples: [train, validation, test] }| {
        format!("{dataset:width$}  {train:>8}  {validation:>10}  {test:>8}")
    }));
    terminal.print(&lines.join("\n"));
    problems
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
    let explained = config::load(file, &common.overrides()).and_then(|study| explained(&study, key, &library));
    match explained {
        Ok(text) => {
            terminal.print(&text);
            Ok(End::Done)
        }
        Err(problems) => Ok(show(&problems, terminal)),
    }
}

/// What a key is: in a study what it is in its cells, said once for those where it is the same.
fn explained(study: &Study, key: &str, library: &Library) -> Result<String, Vec<Diagnostic>> {
    let of_the_file = ["study", "report", "title", "question", "paper"].contains(&key.split('.').next().unwrap_or(key));
    if !study.is_study() || study.partial || of_the_file {
        return one(&study.base, key, library).map_err(|d| vec![d]);
    }
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    let mut problem = None;
    for cell in study.cells()? {
        match one(&cell.tree, key, library) {
            Err(d) => problem = problem.or(Some(d)),
            Ok(text) => match said.iter_mut().find(|(known, _)| *known == text) {
                Some((_, titles)) if titles.contains(&cell.title) => {}
                Some((_, titles)) => titles.push(cell.title),
                None => said.push((text, vec![cell.title])),
            },
        }
    }
    match (&said[..], problem) {
        ([], Some(problem)) => Err(vec![problem]),
        ([(text, _)], None) => Ok(text.clone()),
        (several, _) => {
            Ok(several.iter().map(|(text, titles)| format!("{}:\n{text}", some(titles))).collect::<Vec<_>>().join("\n"))
        }
    }
}

/// The value and its chain; of a key that nobody wrote, what the component's card says.
fn one(tree: &Item, key: &str, library: &Library) -> Result<String, Diagnostic> {
    let about = view::about(tree, key, library);
    match (config::explain(tree, key, about.as_deref()), about) {
        (Err(_), Some(about)) => {
            let lines = about.lines().map(|line| format!("  {line}\n"));
            Ok(format!("{key} is written nowhere: the default holds\n{}", lines.collect::<String>()))
        }
        (found, _) => found,
    }
}

fn some(titles: &[String]) -> String {
    const MOST: usize = 4;
    let rest = titles.len().saturating_sub(MOST);
    let shown = titles[..titles.len() - rest].join("; ");
    if rest == 0 { shown } else { format!("{shown}; and {rest} more") }
}
