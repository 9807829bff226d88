//! Notes: what is allowed and probably not meant. They never stop anything.

use super::board::Board;
use super::desk::at_entry;
use super::reach::read_by;
use super::switch::entries;
use super::usage::Whole;
use crate::config::Item;
use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::plan::{Network, Stage};
use std::collections::BTreeSet;

pub fn all(board: &Board, whole: &Whole, tree: &Item) {
    let running: Vec<&Stage> = whole.order.iter().filter_map(|o| whole.stages.iter().find(|s| s.name == *o)).collect();
    for (i, stage) in running.iter().enumerate() {
        let Some(item) = entries(tree, "stages").get(&stage.name) else { continue };
        note_in_vain(board, whole, stage, &running[i + 1..], item);
        note_batch_norm(board, whole, stage, item);
    }
}

fn learnt(whole: &Whole, stage: &Stage) -> BTreeSet<usize> {
    stage.updates.iter().flat_map(|u| &whole.updates[*u].learns).map(|l| l.network).collect()
}

/// A stage trains what nothing later uses: no later loss, evaluation or prediction.
fn note_in_vain(board: &Board, whole: &Whole, stage: &Stage, later: &[&Stage], item: &Item) {
    let terms = later.iter().flat_map(|s| &s.updates).flat_map(|u| &whole.updates[*u].terms).map(|(l, _)| *l);
    let terms: Vec<usize> = terms.collect();
    let values = terms.iter().flat_map(|l| read_by(&whole.losses[*l])).chain(whole.evaluated());
    let needs = whole.graph.needs(values);
    let mut used: BTreeSet<usize> = needs.applications.iter().map(|a| whole.graph.applications[*a].network).collect();
    used.extend(terms.iter().flat_map(|l| [whole.losses[*l].network, whole.losses[*l].discriminator]).flatten());
    used.extend(whole.evaluations.iter().flat_map(|e| e.metrics.iter().filter_map(|m| m.network)));
    let learnt = learnt(whole, stage);
    if !learnt.is_empty() && learnt.is_disjoint(&used) {
        let names: Vec<String> = learnt.iter().map(|n| format!("`{}`", whole.graph.networks[*n].node)).collect();
        let message = format!("stage `{}` trains {}, which nothing later uses", stage.name, names.join(", "));
        note(board, at_entry(message, item, ""));
    }
}

/// Batch statistics of one value are that value: its norm is always 0.
fn note_batch_norm(board: &Board, whole: &Whole, stage: &Stage, item: &Item) {
    if stage.batch != 1 {
        return;
    }
    for network in learnt(whole, stage).into_iter().map(|n| whole.graph.networks[n]) {
        if let Some(path) = norm_of_one(network) {
            let message = format!("`{path}` is a batch norm on 1x1 maps, and stage `{}` has batch 1", stage.name);
            note(board, at_entry(message, item, "").with_help("what it gives does not depend on its input"));
        }
    }
}

fn norm_of_one(network: &Network) -> Option<&str> {
    let one = |op: &&crate::graph::plan::Op| {
        let edge = op.input_edges.list("map").first();
        op.component.family == "norm"
            && op.component.name == "batch"
            && edge.is_some_and(|e| e.dims[1..] == [1, 1] && e.batch == 1)
    };
    network.ops.iter().find(one).map(|op| &*op.path)
}

fn note(board: &Board, mut note: Diagnostic) {
    note.severity = Severity::Note;
    board.desk.note(note);
}
