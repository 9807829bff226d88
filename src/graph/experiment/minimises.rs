//! Who minimises what (language.md, section 5): each update gets the losses that reach what it learns.

use super::board::Board;
use super::desk::{at_entry, at_value};
use super::losses::is_penalty;
use super::reach::{Graph, Ops, differentiated};
use super::updates::Draft;
use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::plan::{Loss, Side, Stage};
use std::collections::BTreeSet;

/// What a loss reaches, by side.
struct Reaches {
    /// The plain side, or the generator's.
    values: Ops,
    /// The discriminator's side.
    judge: Ops,
}

pub struct Matcher<'a, 'b> {
    board: &'a Board<'b>,
    graph: Graph<'a>,
    losses: &'a [Loss],
    reaches: Vec<Reaches>,
}

impl<'a, 'b> Matcher<'a, 'b> {
    pub fn new(board: &'a Board<'b>, losses: &'a [Loss]) -> Self {
        let graph = Graph::of(&board.networks, &board.applications);
        let reach = |loss: &Loss| Reaches {
            values: if is_penalty(loss) { Ops::default() } else { graph.gradient(&differentiated(loss), &|_| false) },
            judge: loss.discriminator.map(|d| graph.of_network(d)).unwrap_or_default(),
        };
        let reaches = losses.iter().map(reach).collect();
        Matcher { board, graph, losses, reaches }
    }

    /// Fills in the terms of every update and says what is wrong with them.
    pub fn fill(&self, drafts: &mut [Draft]) {
        for draft in drafts.iter_mut() {
            draft.update.terms = self.terms(draft);
            self.check_learns(draft);
        }
    }

    /// The losses that an update minimises, with their sides.
    fn terms(&self, draft: &Draft) -> Vec<(usize, Side)> {
        let mut terms = vec![];
        for (index, (loss, reach)) in self.losses.iter().zip(&self.reaches).enumerate() {
            let listed = draft.listed.as_ref().map(|l| l.iter().find(|(name, _)| *name == loss.name));
            if let Some(None) = listed {
                continue;
            }
            let (values, judge) = (draft.meets(&reach.values), draft.meets(&reach.judge));
            if values && judge {
                let message = format!("update `{}` has both sides of `{}`", draft.update.name, loss.name);
                let problem = at_entry(message, draft.item, format!("learns {}", draft.learnt()));
                let help = "learn the discriminator in an update of its own";
                self.board.desk.report(problem.with_help(help));
            } else if judge {
                terms.push((index, Side::Discriminator));
            } else if values {
                terms.push((index, if loss.discriminator.is_some() { Side::Generator } else { Side::Plain }));
            } else if let (Some(Some((name, item))), false) = (listed, draft.broken) {
                let message = format!("loss `{name}` reaches nothing that update `{}` learns", draft.update.name);
                self.board.desk.report(at_value(message, item, ""));
            }
        }
        terms
    }

    fn check_learns(&self, draft: &Draft) {
        if draft.broken {
            return;
        }
        let desk = self.board.desk;
        let opened = |e: &&super::updates::Entry| self.board.network_of.contains_key(node_of(e.path));
        if draft.entries.iter().all(|e| e.ops.is_empty()) && draft.entries.iter().all(|e| opened(&e)) {
            let mark = draft.item.get(&["learns"]).unwrap_or(draft.item);
            let problem = at_value(format!("update `{}` learns nothing", draft.update.name), mark, "");
            desk.report(problem.with_help("name a node with parameters that is not frozen"));
            return;
        }
        for entry in &draft.entries {
            let reached = |op: &&(usize, usize)| self.minimised(draft, **op);
            let count = entry.ops.iter().filter(reached).count();
            if count == 0 && (!entry.ops.is_empty() || !opened(&entry)) {
                desk.report(at_value(format!("no loss reaches `{}`", entry.path), entry.item, ""));
            } else if count < entry.ops.len() {
                self.note_unreached(draft, entry);
            }
        }
    }

    /// Whether one of the update's terms reaches an operation.
    fn minimised(&self, draft: &Draft, op: (usize, usize)) -> bool {
        draft.update.terms.iter().any(|(loss, side)| match side {
            Side::Discriminator => self.reaches[*loss].judge.contains(op.0, op.1),
            _ => self.reaches[*loss].values.contains(op.0, op.1),
        })
    }

