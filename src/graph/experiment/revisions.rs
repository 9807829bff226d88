//! The revisions beyond the first of all components that a plan holds.

use crate::graph::library::Library;
use crate::graph::plan::{Common, Component};
use crate::registry::{Catalogue, Entry, Kind, Setting, Settings};
use std::collections::{BTreeMap, BTreeSet};

/// By `family/name`.
pub fn used(plan: &Common, library: &Library) -> BTreeMap<String, u32> {
    let (revised, mut found) = (revised(library.catalogue), BTreeMap::new());
    for Component { family, name, settings } in components(plan) {
        component(family, name, Some(settings), (library, &revised), &mut found);
    }
    found
}

/// Families with a revised component, and those whose slots may hold one.
fn revised(catalogue: &Catalogue) -> BTreeSet<&str> {
    let of = |entries: &mut dyn Iterator<Item = &Entry>| entries.map(|e| e.card.family).collect::<BTreeSet<_>>();
    let mut known = of(&mut catalogue.entries().iter().filter(|e| e.card.revision > 1));
    loop {
        let holds = |s: &Setting| matches!(&s.kind, Kind::Slot(family) if known.contains(family.as_str()));
        let more = of(&mut catalogue.entries().iter().filter(|e| e.card.settings.iter().any(holds)));
        if more.is_subset(&known) {
            return known;
        }
        known.extend(more);
    }
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
    (library, revised): (&Library, &BTreeSet<&str>),
    found: &mut BTreeMap<String, u32>,
) {
    if !revised.contains(family) {
        return;
    }
    let Some(entry) = library.catalogue.get(family, name) else { return };
    if entry.card.revision > 1 {
        found.insert(format!("{family}/{name}"), entry.card.revision);
    }
    for setting in &entry.card.settings {
        let Kind::Slot(family) = &setting.kind else { continue };
        let Some(held) = settings.and_then(|settings| settings.get(&setting.name)) else { continue };
        if let Some(name) = held.as_str().or_else(|| held.get("use")?.as_str()) {
            component(family, name, held.as_object(), (library, revised), found);
        }
    }
}
