//! Folders of data that must be there before anything starts.

use super::Prepared;
use crate::diagnostic::Diagnostic;
use crate::run;
use std::path::Path;

/// Every `root` of a dataset that is no folder, once, at the line that wrote it.
pub fn missing_roots(prepared: &Prepared) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for cell in &prepared.cells {
        for dataset in &cell.plan.datasets {
            let Some(root) = dataset.component.settings.get("root").and_then(|root| root.as_str()) else { continue };
            let path = dataset.base.join(root);
            if path.is_dir() || root.starts_with('~') {
                continue;
            }
            let written = cell.spec.tree.get(&["datasets", &dataset.name, "root"]);
            let made = run::made_by(&dataset.component.name, &path);
            let problem = missing(&dataset.name, &path, written, made);
            if !found.contains(&problem) {
                found.push(problem);
            }
        }
    }
    found
}

/// `made`: the command that makes the folder, where there is one.
fn missing(dataset: &str, path: &Path, written: Option<&crate::config::Item>, made: Option<String>) -> Diagnostic {
    let problem = Diagnostic::error(format!("the data of `datasets.{dataset}` are not there"));
    let problem = match written.and_then(|item| item.place()) {
        Some(place) => problem.at(place, format!("no folder {}", path.display())),
        None => problem.with_note("no folder", path.display().to_string()),
    };
    let made = made.map(|command| format!(", or make them: {command}")).unwrap_or_default();
    problem.with_help(format!("say where they are with `--set datasets.{dataset}.root=DIR`{made}"))
}
