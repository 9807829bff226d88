//! A file to checked cells: nothing is started before every cell is right.

use crate::config::{self, CellSpec, Item, Overrides};
use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::{self, About, Library, plan::Plan};
use crate::record::{CellEntry, Cells, ReportPlan};
use std::collections::BTreeMap;
use std::path::Path;

/// A cell that can be run.
pub struct Cell {
    pub spec: CellSpec,
    pub plan: Plan,
}

/// A file whose cells are all right.
pub struct Prepared {
    /// Stem of the file: the folder under `run.out`.
    pub experiment: String,
    pub cells: Vec<Cell>,
    /// Variant, or labels of the axes, that the others are compared with.
    pub baseline: String,
    /// The page's own `[report]`.
    pub report: ReportPlan,
    pub notes: Vec<Diagnostic>,
    pub is_study: bool,
}

/// Loads a file, expands it and resolves every cell. Fails with all errors of all of them.
pub fn prepare(file: &Path, overrides: &Overrides, library: &Library<'_>) -> Result<Prepared, Vec<Diagnostic>> {
    let study = config::load(file, overrides)?;
    let experiment = file.file_stem().map_or_else(|| "experiment".into(), |s| s.to_string_lossy().into_owned());
    let is_study = study.is_study();
    let (mut cells, mut errors, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for mut spec in study.cells()? {
        if is_study {
            report_of_the_study(&mut spec.tree, &study.base);
        }
        let about = About {
            experiment: experiment.clone(),
            variant: spec.variant.clone().unwrap_or_default(),
            base: file.parent().unwrap_or(Path::new("")).to_path_buf(),
            axes: spec.axes.iter().map(|(axis, ..)| axis.clone()).collect(),
            papers: Vec::new(),
            finished: &|_| None,
        };
        match graph::resolve(&spec.tree, &about, library) {
            Ok((mut plan, said)) => {
                plan.run.seed = u64::try_from(spec.seed).unwrap_or(plan.run.seed);
                notes.extend(said);
                cells.push(Cell { spec, plan });
            }
            Err(problems) => errors.extend(problems),
        }
    }
    errors.extend(graph::absent_everywhere(&cells.iter().map(|c| &c.plan).collect::<Vec<_>>()));
    if errors.iter().any(|e| e.severity == Severity::Error) {
        return Err(errors);
    }
    let report = cells.first().map(|c| c.plan.report.clone()).unwrap_or_default();
    let baseline = study.base.get(&["study", "baseline"]).map(config::inline).unwrap_or_default();
    Ok(Prepared { experiment, cells, baseline: baseline.trim_matches('"').into(), report, notes, is_study })
}

/// A study's page is drawn by the study file's own merged `[report]`.
fn report_of_the_study(tree: &mut Item, base: &Item) {
    let report = base.get(&["report"]).cloned();
    if let config::Value::Table(table) = &mut tree.value {
        match report {
            Some(report) => {
                table.insert("report".into(), report);
            }
            None => {
                table.shift_remove("report");
            }
        }
    }
}

impl Prepared {
    /// The index that the page is drawn from.
    pub fn index(&self) -> Cells {
        let entry = |cell: &Cell| CellEntry {
            variant: cell.spec.variant.clone().unwrap_or_default(),
            title: cell.spec.title.clone(),
            axes: cell.spec.axes.iter().map(|(axis, label, _)| (axis.clone(), label.clone())).collect::<BTreeMap<_, _>>(),
            seed: cell.plan.run.seed,
            hash: cell.plan.hash.clone(),
        };
        let axes = self.cells.first().map(|c| c.spec.axes.iter().map(|(axis, ..)| axis.clone()).collect());
        Cells {
            experiment: self.experiment.clone(),
            report: self.report.clone(),
            baseline: self.baseline.clone(),
            axes: axes.unwrap_or_default(),
            cells: self.cells.iter().map(entry).collect(),
        }
    }
}
