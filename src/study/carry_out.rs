//! Running the cells of a prepared file, one after the other. A finished cell is reused, an unfinished one taken up
//! again with `--resume`; the failure of one does not stop the others.

use super::tracks::Tracks;
use super::{Cell, Prepared};
use crate::graph::plan::Run;
use crate::graph::view;
use crate::record::{self, Cells, Observer, Progress, State, Status};
use crate::run::{self, RunError};
use crate::tensor::Cpu;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// How the cells are run.
pub struct Options<'a> {
    pub resume: bool,
    pub interrupt: &'a AtomicBool,
    /// As typed, for the record.
    pub command: &'a str,
    /// `--out`, in the place of `run.out`.
    pub out: Option<&'a Path>,
}

/// What is left when all cells were seen.
pub struct Finished {
    /// `runs/<experiment>`.
    pub folder: PathBuf,
    pub runs: PathBuf,
    /// Title and error of the cells that failed.
    pub failed: Vec<(String, String)>,
}

#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    #[error("{title}: the configuration changed since the run that `--resume` would go on with: {}; run without \
             `--resume` to start the changed one", .keys.join(", "))]
    Changed { title: String, keys: Vec<String> },
    #[error("`{key}` cannot be `{value}` here: {reason}")]
    Machine { key: &'static str, value: String, reason: &'static str },
    #[error(transparent)]
    Interrupted(RunError),
    #[error(transparent)]
    Record(#[from] record::RecordError),
}

/// Runs every cell that is not done.
pub fn carry_out(
    prepared: &Prepared,
    options: &Options<'_>,
    observer: &mut dyn Observer,
) -> Result<Finished, StudyError> {
    prepared.cells.iter().try_for_each(|cell| on_this_machine(&cell.plan.run))?;
    let runs = options.out.map_or_else(|| runs_root(prepared), Path::to_path_buf);
    let folder = runs.join(&prepared.experiment);
    if options.resume {
        unchanged(prepared, &folder, &runs)?;
    }
    record::write_json(&folder.join("cells.json"), &prepared.index())?;
    let tracks = Tracks::new(prepared, &folder, &runs);
    let of = prepared.cells.len();
    let mut failed = Vec::new();
    for (i, cell) in prepared.cells.iter().enumerate() {
        match one(cell, (i + 1, of), &runs, &tracks, options, observer) {
            Ok(()) => {}
            Err(error @ RunError::Interrupted { .. }) => return Err(StudyError::Interrupted(error)),
            Err(error) => {
                let (title, error) = (cell.spec.title.clone(), error.to_string());
                observer.observe(&Progress::CellFailed { title: title.clone(), error: error.clone() });
                failed.push((title, error));
            }
        }
    }
    Ok(Finished { folder, runs, failed })
}

/// What this build cannot do is refused before anything starts.
fn on_this_machine(run: &Run) -> Result<(), StudyError> {
    let refuse = |key, value: &str, reason| Err(StudyError::Machine { key, value: value.into(), reason });
    match (run.device.as_str(), run.precision.as_str()) {
        ("auto" | "cpu", "f32") => Ok(()),
        ("auto" | "cpu", precision) => refuse("run.precision", precision, "the CPU computes in `f32`"),
        (device, _) => refuse("run.device", device, "this build has no CUDA; use `cpu` or `auto`"),
    }
}

fn runs_root(prepared: &Prepared) -> PathBuf {
    PathBuf::from(prepared.cells.first().map_or("runs", |c| c.plan.run.out.as_str()))
}

