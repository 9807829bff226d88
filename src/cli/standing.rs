//! How the cells of a study stand, as a table of at most 80 columns.

use crate::study::{Standing, Stands, seconds_left};
use crate::terminal::duration;
use std::collections::BTreeMap;

const WIDTH: usize = 80;
/// More cells than this are not all listed by `status`.
pub const MANY: usize = 100;
/// Characters that the cell's name leaves to the rest, at least.
const REST: usize = 53;

/// What is shown.
pub struct Picture<'a> {
    pub cells: &'a [Stands],
    /// How many are run at once, for the time left.
    pub jobs: usize,
    /// What changed in a cell since another one stood there.
    pub changed: &'a dyn Fn(usize) -> Vec<String>,
    /// What a queue says of cells, by hash.
    pub queued: &'a BTreeMap<String, String>,
    /// The finished and the missing too, cell by cell.
    pub all: bool,
}

/// Table, counts, time left.
pub fn text(picture: &Picture<'_>) -> String {
    let names: Vec<String> = picture.cells.iter().map(name).collect();
    let seeds: Vec<String> = picture.cells.iter().map(|c| c.entry.seed.to_string()).collect();
    let wide =
        |all: &[String], head: &str| all.iter().map(|t| t.chars().count()).chain([head.len()]).max().unwrap_or(0);
    let (name_width, seed_width) = (wide(&names, "cell").min(WIDTH - REST), wide(&seeds, "seed"));
    let line = |name: &str, seed: &str, state: &str, detail: &str| {
        let name = cut(name, name_width);
        cut(format!("{name:<name_width$}  {seed:>seed_width$}  {state:<10}  {detail}").trim_end(), WIDTH)
    };
    let mut lines = vec![];
    let mut changes: Vec<Vec<String>> = vec![];
    for (number, cell) in picture.cells.iter().enumerate() {
        let quiet = matches!(cell.standing, Standing::Done | Standing::Missing);
        let plain = quiet && !picture.queued.contains_key(&cell.entry.hash);
        if plain && !picture.all {
            continue;
        }
        let mut details = detail(cell);
        details.extend(picture.queued.get(&cell.entry.hash).cloned());
        let changed = (picture.changed)(number);
        if !changed.is_empty() {
            let known = changes.iter().position(|c| *c == changed);
            details.push(format!("changed ({})", known.unwrap_or(changes.len()) + 1));
            changes.extend(known.is_none().then_some(changed));
        }
        lines.push(line(&names[number], &seeds[number], word(&cell.standing), &details.join(", ")));
        lines.extend(why(cell).map(|why| cut(&format!("    {why}"), WIDTH)));
    }
    if !lines.is_empty() {
        lines.insert(0, line("cell", "seed", "state", ""));
        lines.push(String::new());
    }
    for (number, changed) in changes.iter().enumerate() {
        lines.extend(changed.iter().map(|change| cut(&format!("({}) {change}", number + 1), WIDTH)));
    }
    lines.push(counts(picture));
    lines.extend(left(picture));
    lines.join("\n")
}

/// The variant's title and the labels of the axes.
fn name(cell: &Stands) -> String {
    let entry = &cell.entry;
    let own = if entry.title.is_empty() { entry.variant.clone() } else { entry.title.clone() };
    let parts: Vec<String> =
        Some(own).filter(|t| !t.is_empty()).into_iter().chain(entry.axes.values().cloned()).collect();
    if parts.is_empty() { entry.hash.clone() } else { parts.join(", ") }
}

fn word(standing: &Standing) -> &'static str {
    match standing {
        Standing::Missing => "missing",
        Standing::Done => "done",
        Standing::Running(_) => "running",
        Standing::Unfinished => "unfinished",
        Standing::Stopped => "stopped",
        Standing::Failed(_) => "failed",
        Standing::Unreadable(_) => "unreadable",
    }
}

