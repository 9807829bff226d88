//! What of a resolved experiment is used, and by whom: unused nodes, idle stages, datasets that are drawn.

use super::desk::{Desk, at_entry};
use super::reach::{Graph, Needs, read_by};
use super::switch::{Off, mentioned};
use crate::config::{Item, Table, Value as Written};
use crate::diagnostic::nearest;
use crate::graph::plan::{Evaluation, Loss, Pick, Predict, Shown, Stage, Update, Value};
use crate::registry::Kind;
use std::collections::BTreeSet;

/// What one cell consists of, by reference.
pub struct Whole<'a> {
    pub graph: &'a Graph<'a>,
    pub losses: &'a [Loss],
    pub updates: &'a [Update],
    pub stages: &'a [Stage],
    /// Names of the stages that run.
    pub order: &'a [String],
    pub evaluations: &'a [Evaluation],
    pub predict: Option<&'a Predict>,
    pub shown: &'a [Shown],
}

/// Numbers of what is used.
pub struct Used {
    pub updates: BTreeSet<usize>,
    pub losses: BTreeSet<usize>,
    pub networks: BTreeSet<usize>,
    pub needs: Needs,
}

impl Whole<'_> {
    /// Updates of the stages that run, their losses, and all that these, evaluations and figures need.
    pub fn used(&self) -> Used {
        let runs = self.stages.iter().filter(|s| self.order.contains(&s.name));
        let updates: BTreeSet<usize> = runs.flat_map(|s| s.updates.iter().copied()).collect();
        let losses: BTreeSet<usize> =
            updates.iter().flat_map(|u| &self.updates[*u].terms).map(|(loss, _)| *loss).collect();
        let values = losses.iter().flat_map(|l| read_by(&self.losses[*l])).chain(self.evaluated());
        let needs = self.graph.needs(values);
        let applied = losses.iter().flat_map(|l| [self.losses[*l].network, self.losses[*l].discriminator]);
        let measured = self.evaluations.iter().flat_map(|e| e.metrics.iter().map(|m| m.network));
        let mut networks: BTreeSet<usize> = applied.chain(measured).flatten().collect();
        networks.extend(needs.applications.iter().map(|a| self.graph.applications[*a].network));
        Used { updates, losses, networks, needs }
    }

    /// Values that evaluations, prediction and figures read.
    pub fn evaluated(&self) -> impl Iterator<Item = &Value> {
        let inputs = self.evaluations.iter().flat_map(|e| e.inputs.iter().map(|(_, v)| v));
        let groups = self.evaluations.iter().filter_map(|e| e.group_by.as_ref().map(|g| &g.value));
        let rows =
            self.evaluations.iter().flat_map(|e| e.baselines.iter().flat_map(|(_, row)| row.iter().map(|(_, v)| v)));
        let written = self.predict.into_iter().flat_map(|p| p.write.iter().map(|(_, v)| v).chain([&p.feed]));
        let picked = self.shown.iter().filter_map(|s| match &s.pick {
            Pick::Near { value, .. } => Some(value),
            _ => None,
        });
        let shown = self.shown.iter().flat_map(|s| s.wires.iter().filter_map(|(_, v)| v.as_ref())).chain(picked);
        inputs.chain(groups).chain(rows).chain(written).chain(shown)
    }

    /// Datasets from which training draws.
    pub fn drawn(&self, used: &Used) -> BTreeSet<usize> {
        self.graph.needs(used.losses.iter().flat_map(|l| read_by(&self.losses[*l]))).datasets
    }

    /// Datasets that evaluations or stages read in another's place, and the parts of unions.
    pub fn read_elsewhere(&self) -> BTreeSet<usize> {
        let stages = self.stages.iter().flat_map(|s| s.data.iter().flat_map(|(from, to)| [*from, *to]));
        let evaluations = self.evaluations.iter().flat_map(|e| e.data.iter().flat_map(|(_, to)| to.iter().copied()));
        stages.chain(evaluations).collect()
    }
}

/// Nodes that nothing ever named: an error. Those that a switch or a variant left alone are silent.
pub fn check_unused(desk: &Desk, whole: &Item, nodes: &Table) {
    let is_wire = |figure: &Item, key: &str| {
        let entry = super::parts::used(figure).and_then(Item::as_text);
        let entry = entry.and_then(|name| desk.library.catalogue.get("figure", name));
        entry.is_none_or(|e| {
            let setting = e.card.settings.iter().find(|s| s.name == key);
            setting.is_some_and(|s| matches!(s.kind, Kind::Wire | Kind::Wires) || s.name == "node")
        })
    };
    let known = mentioned(whole, &is_wire);
    let off = |item: &Item| item.get(&["enabled"]).is_some_and(|e| e.value == Written::Boolean(false));
    let datasets = whole.get(&["datasets"]).and_then(Item::as_table);
    let is_there = |name: &str| nodes.get(name).is_some() || datasets.is_some_and(|all| all.get(name).is_some());
    let lost: Vec<&str> = known.iter().map(String::as_str).filter(|name| !is_there(name)).collect();
    for (name, item) in nodes.iter().filter(|(name, item)| !known.contains(*name) && !off(item)) {
        let problem = at_entry(format!("node `{name}` is unused"), item, "nothing reads or applies it");
        // A name that is nearly another's was meant to change that node.
        let others = nodes.keys().map(String::as_str).filter(|o| o != name && o.get(..3) == name.get(..3));
        desk.report(match (nearest(name, lost.iter().copied()), nearest(name, others)) {
            (Some(lost), _) => {
                problem.with_help(format!("`{lost}` is read, and nothing is called so: did you mean `{name}`?"))
            }
            (None, Some(near)) => problem.with_help(format!("a node with a similar name exists: `{near}`")),
            (None, None) => {
                problem.with_help("give it to a loss, an evaluation, a figure or another node, or delete it")
            }
        });
    }
}

/// What a second look at the tree can do without.
pub fn unneeded(whole: &Whole, used: &Used, tree: &Item, datasets: &[&str]) -> Off {
    let mut off = Off::default();
    let mut drop = |family: &'static str, keep: BTreeSet<&str>| {
        for name in super::switch::entries(tree, family).keys().filter(|name| !keep.contains(name.as_str())) {
            off.add(family, name);
        }
    };
    drop("stages", whole.order.iter().map(String::as_str).collect());
    drop("updates", used.updates.iter().map(|u| whole.updates[*u].name.as_str()).collect());
    drop("losses", used.losses.iter().map(|l| whole.losses[*l].name.as_str()).collect());
    let applied = used.needs.applications.iter().map(|a| whole.graph.applications[*a].node.as_str());
    let owned = used.networks.iter().map(|n| whole.graph.networks[*n].node.as_str());
    drop("nodes", applied.chain(owned).collect());
    let mut kept: BTreeSet<&str> =
        used.needs.datasets.iter().chain(&whole.read_elsewhere()).map(|d| datasets[*d]).collect();
    let liked = mentioned(tree, &|_, _| false);
    kept.extend(datasets.iter().filter(|d| liked.contains(**d)));
    kept.extend(tree.get(&["train", "epoch-of"]).and_then(Item::as_text));
    for name in kept.clone() {
        let of = tree.get(&["datasets", name, "of"]).and_then(Item::as_array).unwrap_or_default();
        kept.extend(of.iter().filter_map(Item::as_text));
    }
    drop("datasets", kept);
    off
}
