//! From one cell's merged tree to its plan: every name resolved, every shape known, every update with its losses.
//!
//! The order is language.md's, section 9: switching off; names; settings and slots; composites opened; shapes; reach and
//! order. All errors are gathered. What turns out to be idle or unused is checked like the rest and then left out by
//! resolving once more without it.

mod board;
mod columns;
mod datasets;
mod desk;
mod evaluations;
mod feeds;
mod fields;
mod fitting;
mod launch;
mod losses;
mod measures;
mod minimises;
mod nodes;
mod notes;
mod partial;
mod parts;
mod provenance;
mod reach;
mod report;
mod revisions;
mod stages;
mod switch;
mod top;
mod updates;
mod usage;
mod weights;

use crate::config::{Item, Value};
use crate::diagnostic::Diagnostic;
use crate::graph::library::Library;
use crate::graph::plan::{Common, Identity, Loss, Plan, Stage, Train};
use board::Board;
use columns::Columns;
use desk::{Desk, at_entry};
use fields::Fields;
pub use launch::{default_launcher, launcher};
pub use losses::is_penalty;
use minimises::Matcher;
pub use partial::check_partial;
pub use provenance::provenance;
use reach::Graph;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use switch::{Off, entries};
use updates::Draft;
use usage::Whole;

/// What is known of a cell besides its tree.
pub struct About<'a> {
    /// Stem of the experiment's file.
    pub experiment: String,
    pub variant: String,
    /// Folder of the experiment's file: where paths without a place of their own begin.
    pub base: PathBuf,
    /// Axes of the study, for the report's `rows` and `across`.
    pub axes: Vec<String>,
    /// Keys of `registry/papers.toml` and `paper/table` for each of its tables; empty: not checked.
    pub papers: Vec<String>,
    /// Folder of a finished cell that `weights` asks for.
    pub finished: &'a (dyn Fn(&Finished) -> Option<PathBuf> + Sync),
}

/// What `weights = { experiment, variant, seed }` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    pub experiment: PathBuf,
    pub variant: Option<String>,
    pub seed: Option<u64>,
}

/// The plan of a cell with its notes, or everything that is wrong with it.
///
/// `tree` is a cell's whole tree (`config::CellSpec::tree`): `$` put in, `enabled` not yet looked at. What the report
/// names and this cell lacks is in [`Plan::absent`]: an error only if [every cell](absent_everywhere) lacks it.
pub fn resolve(tree: &Item, about: &About, library: &Library) -> Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>> {
    let desk = Desk::new(library, about);
    usage::check_unused(&desk, tree, entries(tree, "nodes"));
    let (on, mut off) = switch::switch_off(tree);
    let first = cell(&desk, &on, &off);
    let (problems, notes) = desk.close();
    let (plan, mut unneeded) = match first {
        Some(found) if problems.is_empty() => found,
        _ => return Err(problems),
    };
    if unneeded.is_empty() {
        return Ok((plan, notes));
    }
    let mut left = on;
    switch::remove(&mut left, &mut unneeded);
    off.extend(&unneeded);
    let desk = Desk::new(library, about);
    let second = cell(&desk, &left, &off);
    let (problems, notes) = desk.close();
    match second {
        Some((plan, _)) if problems.is_empty() => Ok((plan, notes)),
        _ => Err(problems),
    }
}

/// [`resolve`] of a tree that differs in `[run]` alone from the one that `plan` was made of.
pub fn resolve_run(plan: &Plan, tree: &Item, about: &About, library: &Library) -> Result<Plan, Vec<Diagnostic>> {
    let desk = Desk::new(library, about);
    let run = top::run(&desk, &Fields::open(&desk, Some(tree)));
    let (problems, _) = desk.close();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut plan = Plan { run, identity: Identity::default(), ..plan.clone() };
    if let (Value::Table(table), Some(run)) = (&mut plan.tree.value, tree.get(&["run"])) {
        table.insert("run".to_string(), run.clone());
    }
    Ok(plan)
}

