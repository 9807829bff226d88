//! Finding a cell that was trained, and its plan: by the folder of the cell, by the folder of its experiment, or by the
//! experiment's file.

use super::Against;
use super::identity::{settle, with_data_of};
use super::prepare::{prepare, with_folders};
use crate::config::{self, Item, Overrides, Value};
use crate::diagnostic::Diagnostic;
use crate::graph::{self, About, plan::Plan};
use crate::record::{self, CellEntry, CellRecord, RecordError, State, Status, StudyRecord};
use crate::run::RunError;
use std::path::{Path, PathBuf};

/// Which cell is wanted.
pub struct Ask<'a> {
    /// `runs/cells/<hash>`, `runs/<experiment>` or an experiment file.
    pub run: &'a Path,
    pub variant: Option<&'a str>,
    pub seed: Option<u64>,
    /// Axis and label.
    pub axes: &'a [(String, String)],
    pub overrides: &'a Overrides,
    /// Keys that flags set and that are no part of a cell's identity (`predict`, `run.device`), as TOML: key, value, flag.
    pub predict: &'a [(String, String, String)],
}

/// A finished cell.
pub struct Found {
    pub plan: Plan,
    pub folder: PathBuf,
    pub status: Status,
}

#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error("{} does not exist; `--run` takes a folder `runs/cells/<hash>` or `runs/<experiment>`, or an experiment file", .0.display())]
    Nothing(PathBuf),
    #[error("{} is no run: it holds neither `status.json` (a cell) nor `cells.json` (an experiment)", .0.display())]
    NoRun(PathBuf),
    #[error("no cell fits; the run has{}", list(.0))]
    NoneFits(Vec<CellEntry>),
    #[error("several cells fit, choose one with `--variant`, `--axis`, `--seed`, or by its folder:{}", list(.0))]
    Several(Vec<CellEntry>),
    #[error("the run in {} is {}: {help}", .folder.display(), said(*.state))]
    Unfinished { folder: PathBuf, state: Option<State>, help: String },
    #[error("`--set` belongs to an experiment file; {} is a run, which stays as it was made", .0.display())]
    Fixed(PathBuf),
    #[error("the experiment of {} is not what this program makes of its `config.toml`: another version made it, or \
             what it refers to has changed; give the experiment file as `--run`", .0.display())]
    Changed(PathBuf),
    /// What is wrong with the experiment.
    #[error("the experiment cannot be read")]
    Wrong(Vec<Diagnostic>),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Data(#[from] RunError),
}

fn list(cells: &[CellEntry]) -> String {
    let one = |c: &CellEntry| {
        let axes: String = c.axes.iter().map(|(axis, label)| format!(", {axis} {label}")).collect();
        let variant = if c.variant.is_empty() { String::new() } else { format!("variant `{}`, ", c.variant) };
        format!("\n  {variant}seed {}{axes} (cells/{})", c.seed, c.hash)
    };
    let shown: String = cells.iter().take(30).map(one).collect();
    let rest = if cells.len() > 30 { format!("\n  and {} more", cells.len() - 30) } else { String::new() };
    shown + &rest
}

fn said(state: Option<State>) -> &'static str {
    match state {
        None => "missing",
        Some(State::Running) => "not finished (it runs, or was killed)",
        Some(State::Interrupted) => "interrupted",
        Some(State::Stopped) => "stopped by a search",
        Some(State::Failed) => "failed",
        Some(State::Done) => "done",
    }
}

/// The finished cell that is asked for, with its plan.
pub fn find(ask: &Ask<'_>, against: Against<'_>) -> Result<Found, FindError> {
    if ask.run.is_file() {
        return of_file(ask, against);
    }
    if !ask.run.is_dir() {
        return Err(FindError::Nothing(ask.run.into()));
    }
    if !ask.overrides.command_line.is_empty() {
        return Err(FindError::Fixed(ask.run.into()));
    }
    if ask.run.join("status.json").exists() {
        return of_cell(ask.run.to_path_buf(), ask, against);
    }
    if !ask.run.join("cells.json").exists() {
        return Err(FindError::NoRun(ask.run.into()));
    }
    let runs = ask.run.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let study = StudyRecord::read(ask.run, runs)?;
    let chosen = choose(study.cells.cells, ask)?;
    of_cell(record::cell_dir(runs, &chosen.hash), ask, against)
}

