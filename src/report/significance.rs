//! Which differences of a table are significant, and so what is bold.
//!
//! **Unit.** Test samples of one training are not independent trainings, so that a test over samples alone says only what
//! these trained networks do. With few seeds a test over seeds alone cannot say anything (the exact one over 3 seeds
//! never goes below p = 0.25, and a t test over 3 leans wholly on normality). Both are given; what decides is their
//! conjunction in the form that can be met: a difference is **significant** where
//! 1. Wilcoxon's signed-rank test over test samples, each sample's difference averaged over the seeds that both rows
//!    share, has p < 0.05 after Holm's correction,
//! 2. the 95% bootstrap interval of the mean difference leaves 0 out (the table prints means, and ranks can favour a row
//!    whose mean is no better),
//! 3. its ranks, the mean difference, and the mean difference in *every* shared seed have the same sign.
//!
//! The later conditions only take claims away, so the correction still holds. Samples of one identity are not
//! independent either and the record does not say which are: p-values over samples are optimistic by as much, and the
//! condition on seeds is the guard. With one seed nothing is said about another training, and the note says so.
//!
//! **Family.** Every pair of rows of ours in every column that has values of single samples, and every row with its
//! baseline. All pairs, because the best row is chosen after the numbers are seen: whichever it is, its comparisons
//! have been counted.
//!
//! **Bold.** What is significantly better than some other row of its column and not significantly worse than the best
//! mean; so ties share, a value that nothing is worse than is plain, and every bold value stands on a claim of its own.
//! Rows that learn nothing are not tested, but if one has a better mean than every row of ours, nothing in the column is
//! bold. Published numbers are never part of it.

mod notes;
mod pair;
mod sheet;

pub use pair::{Comparison, Verdict};
pub use sheet::{Details, Line, Sheet};

use super::group::{Group, facts};
use super::table::{Head, Kind, Row};
use crate::record::{Column, State, StudyRecord};
use crate::statistics::{bootstrap, holm};
use pair::{Paired, Side, compare};

/// Level of every claim.
pub const LEVEL: f64 = 0.05;

/// A table's cells as groups, before anything is tested.
pub struct Grid<'a> {
    pub study: &'a StudyRecord,
    pub groups: &'a [Group<'a>],
    pub heads: &'a [Head],
    /// Group of each row under each head.
    pub places: Vec<Vec<Option<usize>>>,
}

/// What the comparisons of a table came to.
pub struct Significance<'a> {
    grid: Grid<'a>,
    /// For each group the one that it is compared with.
    baselines: Vec<Option<usize>>,
    comparisons: Vec<Comparison>,
    /// Comparisons that were corrected for together.
    family: usize,
    /// Best group under each head.
    best: Vec<Option<usize>>,
    /// Under each head, the row that learns nothing and has a better mean than all that learn.
    beaten: Vec<Option<String>>,
}

impl<'a> Significance<'a> {
    /// Compares what the table shows; `rows` are the table's, those of ours first.
    pub fn new(grid: Grid<'a>, rows: &[Row]) -> Self {
        let baselines = baselines(grid.study, grid.groups);
        let best: Vec<Option<usize>> = (0..grid.heads.len()).map(|h| best(&grid, rows, h)).collect();
        let beaten = (0..grid.heads.len()).map(|h| beaten(&grid.heads[h], rows, h)).collect();
        let mut all = Significance { grid, baselines, comparisons: vec![], family: 0, best, beaten };
        all.compare();
        all
    }

    fn compare(&mut self) {
        let mut names: Vec<&str> = self.grid.heads.iter().map(|h| h.column.as_str()).collect();
        names.sort_by_key(|name| self.grid.heads.iter().position(|h| h.column == *name));
        names.dedup();
        for name in names.into_iter().filter(|name| !name.starts_with("cost.")) {
            let column = facts(self.grid.study, name);
            let sides: Vec<Side<'_>> = self.grid.groups.iter().map(|g| side(g, name)).collect();
            for (row, against) in self.pairs(name) {
                if let Some(paired) = Paired::new(&sides[row], &sides[against]) {
                    self.comparisons.push(compare((row, against), &column, paired));
                }
            }
        }
        let tested: Vec<usize> = (0..self.comparisons.len()).filter(|i| self.comparisons[*i].ranks.is_some()).collect();
        self.family = tested.len();
        let raw: Vec<f64> = tested.iter().filter_map(|i| self.comparisons[*i].ranks).map(|r| r.p).collect();
        let samples: Vec<&[f64]> = tested.iter().map(|i| self.comparisons[*i].paired.by_sample.as_slice()).collect();
        let resampled = bootstrap(&samples);
        for ((i, adjusted), resampled) in tested.into_iter().zip(holm(&raw)).zip(resampled) {
            self.comparisons[i].holm = Some(adjusted);
            self.comparisons[i].bootstrap = Some(resampled);
        }
    }

    /// Pairs of groups that stand under one head of this column, and every group with its baseline; the one that is
    /// compared with comes second: the baseline, else the best, else the earlier.
    fn pairs(&self, column: &str) -> Vec<(usize, usize)> {
        let mut all: Vec<(usize, usize)> = Vec::new();
        let mut add = |a: usize, b: usize, best: Option<usize>| {
            let pair = match () {
                () if self.baselines[a] == Some(b) => (a, b),
                () if self.baselines[b] == Some(a) => (b, a),
                () if best == Some(b) => (a, b),
                () => (b, a),
            };
            if !all.contains(&pair) && !all.contains(&(pair.1, pair.0)) {
                all.push(pair);
            }
        };
        for (h, _) in self.grid.heads.iter().enumerate().filter(|(_, head)| head.column == column) {
            let shown: Vec<usize> = self.grid.places.iter().filter_map(|row| row[h]).collect();
            for (i, a) in shown.iter().enumerate() {
                self.baselines[*a].into_iter().for_each(|b| add(*a, b, None));
                shown[i + 1..].iter().for_each(|b| add(*a, *b, self.best[h]));
            }
        }
        all
    }