    fn note_unreached(&self, draft: &Draft, entry: &super::updates::Entry) {
        let left = entry.ops.iter().filter(|op| !self.minimised(draft, **op));
        let paths: Vec<&str> = left.map(|(n, o)| &*self.graph.networks[*n].ops[*o].path).collect();
        let shown = paths.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        let more = if paths.len() > 3 { format!(" and {} more", paths.len() - 3) } else { String::new() };
        let message = format!("parameters of `{}` that no loss reaches: {shown}{more}", entry.path);
        let mut note = at_value(message, entry.item, "");
        note.severity = Severity::Note;
        self.board.desk.note(note);
    }

    /// Losses that no update minimises.
    pub fn left_over(&self, drafts: &[Draft]) -> Vec<usize> {
        let used: BTreeSet<usize> = drafts.iter().flat_map(|d| &d.update.terms).map(|(loss, _)| *loss).collect();
        (0..self.losses.len()).filter(|i| !used.contains(i)).collect()
    }

    /// Whether a loss reaches one of these nodes' networks.
    pub fn reaches_node(&self, loss: usize, nodes: &BTreeSet<String>) -> bool {
        let reach = &self.reaches[loss];
        reach.values.iter().chain(reach.judge.iter()).any(|(n, _)| nodes.contains(&self.graph.networks[n].node))
    }

    /// Refuses losses that pass through a network which nothing has trained so far, unless the update lists its losses.
    pub fn check_trained(&self, stages: &[&Stage], drafts: &[Draft]) {
        let mut trained: BTreeSet<usize> = (0..self.graph.networks.len())
            .filter(|n| !self.graph.holds_parameters(*n) || self.graph.networks[*n].weights.cover_all())
            .collect();
        for stage in stages {
            let learnt = stage.updates.iter().flat_map(|u| &drafts[*u].update.learns).map(|l| l.network);
            trained.extend(learnt);
            for update in &stage.updates {
                self.check_update(&drafts[*update], stage, &trained);
            }
        }
    }

    fn check_update(&self, draft: &Draft, stage: &Stage, trained: &BTreeSet<usize>) {
        if draft.listed.is_some() || draft.broken {
            return;
        }
        let closed = |n: usize| !trained.contains(&n);
        let mut clean: Vec<&str> = vec![];
        let mut refused: Option<(&Loss, Option<usize>)> = None;
        for (index, side) in &draft.update.terms {
            let loss = &self.losses[*index];
            let applied = [loss.network, loss.discriminator.filter(|_| *side == Side::Generator)];
            let random = applied.into_iter().flatten().find(|n| closed(*n));
            let reached = &self.reaches[*index].values;
            let direct = *side == Side::Discriminator
                || match reached.networks().any(closed) {
                    true => draft.meets(&self.graph.gradient(&differentiated(loss), &closed)),
                    false => draft.meets(reached),
                };
            match (direct, random) {
                (true, None) => clean.push(&loss.name),
                _ => refused = refused.or(Some((loss, random.filter(|_| direct)))),
            }
        }
        if let Some((loss, random)) = refused {
            self.board.desk.report(self.refusal(draft, stage, loss, random, &clean, &closed));
        }
    }

    fn refusal(
        &self,
        draft: &Draft,
        stage: &Stage,
        loss: &Loss,
        random: Option<usize>,
        clean: &[&str],
        closed: &dyn Fn(usize) -> bool,
    ) -> Diagnostic {
        let name = |n: usize| self.graph.networks[n].node.as_str();
        let what = match random {
            Some(network) => format!("applies `{}`", name(network)),
            None => {
                let through = self.graph.gradient(&differentiated(loss), &|_| false);
                let first = through.iter().map(|(n, _)| n).find(|n| closed(*n) && self.leads_to(*n, draft));
                format!("reaches {} only through `{}`", draft.learnt(), first.map_or("", name))
            }
        };
        let message = format!("`losses.{}` {what}, which is untrained in stage `{}`", loss.name, stage.name);
        let problem = at_entry(message, draft.item, format!("learns {}", draft.learnt()));
        let list = clean.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ");
        let mut problem = match list.is_empty() {
            true => problem,
            false => problem.with_help(format!("name what it minimises: `losses = [{list}]`")),
        };
        if let Some(network) = random {
            problem =
                problem.with_help(format!("or train `{0}` in an earlier stage, or give it `weights`", name(network)));
        }
        problem
    }

    /// Whether a network's inputs depend on what an update learns.
    fn leads_to(&self, network: usize, draft: &Draft) -> bool {
        let applied = self.graph.applications.iter().filter(|a| a.network == network);
        applied.into_iter().any(|a| draft.meets(&self.graph.gradient(&a.inputs, &|_| false)))
    }
}

fn node_of(path: &str) -> &str {
    path.split(['/', '[']).next().unwrap_or(path)
}