/// What no cell of a study has, of all that its report names.
pub fn absent_everywhere(plans: &[&Plan]) -> Vec<Diagnostic> {
    let Some((first, _)) = plans.split_first() else { return vec![] };
    // What is told of it where most is there: that is where the right name is.
    let told = |problem: &Diagnostic| problem.marks.iter().map(|m| m.label.len()).sum::<usize>();
    let everywhere = |name: &str| -> Option<Diagnostic> {
        let each = plans.iter().map(|plan| plan.absent.iter().find(|a| a.name == name).map(|a| &a.problem));
        each.collect::<Option<Vec<_>>>()?.into_iter().rev().max_by_key(|p| told(p)).cloned()
    };
    let mut found: Vec<Diagnostic> = vec![];
    for problem in first.absent.iter().filter_map(|a| everywhere(&a.name)) {
        if !found.contains(&problem) {
            found.push(problem);
        }
    }
    desk::sort(&mut found);
    found
}

/// The plan of a tree in which nothing is switched off, and what of the tree it can do without.
fn cell<'a>(desk: &'a Desk<'a>, tree: &'a Item, off: &'a Off) -> Option<(Plan, Off)> {
    let top = top::check(desk, tree);
    top::check_paper(desk, &top);
    let train = top::train(desk, &top);
    let trains = !only_evaluates(tree);
    let batch = top::batch(&train, desk, trains);
    let run = top::run(desk, &top);
    let evaluate = top::evaluate(desk, &top, batch);
    let mut board = board(desk, tree, off, train.get("init"));
    nodes::resolve(&mut board);
    let loss_tables = entries(tree, "losses");
    let losses = losses::resolve(&mut board, loss_tables);
    let evaluations = evaluations::resolve(&mut board, entries(tree, "evaluations"));
    let update_tables = entries(tree, "updates");
    let mut drafts = updates::resolve(&board, update_tables, &train, loss_tables);
    let stage_tables = entries(tree, "stages");
    let order = stages::order(&board, stage_tables, &train);
    let names: Vec<String> = drafts.iter().map(|d| d.update.name.clone()).collect();
    let mut stages = stages::resolve(&board, stage_tables, batch, &names, update_tables);
    if trains {
        check_there_is_training(desk, tree);
    }
    let columns = Columns::of(&board, &evaluations, entries(tree, "evaluations"));
    columns.check_select(&board, tree.get(&["evaluate", "select"]));
    let report = report::resolve(&board, &top, &columns);
    let predict = report::predict(&board, &top);
    let epoch_of = top::epoch_of(&board, &train);
    // Reach means something only where every loss and every update was read.
    let whole = losses.len() == loss_tables.len() && drafts.len() == update_tables.len() && board.failed.is_empty();
    if !whole {
        return None;
    }
    let mut unneeded = Off::default();
    match_losses(&board, &losses, &mut drafts, (&stages, &order), off, tree, &mut unneeded);
    let updates = drafts.into_iter().map(|d| d.update).collect::<Vec<_>>();
    let graph = Graph::of(&board.networks, &board.applications);
    let parts = Whole {
        graph: &graph,
        losses: &losses,
        updates: &updates,
        stages: &stages,
        order: &order,
        evaluations: &evaluations,
        predict: predict.as_ref(),
        shown: &report.shown,
    };
    let used = parts.used();
    let dataset_names: Vec<&str> = board.datasets.iter().map(|d| d.name.as_str()).collect();
    unneeded.extend(&usage::unneeded(&parts, &used, tree, &dataset_names));
    if !trains && !desk.failed() {
        check_all_have_values(&board, &used.networks, &graph);
    }
    let drawn = parts.drawn(&used);
    let epoch_of = stages::epoch_dataset(&board, epoch_of, &drawn, &parts, &evaluate, tree);
    notes::all(&board, &parts, tree);
    if desk.failed() {
        return None;
    }
    stages.sort_by_key(|s| order.iter().position(|o| *o == s.name).unwrap_or(usize::MAX));
    let mut common = Common {
        experiment: desk.about.experiment.clone(),
        variant: desk.about.variant.clone(),
        train: Train { batch, epoch_of },
        networks: board.networks.iter().map(|o| o.network.clone()).collect(),
        datasets: board.datasets,
        applications: board.applications,
        losses,
        updates,
        stages,
        evaluate,
        evaluations,
        predict,
        report: report.plan,
        shown: report.shown,
        absent: report.absent,
        revisions: BTreeMap::new(),
        form: OnceLock::new(),
    };
    common.revisions = revisions::used(&common, desk.library);
    let plan = Plan { run, identity: Identity::default(), tree: tree.clone(), common: Arc::new(common) };
    Some((plan, unneeded))
}

