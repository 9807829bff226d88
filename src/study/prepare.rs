//! A file to checked cells: nothing is started before every cell is right.

use super::Papers;
use super::identity::settle;
use crate::config::{self, CellSpec, Item, Overrides, Study};
use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::plan::{Component, Network, Plan, Weights};
use crate::graph::{self, About, Finished, Library};
use crate::record::{self, CellEntry, Cells, ReportPlan, State};
use crate::run;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A cell that can be run.
pub struct Cell {
    pub spec: CellSpec,
    pub plan: Plan,
}

/// A file whose cells are all right.
pub struct Prepared {
    /// Stem of the file: the folder under `run.out`.
    pub experiment: String,
    /// The file, as an absolute path.
    pub file: String,
    pub cells: Vec<Cell>,
    /// Variant, or labels of the axes, that the others are compared with.
    pub baseline: String,
    /// The page's own `[report]`.
    pub report: ReportPlan,
    pub notes: Vec<Diagnostic>,
    pub is_study: bool,
    /// The trees of the cells before they were resolved, those that were left out included, one of those that differ in
    /// their seeds alone.
    pub places: Vec<Item>,
    pub search: Option<config::Search>,
    /// `[study.launch]`, and what Slurm is told where that does not name it.
    pub launch: Option<Component>,
    pub slurm: Component,
}

/// What a file's check needs besides the file.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    pub library: &'a Library<'a>,
    pub papers: &'a Papers,
    /// `--out`, in the place of `run.out`: where `weights = { experiment = .. }` looks for finished cells.
    pub out: Option<&'a Path>,
}

/// What is right about a file.
pub enum Checked {
    Whole(Box<Prepared>),
    /// It may only be extended, and all that it names is there.
    Partial,
}

/// Loads a file and looks at all that it says; a partial file needs not be complete.
pub fn check(file: &Path, overrides: &Overrides, against: Against<'_>) -> Result<Checked, Vec<Diagnostic>> {
    let study = config::load(file, overrides)?;
    if !study.partial {
        return cells(file, &study, against, None).map(|prepared| Checked::Whole(Box::new(prepared)));
    }
    let about = of_the_file(file, &study, against);
    let (library, mut problems) = with_folders(&study.base, against.library);
    problems.extend(study.problems.iter().cloned());
    problems.extend(graph::check_partial(&study.base, &about, &library));
    if problems.is_empty() { Ok(Checked::Partial) } else { Err(problems) }
}

/// Loads a file, expands it and resolves every cell. Fails with all errors of all of them.
pub fn prepare(file: &Path, overrides: &Overrides, against: Against<'_>) -> Result<Prepared, Vec<Diagnostic>> {
    prepare_some(file, overrides, against, None)
}

/// [`prepare`], of one cell alone: for a process that carries out no other. `number` counts from 0.
pub fn prepare_one(
    file: &Path,
    overrides: &Overrides,
    against: Against<'_>,
    number: usize,
) -> Result<Prepared, Vec<Diagnostic>> {
    prepare_some(file, overrides, against, Some(number))
}

fn prepare_some(
    file: &Path,
    overrides: &Overrides,
    against: Against<'_>,
    only: Option<usize>,
) -> Result<Prepared, Vec<Diagnostic>> {
    let study = config::load(file, overrides)?;
    if study.partial {
        let problem = Diagnostic::error(format!("`{}` is partial: it may only be extended", study.name));
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        return Err(vec![problem.with_help(format!("open a file that has it in `extends = [\"{name}\"]`"))]);
    }
    cells(file, &study, against, only)
}