fn one(
    cell: &Cell,
    (number, cells): (usize, usize),
    runs: &Path,
    tracks: &Tracks,
    options: &Options<'_>,
    observer: &mut dyn Observer,
) -> Result<(), RunError> {
    let (title, seed, hash) = (cell.spec.title.clone(), cell.plan.run.seed, cell.plan.hash.clone());
    let before = status(runs, &hash);
    if before.as_ref().is_some_and(|s| s.state == State::Done) && shows_all(cell, runs) {
        observer.observe(&Progress::CellReused { title, seed, hash, cell: number, cells });
        tracks.catch_up(cell, observer);
        return Ok(());
    }
    observer.observe(&Progress::CellStarted { title: title.clone(), seed, hash, cell: number, cells });
    if before.is_some_and(|s| s.state != State::Done) && !options.resume {
        observer.observe(&Progress::Note("an unfinished run is started over; `--resume` would go on with it".into()));
    }
    let summary = view::summary(&cell.plan);
    let cache = runs.join("cache");
    let given = run::Options {
        runs,
        cache: &cache,
        resume: options.resume,
        interrupt: options.interrupt,
        command: options.command,
        summary: &summary,
    };
    let status = tracks.run(cell, options.resume, observer, |watch| run::run(&cell.plan, Cpu::default(), &given, watch))?;
    let (seconds, peak_memory_bytes) = (status.seconds, status.peak_memory_bytes);
    observer.observe(&Progress::CellFinished { title, seconds, peak_memory_bytes, record: Box::new(status) });
    Ok(())
}

fn status(runs: &Path, hash: &str) -> Option<Status> {
    let text = std::fs::read_to_string(record::cell_dir(runs, hash).join("status.json")).ok()?;
    serde_json::from_str(&text).ok()
}

/// Whether a finished cell has the pictures that this page shows (another page may have shown others).
fn shows_all(cell: &Cell, runs: &Path) -> bool {
    let path = record::cell_dir(runs, &cell.plan.hash).join("samples").join("index.json");
    let index: Option<record::SampleIndex> =
        std::fs::read_to_string(path).ok().and_then(|text| serde_json::from_str(&text).ok());
    cell.plan.shown.iter().filter(|s| s.wires.iter().any(|(_, v)| v.is_some())).all(|shown| {
        let rows = index.as_ref().and_then(|i| i.figures.get(&shown.figure)).and_then(|rows| rows.first());
        rows.is_some_and(|row| row.tiles.iter().map(|t| &t.wire).eq(shown.wires.iter().map(|(w, _)| w)))
    })
}

/// `--resume` goes on with the run that was begun, so a changed configuration is refused, naming the keys.
fn unchanged(prepared: &Prepared, folder: &Path, runs: &Path) -> Result<(), StudyError> {
    let text = std::fs::read_to_string(folder.join("cells.json")).unwrap_or_default();
    let Ok(before) = serde_json::from_str::<Cells>(&text) else { return Ok(()) };
    for entry in prepared.index().cells {
        let same = |c: &&record::CellEntry| (&c.variant, &c.axes, c.seed) == (&entry.variant, &entry.axes, entry.seed);
        let Some(old) = before.cells.iter().find(same).filter(|c| c.hash != entry.hash) else { continue };
        let unfinished = status(runs, &old.hash).is_some_and(|s| s.state != State::Done);
        let resolved = std::fs::read_to_string(record::cell_dir(runs, &old.hash).join("resolved.json"));
        let Some(cell) = prepared.cells.iter().find(|c| c.plan.hash == entry.hash) else { continue };
        if let (true, Ok(text)) = (unfinished, resolved) {
            let old = serde_json::from_str(&text).unwrap_or_default();
            let mut keys = Vec::new();
            differences(&old, &cell.plan.canonical, String::new(), &mut keys);
            return Err(StudyError::Changed { title: cell.spec.title.clone(), keys });
        }
    }
    Ok(())
}

/// Dotted paths at which two resolved forms differ.
fn differences(a: &serde_json::Value, b: &serde_json::Value, path: String, keys: &mut Vec<String>) {
    match (a.as_object(), b.as_object()) {
        (Some(a), Some(b)) => {
            let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let null = serde_json::Value::Null;
                differences(a.get(name).unwrap_or(&null), b.get(name).unwrap_or(&null), path, keys);
            }
        }
        _ if a != b => keys.push(format!("`{path}`")),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_keys_are_named() {
        let mut keys = Vec::new();
        let a = serde_json::json!({"train": {"batch": 8, "init": "normal"}, "run": {"seed": 0}});
        let b = serde_json::json!({"train": {"batch": 4, "init": "normal"}, "run": {"seed": 0}, "extra": 1});
        differences(&a, &b, String::new(), &mut keys);
        assert_eq!(keys, ["`extra`", "`train.batch`"]);
    }
}