/// Datasets resolved, nodes waiting.
fn board<'a>(desk: &'a Desk<'a>, tree: &'a Item, off: &'a Off, train_init: Option<&'a Item>) -> Board<'a> {
    let tables = entries(tree, "datasets");
    let datasets = datasets::resolve(desk, tables);
    let failed = tables.keys().filter(|name| !datasets.iter().any(|d| d.name == **name)).cloned().collect();
    Board {
        desk,
        nodes: entries(tree, "nodes"),
        off,
        train_init,
        sizes: datasets.iter().map(|d| datasets::size_origin(tables, &d.name)).collect(),
        datasets,
        networks: vec![],
        applications: vec![],
        network_of: HashMap::new(),
        application_of: HashMap::new(),
        failed,
    }
}

/// Whether a file measures networks that were trained elsewhere and trains nothing: evaluations, and no update, stage or
/// loss.
fn only_evaluates(tree: &Item) -> bool {
    let none = |family: &str| entries(tree, family).is_empty();
    none("updates") && none("stages") && none("losses") && !none("evaluations")
}

/// Where nothing is trained, networks have their values from elsewhere.
fn check_all_have_values(board: &Board, used: &BTreeSet<usize>, graph: &Graph) {
    for number in used.iter().filter(|n| graph.holds_parameters(**n)) {
        let network = &graph.networks[*number];
        if network.weights.cover_all() {
            continue;
        }
        let message = format!("`{}` has no weights, and nothing trains it", network.node);
        let problem = match board.nodes.get(&network.node) {
            Some(item) => at_entry(message, item, ""),
            None => Diagnostic::error(message),
        };
        board.desk.report(problem.with_help("give it `weights`, or write `[updates.X]` and `[stages.X]`"));
    }
}

fn check_there_is_training(desk: &Desk, tree: &Item) {
    for (family, example) in [("updates", "[updates.generator]"), ("stages", "[stages.training]")] {
        if entries(tree, family).is_empty() {
            let problem = Diagnostic::error(format!("there are no {family}"));
            desk.report(problem.with_help(format!("write `{example}`")));
        }
    }
}

/// Fills the updates' terms; a loss that no update minimises is an error, unless switching off took its update.
fn match_losses(
    board: &Board,
    losses: &[Loss],
    drafts: &mut [Draft],
    (stages, order): (&[Stage], &[String]),
    off: &Off,
    tree: &Item,
    unneeded: &mut Off,
) {
    let matcher = Matcher::new(board, losses);
    matcher.fill(drafts);
    for index in matcher.left_over(drafts) {
        let name = losses[index].name.as_str();
        if matcher.reaches_node(index, &off.learned) {
            unneeded.add("losses", name);
        } else if let (Some(item), false) = (entries(tree, "losses").get(name), drafts.iter().any(|d| d.broken)) {
            let problem = at_entry(format!("loss `{name}` reaches no update"), item, "");
            let help = "learn something that it depends on, or switch it off with `enabled = false`";
            board.desk.report(problem.with_help(help));
        }
    }
    let running = order.iter().filter_map(|name| stages.iter().find(|s| s.name == *name));
    matcher.check_trained(&running.collect::<Vec<_>>(), drafts);
}