/// The only one that fits.
fn choose(cells: Vec<CellEntry>, ask: &Ask<'_>) -> Result<CellEntry, FindError> {
    let fits = |c: &CellEntry| {
        let variant = ask.variant.is_none_or(|v| v == c.variant || v == c.title);
        let axes = ask.axes.iter().all(|(axis, label)| c.axes.get(axis) == Some(label));
        variant && axes && ask.seed.is_none_or(|s| s == c.seed)
    };
    let mut fitting: Vec<CellEntry> = cells.iter().filter(|c| fits(c)).cloned().collect();
    match fitting.len() {
        0 => Err(FindError::NoneFits(cells)),
        1 => Ok(fitting.remove(0)),
        _ => Err(FindError::Several(fitting)),
    }
}

fn finished(folder: PathBuf, help: impl FnOnce() -> String) -> Result<(PathBuf, CellRecord, Status), FindError> {
    let record = CellRecord::read(&folder)?;
    match record.status.clone() {
        Some(status) if status.state == State::Done => Ok((folder, record, status)),
        other => Err(FindError::Unfinished { state: other.map(|s| s.state), help: help(), folder }),
    }
}

fn of_file(ask: &Ask<'_>, against: Against<'_>) -> Result<Found, FindError> {
    let flags: Vec<(String, String)> =
        ask.predict.iter().map(|(k, v, flag)| (flag.clone(), format!("{k}={v}"))).collect();
    let overrides = ask.overrides.clone().with(flags.iter().map(|(flag, text)| (flag.as_str(), text.as_str())));
    let mut prepared = prepare(ask.run, &overrides, against).map_err(FindError::Wrong)?;
    settle(&mut prepared, against.out)?;
    let chosen = choose(prepared.index().cells, ask)?;
    let at = prepared.cells.iter().position(|c| c.plan.hash() == chosen.hash).unwrap_or_default();
    let runs = prepared.runs(against.out);
    let plan = prepared.cells.swap_remove(at).plan;
    let help = || format!("`ablate run {}` makes it", ask.run.display());
    let (folder, _, status) = finished(record::cell_dir(&runs, plan.hash()), help)?;
    Ok(Found { plan, folder, status })
}

fn of_cell(folder: PathBuf, ask: &Ask<'_>, against: Against<'_>) -> Result<Found, FindError> {
    let (folder, record, status) = finished(folder, || "`ablate run FILE --resume` goes on with it".into())?;
    let lines = record.config.iter().map(|p| (p.key.as_str(), p.value.as_str(), p.origin.as_str()));
    let flags = ask.predict.iter().map(|(key, value, flag)| (key.as_str(), value.as_str(), flag.as_str()));
    let mut tree = config::recorded(lines.chain(flags)).map_err(|problem| FindError::Wrong(vec![problem]))?;
    without_page(&mut tree);
    let (library, problems) = with_folders(&tree, against.library);
    if !problems.is_empty() {
        return Err(FindError::Wrong(problems));
    }
    let about = About {
        experiment: status.experiment.clone(),
        variant: status.variant.clone(),
        base: PathBuf::new(),
        axes: vec![],
        papers: against.papers.keys(),
        finished: &|wanted| super::prepare::finished(wanted, Some(status.seed), against),
    };
    let (mut plan, _) = graph::resolve(&tree, &about, &library).map_err(FindError::Wrong)?;
    with_data_of(&mut plan, &folder);
    if plan.hash() != status.hash {
        return Err(FindError::Changed(folder));
    }
    Ok(Found { plan, folder, status })
}

/// The page is no part of what was trained, and may name axes that only the study knows.
fn without_page(tree: &mut Item) {
    if let Value::Table(table) = &mut tree.value {
        table.shift_remove("report");
    }
}
