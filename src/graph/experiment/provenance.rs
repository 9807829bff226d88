//! Where the values of a plan come from.

use crate::config::{Item, Value, describe, inline, key as quoted};
use crate::graph::plan::Plan;
use crate::record::Provenance;
use std::collections::HashSet;

/// Every value written in the plan's tree with its origin, then the defaults of components that nobody wrote.
pub fn provenance(plan: &Plan) -> Vec<Provenance> {
    let mut found = vec![];
    walk(&plan.tree, &mut vec![], &mut found);
    // A key, and those of the tables that it stands in.
    let mut written: HashSet<String> = HashSet::new();
    for Provenance { key, .. } in &found {
        let ends = key.match_indices('.').map(|(end, _)| end).chain([key.len()]);
        written.extend(ends.map(|end| key[..end].to_string()));
    }
    let losses = plan.losses.iter().map(|l| (format!("losses.{}", l.name), &l.component));
    let datasets = plan.datasets.iter().map(|d| (format!("datasets.{}", d.name), &d.component));
    for (path, component) in datasets.chain(losses) {
        for (key, value) in &component.settings {
            let key = format!("{path}.{key}");
            if !written.contains(&key) {
                found.push(Provenance { key, value: value.to_string(), origin: "default".into() });
            }
        }
    }
    found
}

fn walk(item: &Item, path: &mut Vec<String>, found: &mut Vec<Provenance>) {
    match &item.value {
        Value::Table(table) if path.is_empty() || !table.is_empty() => {
            for (key, item) in table {
                path.push(quoted(key));
                walk(item, path, found);
                path.pop();
            }
        }
        _ => found.push(Provenance { key: path.join("."), value: inline(item), origin: describe(&item.origin) }),
    }
}