fn cells(file: &Path, study: &Study, against: Against<'_>, only: Option<usize>) -> Result<Prepared, Vec<Diagnostic>> {
    let experiment = file.file_stem().map_or_else(|| "experiment".into(), |s| s.to_string_lossy().into_owned());
    let is_study = study.is_study();
    let (mut cells, mut errors, mut notes) = (Vec::new(), study.problems.clone(), Vec::new());
    let (library, problems) = with_folders(&study.base, against.library);
    errors.extend(problems);
    let finished = |wanted: &Finished, seed: i64| finished(wanted, seed.try_into().ok(), against);
    let about = of_the_file(file, study, against);
    let (launch, problems) = graph::launcher(&study.base, &about, &library);
    errors.extend(problems);
    let slurm = launch.clone().filter(|launch| launch.name == "slurm");
    let slurm = slurm.unwrap_or_else(|| graph::default_launcher("slurm", &about, &library));
    if is_study {
        // What every cell overrides is checked all the same (language.md, section 9).
        errors.extend(graph::check_partial(&study.base, &about, &library));
    }
    let specs = study.cells().unwrap_or_else(|problems| {
        errors.extend(problems);
        study.variants_alone()
    });
    let trees = specs.iter().filter(|spec| spec.first).map(|spec| spec.tree.clone()).collect();
    let chosen = specs.into_iter().enumerate().filter(|(number, _)| only.is_none_or(|only| only == *number));
    let base = Base { experiment: &experiment, file, study, library: &library, papers: against.papers.keys() };
    let places = places(chosen.map(|(_, spec)| spec));
    let looked: Vec<Vec<Looked>> =
        config::on_all_cores(|| places.into_par_iter().map(|specs| base.resolve(specs, &finished)).collect());
    for Looked { spec, result } in looked.into_iter().flatten() {
        errors.extend(spec.problems.iter().cloned());
        match result {
            Ok((plan, said)) => {
                notes.extend(said.into_iter().filter(|n| !notes.contains(n)).collect::<Vec<_>>());
                errors.extend(unfit(&spec.tree, &plan).into_iter().filter(|e| !errors.contains(e)).collect::<Vec<_>>());
                cells.push(Cell { spec, plan });
            }
            Err(problems) => errors.extend(problems),
        }
    }
    if errors.is_empty() && only.is_none() {
        errors.extend(graph::absent_everywhere(&cells.iter().map(|c| &c.plan).collect::<Vec<_>>()));
    }
    let search = study.search();
    if let (Some(search), Some(cell), true) = (&search, cells.first(), errors.is_empty()) {
        let names: Vec<String> = run::validated(&cell.plan).into_iter().map(|column| column.name).collect();
        errors.extend(search.unranked(cell.plan.evaluate.select.as_deref(), &names));
    }
    if errors.iter().any(|e| e.severity == Severity::Error) {
        return Err(errors);
    }
    let report = cells.first().map(|c| c.plan.report.clone()).unwrap_or_default();
    let baseline = cells.iter().find(|c| c.spec.baseline).map(|c| c.spec.name()).unwrap_or_default();
    let path = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let file = path.display().to_string();
    Ok(Prepared { experiment, file, cells, baseline, report, notes, is_study, places: trees, search, launch, slurm })
}

/// Finds the folder of a finished cell for a cell of this seed.
type Finder<'a> = dyn Fn(&Finished, i64) -> Option<PathBuf> + Sync + 'a;

/// A cell, and what came of resolving it.
struct Looked {
    spec: CellSpec,
    result: Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>>,
}

/// Cells that differ in their seeds alone, together.
fn places(cells: impl Iterator<Item = CellSpec>) -> Vec<Vec<CellSpec>> {
    let mut places: Vec<Vec<CellSpec>> = vec![];
    for cell in cells {
        match places.last_mut().filter(|_| !cell.first) {
            Some(place) => place.push(cell),
            None => places.push(vec![cell]),
        }
    }
    places
}

/// What all cells of a file have in common.
struct Base<'a> {
    experiment: &'a str,
    file: &'a Path,
    study: &'a Study,
    library: &'a Library<'a>,
    papers: Vec<String>,
}

impl Base<'_> {
    /// Resolves the cells of one place: the first, and the others by their `[run]` unless the first is wrong.
    fn resolve(&self, specs: Vec<CellSpec>, finished: &Finder) -> Vec<Looked> {
        let mut looked: Vec<Looked> = vec![];
        for mut spec in specs {
            let (seed, apart) = (spec.seed, takes_weights_by_seed(&spec.tree));
            if self.study.is_study() {
                report_of_the_study(&mut spec.tree, &self.study.base);
            }
            let about = About {
                experiment: self.experiment.to_string(),
                variant: spec.variant.clone().unwrap_or_default(),
                base: self.file.parent().unwrap_or(Path::new("")).to_path_buf(),
                axes: spec.axes.iter().map(|(axis, ..)| axis.clone()).collect(),
                papers: self.papers.clone(),
                finished: &|wanted| finished(wanted, seed),
            };
            let result = match looked.first() {
                Some(Looked { result: Ok((plan, _)), .. }) if !apart => {
                    graph::resolve_run(plan, &spec.tree, &about, self.library).map(|plan| (plan, vec![]))
                }
                _ => graph::resolve(&spec.tree, &about, self.library),
            };
            looked.push(Looked { spec, result });
        }
        looked
    }
}

/// Whether cells that differ in their seeds alone take the weights of different ones.
fn takes_weights_by_seed(tree: &Item) -> bool {
    let nodes = tree.get(&["nodes"]).and_then(Item::as_table);
    let by_seed =
        |node: &Item| node.get(&["weights", "experiment"]).is_some() && node.get(&["weights", "seed"]).is_none();
    nodes.is_some_and(|nodes| nodes.values().any(by_seed))
}

