//! The revisions beyond the first of all components that a plan holds.

use crate::graph::library::Library;
use crate::graph::plan::{Common, Component};
use crate::registry::{Kind, Settings};
use std::collections::BTreeMap;

/// By `family/name`.
pub fn used(plan: &Common, library: &Library) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    if library.catalogue.entries().iter().any(|entry| entry.card.revision > 1) {
        for Component { family, name, settings } in components(plan) {
            component(family, name, Some(settings), library, &mut found);
        }
    }
    found
}

fn components(plan: &Common) -> impl Iterator<Item = &Component> {
    let datasets = plan.datasets.iter().flat_map(|d| [&d.component].into_iter().chain(&d.transforms));
    let networks = plan.networks.iter().flat_map(|n| n.ops.iter().map(|op| &*op.component).chain([&n.init]));
    let losses = plan.losses.iter().flat_map(|l| [&l.component, &l.ramp]);
    let updates = plan.updates.iter().flat_map(|u| [&u.optimizer, &u.schedule]);
    let metrics = plan.evaluations.iter().flat_map(|e| e.metrics.iter().map(|m| &m.component));
    datasets.chain(networks).chain(losses).chain(updates).chain(metrics)
}

/// A component and what its slots hold, which says its name without the family.
fn component(
    family: &str,
    name: &str,
    settings: Option<&Settings>,
    library: &Library,
    found: &mut BTreeMap<String, u32>,
) {
    let Some(entry) = library.catalogue.get(family, name) else { return };
    if entry.card.revision > 1 {
        found.insert(format!("{family}/{name}"), entry.card.revision);
    }
    for setting in &entry.card.settings {
        let Kind::Slot(family) = &setting.kind else { continue };
        let Some(held) = settings.and_then(|settings| settings.get(&setting.name)) else { continue };
        if let Some(name) = held.as_str().or_else(|| held.get("use")?.as_str()) {
            component(family, name, held.as_object(), library, found);
        }
    }
}
