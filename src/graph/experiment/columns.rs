//! Columns: what evaluations give, and what `select`, tables and figures ask for.

use super::board::Board;
use super::desk::{at_value, no_such};
use crate::config::{Item, Table};
use crate::diagnostic::Diagnostic;
use crate::graph::plan::{Absent, Evaluation};
use crate::graph::wire::{COSTS, Column};

/// Every column of this cell.
pub struct Columns {
    metrics: Vec<String>,
    /// Those on the validation split.
    validation: Vec<String>,
    evaluations: Vec<String>,
    /// Those of evaluations with `group-by`.
    grouped: Vec<String>,
    /// Evaluations that failed and were reported; their columns are anyone's guess.
    failed: Vec<String>,
}

impl Columns {
    pub fn of(board: &Board, evaluations: &[Evaluation], tables: &Table) -> Self {
        let mut columns =
            Columns { metrics: vec![], validation: vec![], evaluations: vec![], grouped: vec![], failed: vec![] };
        let failed = tables.keys().filter(|name| !evaluations.iter().any(|e| e.name == **name));
        columns.failed = failed.cloned().collect();
        for evaluation in evaluations {
            columns.evaluations.push(evaluation.name.clone());
            let datasets: Vec<&str> =
                evaluation.data.iter().flat_map(|(_, to)| to).map(|d| board.datasets[*d].name.as_str()).collect();
            for output in evaluation.metrics.iter().flat_map(|m| &m.columns) {
                let names: Vec<String> = match datasets.is_empty() {
                    true => vec![format!("{}.{output}", evaluation.name)],
                    false => datasets.iter().map(|d| format!("{}.{d}.{output}", evaluation.name)).collect(),
                };
                if evaluation.splits.iter().any(|s| s == "validation") {
                    columns.validation.extend(names.iter().cloned());
                }
                if evaluation.group_by.is_some() {
                    columns.grouped.extend(names.iter().cloned());
                }
                columns.metrics.extend(names);
            }
        }
        columns
    }

    /// Whether this cell measures a column; a cost is no measurement.
    pub fn has(&self, name: &str) -> bool {
        self.metrics.iter().any(|m| m == name)
    }

    /// Whether a column is measured in groups.
    pub fn grouped(&self, name: &str) -> bool {
        self.grouped.iter().any(|g| g == name)
    }

    /// What is wrong with a column, if anything.
    pub fn problem(&self, item: &Item) -> Option<Diagnostic> {
        match Column::read(item) {
            Err(problem) => Some(problem),
            Ok(Column::Cost(_)) => None,
            Ok(Column::Metric { evaluation, .. }) if self.failed.contains(&evaluation) => None,
            Ok(_) => {
                let text = item.as_text()?;
                let known = self.metrics.iter().map(String::as_str);
                let costs = COSTS.map(|c| format!("cost.{c}"));
                let all = known.chain(costs.iter().map(String::as_str));
                (!self.metrics.iter().any(|m| m == text)).then(|| no_such("column", text, item, all))
            }
        }
    }

    /// Notes a column that this cell lacks; another variant may have it.
    pub fn look_up(&self, item: &Item, absent: &mut Vec<Absent>) {
        if let Some(problem) = self.problem(item) {
            absent.push(Absent { name: item.as_text().unwrap_or_default().to_string(), problem });
        }
    }

    pub fn look_up_evaluation(&self, item: &Item, absent: &mut Vec<Absent>) {
        let name = item.as_text().unwrap_or_default();
        if !self.evaluations.iter().any(|e| e == name) {
            let problem = no_such("evaluation", name, item, self.evaluations.iter().map(String::as_str));
            absent.push(Absent { name: name.into(), problem });
        }
    }

    /// `evaluate.select` must be on the validation split.
    pub fn check_select(&self, board: &Board, item: Option<&Item>) {
        let Some(item) = item else { return };
        if let Some(problem) = self.problem(item) {
            board.desk.report(problem);
        } else if self.failed.is_empty() && !self.validation.iter().any(|v| Some(v.as_str()) == item.as_text()) {
            let problem = at_value("`select` is not on the validation split", item, "");
            let known = self.validation.iter().map(String::as_str).collect::<Vec<_>>();
            let listed = super::desk::list_or_none(&known);
            let problem = problem.with_note("on the validation split", listed);
            board.desk.report(problem.with_help("selecting on the test split would make its numbers worthless"));
        }
    }
}