fn detail(cell: &Stands) -> Vec<String> {
    let status = cell.status.as_ref();
    let steps =
        status.filter(|s| s.planned_steps > 0).map(|s| format!("step {} of {}", s.total_steps, s.planned_steps));
    match &cell.standing {
        Standing::Missing | Standing::Unreadable(_) => vec![],
        Standing::Done => status.map(|s| duration(s.seconds)).into_iter().collect(),
        Standing::Running(worker) => steps.into_iter().chain(worker.as_ref().map(ToString::to_string)).collect(),
        Standing::Unfinished => vec![steps.unwrap_or_else(|| "before its first step".into())],
        Standing::Stopped | Standing::Failed(_) => steps.into_iter().collect(),
    }
}

/// Why a cell is not as it should be, in one line.
fn why(cell: &Stands) -> Option<String> {
    match &cell.standing {
        Standing::Failed(error) | Standing::Unreadable(error) => {
            Some(error.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        _ => None,
    }
}

/// `12 cells: 5 done, 1 running, 6 missing`.
fn counts(picture: &Picture<'_>) -> String {
    let words = ["done", "running", "unfinished", "stopped", "failed", "unreadable", "missing"];
    let of = |w: &str| picture.cells.iter().filter(|c| word(&c.standing) == w).count();
    let counted: Vec<String> =
        words.iter().map(|w| (of(w), w)).filter(|(n, _)| *n > 0).map(|(n, w)| format!("{n} {w}")).collect();
    let cells = picture.cells.len();
    let noun = if cells == 1 { "cell" } else { "cells" };
    format!("{cells} {noun}: {}", counted.join(", "))
}

fn left(picture: &Picture<'_>) -> Option<String> {
    let seconds = seconds_left(picture.cells)? / picture.jobs as f64;
    let how = if picture.jobs > 1 { format!("{} at a time", picture.jobs) } else { "one after the other".into() };
    Some(format!("about {} left, {how}, by what the finished ones took", duration(seconds)))
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{CellEntry, Status, Worker};

    fn cell(title: &str, seed: u64, standing: Standing, steps: u64) -> Stands {
        let status = Status { seconds: 192.0, total_steps: steps, planned_steps: 300, ..Default::default() };
        let entry = CellEntry { title: title.into(), seed, ..Default::default() };
        Stands { entry, status: (standing != Standing::Missing).then_some(status), standing }
    }

    #[test]
    fn columns_line_up_and_fit() {
        let worker = Worker { host: "node".into(), pid: 4242 };
        let error = "loss `reconstruction` of update `generator` is NaN at step 12, first at `generator/first`";
        let long = "a title that is much longer than any table has room for";
        let cells = [
            cell("attention-gate", 0, Standing::Done, 300),
            cell("attention-gate", 10, Standing::Running(Some(worker)), 150),
            cell(long, 0, Standing::Failed(error.into()), 11),
            cell("cbam", 0, Standing::Unfinished, 75),
            cell("cbam", 1, Standing::Missing, 0),
            cell("none", 0, Standing::Missing, 0),
        ];
        let changed = |number: usize| if number >= 4 { vec!["`train.batch`: 8 -> 4".to_string()] } else { vec![] };
        let queued = BTreeMap::new();
        let picture = Picture { cells: &cells, jobs: 2, changed: &changed, queued: &queued, all: true };
        let expected = "\
cell                         seed  state
attention-gate                  0  done        3 min 12 s
attention-gate                 10  running     step 150 of 300, pid 4242 on node
a title that is much longe…     0  failed      step 11 of 300
    loss `reconstruction` of update `generator` is NaN at step 12, first at `ge…
cbam                            0  unfinished  step 75 of 300
cbam                            1  missing     changed (1)
none                            0  missing     changed (1)

(1) `train.batch`: 8 -> 4
6 cells: 1 done, 1 running, 1 unfinished, 1 failed, 2 missing
about 5 min 12 s left, 2 at a time, by what the finished ones took";
        let shown = text(&picture);
        assert!(shown.lines().all(|l| l.chars().count() <= WIDTH), "{shown}");
        assert_eq!(shown, expected);
        let few = text(&Picture { all: false, changed: &|_| vec![], ..picture });
        assert_eq!(few.lines().count(), 1 + 4 + 3, "{few}");
    }
}
