//! Runs of the small GAN with trackers, and the Python that looks at what they left.

use ablate::components;
use ablate::config::Overrides;
use ablate::graph::Library;
use ablate::graph::composite::Composites;
use ablate::record::{CellRecord, EvaluationRecord, Observer, Progress, cell_dir};
use ablate::study::{self, Options, Prepared, StudyError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder of one test.
pub fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("ablate-trackers-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// The interpreter, if it has a package.
pub fn python(package: &str) -> Option<String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let there = Command::new(&python).args(["-c", &format!("import {package}")]).output();
    let there = there.is_ok_and(|o| o.status.success());
    if !there {
        println!("skipped: `{python}` has no package `{package}`; `PYTHON` may name another interpreter");
    }
    there.then_some(python)
}

/// What a script prints, as JSON.
pub fn script(python: &str, name: &str, arguments: &[&str]) -> serde_json::Value {
    let file = root().join("tests/trackers").join(name);
    let run = Command::new(python).arg(file).args(arguments).output().unwrap();
    assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

/// The small GAN with settings over it; a number for the name of the experiment keeps tests apart.
pub fn prepare(sets: &[&str]) -> Result<Prepared, String> {
    let catalogue = components::catalogue();
    let (composites, problems) = Composites::embedded();
    assert!(problems.is_empty(), "{problems:?}");
    let library = Library::new(&catalogue, composites);
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    let papers = study::Papers::embedded().unwrap();
    let against = study::Against { library: &library, papers: &papers, out: None };
    let file = root().join("tests/fixtures/tiny-gan.toml");
    study::prepare(&file, &Overrides::new(&sets), against).map_err(|e| ablate::diagnostic::render_all(&e))
}

/// Keeps notes; stops the run after a step, or does something there.
#[derive(Default)]
struct Watch<'a> {
    notes: Vec<String>,
    stop: Option<(u64, &'a AtomicBool)>,
    at: Option<(u64, Box<dyn FnMut() + 'a>)>,
}

impl Observer for Watch<'_> {
    fn observe(&mut self, progress: &Progress) {
        match progress {
            Progress::Step { step, .. } => {
                if let Some((_, flag)) = self.stop.filter(|(at, _)| at == step) {
                    flag.store(true, Ordering::SeqCst);
                }
                if let Some((_, act)) = self.at.as_mut().filter(|(at, _)| at == step) {
                    act();
                }
            }
            Progress::Note(note) => self.notes.push(note.clone()),
            _ => {}
        }
    }
}

/// How a run is carried out here.
#[derive(Default)]
pub struct How<'a> {
    pub resume: bool,
    /// Interrupted after this step.
    pub stop: Option<u64>,
    /// Done after this step.
    pub at: Option<(u64, Box<dyn FnMut() + 'a>)>,
}

/// The notes of a run.
pub fn carry_out(prepared: &Prepared, out: &Path, how: How<'_>) -> Vec<String> {
    let interrupt = AtomicBool::new(false);
    let mut watch = Watch { notes: vec![], stop: how.stop.map(|at| (at, &interrupt)), at: how.at };
    let options = Options { resume: how.resume, out: Some(out), ..Options::new(&interrupt, "test") };
    match study::carry_out(prepared, &options, &mut watch) {
        Ok(finished) => assert!(finished.failed.is_empty(), "{:?}", finished.failed),
        Err(error) => assert!(matches!(error, StudyError::Interrupted(_)) && how.stop.is_some(), "{error}"),
    }
    watch.notes
}

/// The record of the n-th cell.
pub fn record(prepared: &Prepared, out: &Path, n: usize) -> CellRecord {
    CellRecord::read(&cell_dir(out, prepared.cells[n].plan.hash())).unwrap()
}

/// Step and mean of a column on a split, as recorded.
pub fn column(record: &CellRecord, split: &str, name: &str) -> Vec<(u64, f64)> {
    let of = |e: &EvaluationRecord| (e.total_step, e.columns[name].mean);
    record.evaluations().filter(|e| e.split == split).map(of).collect()
}

/// Step and weighted value of a loss in an update, as recorded.
pub fn loss(record: &CellRecord, update: &str, name: &str) -> Vec<(u64, f64)> {
    record.steps().map(|s| (s.total_step, s.updates[update].terms[name].weighted)).collect()
}