/// What resolving a file itself, and none of its cells, knows.
fn of_the_file(file: &Path, study: &Study, against: Against<'_>) -> About<'static> {
    About {
        experiment: study.name.clone(),
        variant: String::new(),
        base: file.parent().unwrap_or(Path::new("")).to_path_buf(),
        axes: vec![],
        papers: against.papers.keys(),
        finished: &|_| None,
    }
}

/// The library with the folders of the file's `registry`.
pub(super) fn with_folders<'a>(tree: &Item, library: &Library<'a>) -> (Library<'a>, Vec<Diagnostic>) {
    let mut composites = library.composites.clone();
    let named = tree.get(&["registry"]).and_then(Item::as_array).unwrap_or_default();
    let folders: Vec<PathBuf> = named.iter().filter_map(config::path_of).collect();
    let problems = folders.iter().flat_map(|folder| composites.add_folder(folder)).collect();
    (Library::new(library.catalogue, composites), problems)
}

/// Weights of other runs that are not there or do not fit.
fn unfit(tree: &Item, plan: &Plan) -> Vec<Diagnostic> {
    let cells = plan.networks.iter().filter(|n| matches!(n.weights, Weights::Cell { .. }));
    let wrong = |network: &Network| {
        let problem = Diagnostic::error(run::check_weights(network).err()?.to_string());
        Some(match tree.get(&["nodes", &network.node, "weights"]).and_then(Item::place) {
            Some(place) => problem.at(place, ""),
            None => problem,
        })
    };
    cells.filter_map(wrong).collect()
}

/// The folder of the finished cell that `weights` asks for, by the identity that its own file gives it. Where no seed is
/// asked for it is the cell of the seed `own`, if there is one, else the first.
pub(super) fn finished(wanted: &Finished, own: Option<u64>, against: Against<'_>) -> Option<PathBuf> {
    let mut prepared = prepare(&wanted.experiment, &Overrides::default(), against).ok()?;
    let variant = |c: &Cell| wanted.variant.is_none() || wanted.variant == c.spec.variant;
    let of =
        |seed: Option<u64>| prepared.cells.iter().position(|c| variant(c) && seed.is_none_or(|s| s == c.plan.run.seed));
    let at = match wanted.seed {
        Some(seed) => of(Some(seed)),
        None => own.and_then(|seed| of(Some(seed))).or_else(|| of(None)),
    }?;
    prepared.cells = vec![prepared.cells.swap_remove(at)];
    settle(&mut prepared, against.out).ok()?;
    let cell = prepared.cells.first()?;
    let folder = record::cell_dir(&prepared.runs(against.out), cell.plan.hash());
    let status = record::read_status(&folder).ok()??;
    (status.state == State::Done).then_some(folder)
}

/// A study's page is drawn by the study file's own merged `[report]`, under its own title.
pub fn report_of_the_study(tree: &mut Item, base: &Item) {
    let config::Value::Table(table) = &mut tree.value else { return };
    for key in ["title", "question", "paper", "report"] {
        match base.get(&[key]).cloned() {
            Some(item) => {
                table.insert(key.into(), item);
            }
            None => {
                table.shift_remove(key);
            }
        }
    }
}

impl Cell {
    /// Where the page and `status` find it.
    pub fn entry(&self) -> CellEntry {
        let axes = self.spec.axes.iter().map(|(axis, label, _)| (axis.clone(), label.clone()));
        CellEntry {
            variant: self.spec.variant.clone().unwrap_or_default(),
            title: self.spec.row.clone(),
            axes: axes.collect::<BTreeMap<_, _>>(),
            seed: self.plan.run.seed,
            hash: self.plan.hash().to_string(),
            baseline: self.spec.baseline,
        }
    }
}

impl Prepared {
    /// The folder of the runs: `--out`, or `run.out`.
    pub fn runs(&self, out: Option<&Path>) -> PathBuf {
        let written = || PathBuf::from(self.cells.first().map_or("runs", |c| c.plan.run.out.as_str()));
        out.map_or_else(written, Path::to_path_buf)
    }

    /// The index that the page is drawn from.
    pub fn index(&self) -> Cells {
        let axes = self.cells.first().map(|c| c.spec.axes.iter().map(|(axis, ..)| axis.clone()).collect());
        Cells {
            format: record::FORMAT,
            experiment: self.experiment.clone(),
            file: self.file.clone(),
            report: self.report.clone(),
            baseline: self.baseline.clone(),
            axes: axes.unwrap_or_default(),
            cells: self.cells.iter().map(Cell::entry).collect(),
        }
    }
}
