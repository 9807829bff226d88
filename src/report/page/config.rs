//! The configuration on the page: first, key by key, what differs from the baseline; then everything, with where each
//! value is from.

use crate::record::{Provenance, StudyRecord};
use crate::report::group::Group;
use minijinja::{Value, context};
use std::collections::{BTreeSet, HashMap};

/// The rows of the study side by side, the baseline first.
pub fn configuration(study: &StudyRecord, groups: &[Group<'_>]) -> Value {
    let baseline = groups.iter().position(|g| is_baseline(study, g));
    let order = baseline.into_iter().chain((0..groups.len()).filter(|g| Some(*g) != baseline));
    let configs: Vec<(usize, HashMap<&str, &Provenance>)> = order
        .filter_map(|g| Some((g, groups[g].shown()?)))
        .filter(|(_, record)| !record.config.is_empty())
        .map(|(g, record)| (g, record.config.iter().map(|v| (v.key.as_str(), v)).collect()))
        .collect();
    let keys: BTreeSet<&str> = configs.iter().flat_map(|(_, config)| config.keys().copied()).collect();
    let first = configs.first().map(|(_, config)| config);
    let (mut differing, mut common) = (Vec::new(), Vec::new());
    for key in keys {
        let base = first.and_then(|config| config.get(key)).copied();
        let values: Vec<Option<&Provenance>> = configs.iter().map(|(_, config)| config.get(key).copied()).collect();
        let same = |v: &Option<&Provenance>| v.map(|v| &v.value) == base.map(|b| &b.value);
        // Seeds are an axis: every row has them all.
        match base.or_else(|| values.iter().flatten().next().copied()) {
            Some(one) if key == "run.seed" => {
                common.push(context! { key, value => seeds(study), origin => one.origin });
            }
            Some(one) if values.iter().all(same) => {
                common.push(context! { key, value => one.value, origin => one.origin });
            }
            _ => {
                let cell = |v: &Option<&Provenance>| match v {
                    Some(v) => context! { value => v.value, origin => v.origin, same => same(&Some(*v)) },
                    None => context! { unset => true, same => base.is_none() },
                };
                differing.push(context! { key, values => values.iter().map(cell).collect::<Vec<_>>() });
            }
        }
    }
    let titles: Vec<&str> = configs.iter().map(|(g, _)| groups[*g].title.as_str()).collect();
    let against = configs.first().is_some_and(|(g, _)| Some(*g) == baseline);
    context! { titles, differing, common, against }
}

/// Whether a row is what the others are compared with.
pub fn is_baseline(study: &StudyRecord, group: &Group<'_>) -> bool {
    let marked = study.records.iter().any(|(entry, _)| entry.baseline);
    let name = &study.cells.baseline;
    group.cells.iter().any(|(entry, _)| {
        // Records of before the mark have the name alone.
        let labels = study.cells.axes.iter().filter_map(|axis| entry.axes.get(axis));
        let parts = std::iter::once(&entry.variant).chain(labels).map(String::as_str).filter(|part| !part.is_empty());
        if marked { entry.baseline } else { !name.is_empty() && parts.collect::<Vec<_>>().join(", ") == *name }
    })
}

fn seeds(study: &StudyRecord) -> String {
    let all: BTreeSet<u64> = study.records.iter().map(|(entry, _)| entry.seed).collect();
    all.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}