    /// What was found of `row` against `against` in a column.
    fn verdict(&self, row: usize, against: usize, column: &str) -> Option<Verdict> {
        let found = self.comparisons.iter().filter(|c| c.column.name == column && c.ranks.is_some());
        found.into_iter().find_map(|c| match (c.row, c.against) {
            pair if pair == (row, against) => Some(c.verdict()),
            pair if pair == (against, row) => Some(c.verdict().turned()),
            _ => None,
        })
    }

    /// Sets what is bold and what is marked.
    pub fn mark(&self, rows: &mut [Row]) {
        for (h, head) in self.grid.heads.iter().enumerate() {
            for (row, places) in rows.iter_mut().zip(&self.grid.places) {
                let (Some(group), Some(value)) = (places[h], row.values[h].as_mut()) else { continue };
                let found = self.baselines[group].and_then(|b| self.verdict(group, b, &head.column));
                value.differs = found.is_some_and(Verdict::significant);
                value.best = self.bold(h, group);
            }
        }
    }

    fn bold(&self, head: usize, group: usize) -> bool {
        let (Some(best), None) = (self.best[head], &self.beaten[head]) else { return false };
        let column = &self.grid.heads[head].column;
        let shown = || self.grid.places.iter().filter_map(|row| row[head]);
        let better_than_some = shown().any(|other| self.verdict(group, other, column) == Some(Verdict::Better));
        let with_best = self.verdict(group, best, column);
        better_than_some && (group == best || with_best.is_some_and(|v| v != Verdict::Worse))
    }
}

/// For each group the one it is compared with: among those of the baseline, the one that shares most labels of the axes.
fn baselines(study: &StudyRecord, groups: &[Group<'_>]) -> Vec<Option<usize>> {
    let marked = study.records.iter().any(|(entry, _)| entry.baseline);
    let is_one = |group: &Group<'_>| {
        group.cells.iter().any(|(entry, _)| {
            // Records of before the mark have the name alone.
            let labels = study.cells.axes.iter().filter_map(|axis| entry.axes.get(axis));
            let name: Vec<&str> = std::iter::once(&entry.variant).chain(labels).map(String::as_str).collect();
            let name = name.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
            if marked { entry.baseline } else { !study.cells.baseline.is_empty() && name == study.cells.baseline }
        })
    };
    let all: Vec<usize> = (0..groups.len()).filter(|g| is_one(&groups[*g])).collect();
    let shared = |a: usize, b: usize| {
        let label = |g: usize, axis: &String| groups[g].cells.first().and_then(|c| c.0.axes.get(axis));
        study.cells.axes.iter().filter(|axis| label(a, axis) == label(b, axis)).count()
    };
    let closest = |g: usize| all.iter().copied().rev().max_by_key(|b| shared(g, *b));
    (0..groups.len()).map(|g| if all.contains(&g) { None } else { closest(g) }).collect()
}

/// The finished cells of a group that measured a column, by seed.
fn side<'a>(group: &Group<'a>, column: &str) -> Side<'a> {
    let done = group.cells.iter().filter_map(|(entry, record)| {
        let status = record.status.as_ref().filter(|s| s.state == State::Done)?;
        Some((entry.seed, status.test.get(column)?))
    });
    done.collect()
}

fn better(head: &Head, a: f64, b: f64) -> bool {
    match head.higher_is_better {
        Some(true) => a > b,
        Some(false) => a < b,
        None => false,
    }
}

/// The group with the best mean under a head; the first of equals, none where no way is better.
fn best(grid: &Grid<'_>, rows: &[Row], head: usize) -> Option<usize> {
    grid.heads[head].higher_is_better?;
    let means = rows.iter().zip(&grid.places).filter_map(|(row, places)| Some((places[head]?, row.values[head]?.mean)));
    let finite = means.filter(|(_, mean)| mean.is_finite());
    finite.reduce(|a, b| if better(&grid.heads[head], b.1, a.1) { b } else { a }).map(|(group, _)| group)
}

fn beaten(head: &Head, rows: &[Row], h: usize) -> Option<String> {
    let of = |kind: Kind| rows.iter().filter(move |r| r.kind == kind).filter_map(move |r| Some((r, r.values[h]?.mean)));
    let beats = |mean: f64| of(Kind::Ours).all(|(_, ours)| better(head, mean, ours));
    let fills = of(Kind::Baseline).filter(|(_, mean)| beats(*mean));
    fills.reduce(|a, b| if better(head, b.1, a.1) { b } else { a }).map(|(row, _)| row.label.clone())
}

/// `missing PSNR (dB)`.
fn column_label(column: &Column) -> String {
    let name = column.name.split(super::bins::AT).next().unwrap_or_default();
    let part = name.rsplit_once('.').filter(|(part, _)| *part != "cost");
    let part = part.map_or(String::new(), |(part, _)| format!("{} ", part.replace('.', " ")));
    let unit = if column.unit.is_empty() { String::new() } else { format!(" ({})", column.unit) };
    format!("{part}{}{unit}", column.label)
}
