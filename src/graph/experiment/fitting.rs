//! Whether a file of weights fits its node: said at the check, if the file is there. Where it is missing a note says so,
//! and only a run needs it.

use super::board::Board;
use super::desk::at_value;
use crate::config::Item;
use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::layout::{Fit, Header, HeaderError, LAYOUTS, Layout, Target, fit, source, targets};
use crate::graph::plan::{Network, Weights};
use std::path::Path;

/// What is written in `weights = { file, .. }`.
struct Wish<'a> {
    header: &'a Header,
    node: Option<&'a str>,
    targets: &'a [Target],
}

/// Compares the names and shapes of a file with the node's.
pub fn check(board: &Board, written: &Item, network: &Network) {
    let Weights::File { path, layout, strict, node, at } = &network.weights else { return };
    let (Some(layout), Some(file)) = (Layout::named(layout), written.get(&["file"])) else { return };
    let header = match Header::read(path) {
        Ok(header) => header,
        Err(error) => return unread(board, file, path, &error),
    };
    let targets = targets(&network.node, at, &network.ops);
    let wish = Wish { header: &header, node: node.as_deref(), targets: &targets };
    let name = &network.node;
    let found = match compare(&wish, layout) {
        Ok(found) => found,
        Err(reason) => {
            let problem = at_value(format!("the weights of `{name}` are not found: {reason}"), file, "");
            return board.desk.report(better(problem, &wish, layout, &Fit::default()));
        }
    };
    let mut problem = match (found.pairs.is_empty(), found.is_whole()) {
        (true, _) => at_value(format!("nothing in the file fits `{name}`"), file, ""),
        (_, true) => return,
        _ => at_value(format!("the file does not fit `{name}`: {}", found.counts()), file, ""),
    };
    for (kind, names) in found.lists() {
        problem = problem.with_note(kind, names);
    }
    if !found.pairs.is_empty() && !strict {
        problem.severity = Severity::Note;
        return board.desk.note(problem);
    }
    let mut problem = better(problem, &wish, layout, &found);
    if problem.help.is_empty() && !found.pairs.is_empty() {
        problem = problem.with_help("`strict = false` takes what fits and leaves the rest to `init`");
    }
    board.desk.report(problem);
}

fn compare(wish: &Wish<'_>, layout: &Layout) -> Result<Fit, String> {
    let place = |target: &Target| Ok((target.clone(), source(wish.header, layout, wish.node, &target.path)?));
    let places = wish.targets.iter().map(place).collect::<Result<Vec<_>, String>>()?;
    Ok(fit(wish.header, layout, &places))
}

/// The layout by which more fits, if there is one, as help.
fn better(problem: Diagnostic, wish: &Wish<'_>, layout: &Layout, found: &Fit) -> Diagnostic {
    let others = LAYOUTS.iter().filter(|l| l.name != layout.name);
    let fits = others.filter_map(|l| Some((compare(wish, l).ok()?.pairs.len(), l.name)));
    // The first of equals: `max_by_key` would give the last.
    let best = fits.filter(|(pairs, _)| *pairs > found.pairs.len()).reduce(|a, b| if b.0 > a.0 { b } else { a });
    match best {
        Some((_, name)) => problem.with_help(format!("its names are those of `layout = \"{name}\"`")),
        None => problem,
    }
}

fn unread(board: &Board, file: &Item, path: &Path, error: &HeaderError) {
    match error {
        HeaderError::File { error, .. } if error.kind() == std::io::ErrorKind::NotFound => {
            let mut note = at_value(format!("there is no file {}", path.display()), file, "a run needs it");
            note.severity = Severity::Note;
            board.desk.note(note.with_help("its names are compared with the node's when it is there"));
        }
        HeaderError::NotSafetensors { .. } => {
            let python = "`safetensors.torch.save_file(torch.load(\"x.pth\", weights_only=True), \"x.safetensors\")`";
            board.desk.report(at_value(error.to_string(), file, "").with_help(format!("{python} makes one in Python")));
        }
        HeaderError::File { .. } => board.desk.report(at_value(error.to_string(), file, "")),
    }
}
