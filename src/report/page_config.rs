//! The configuration on the page: first what differs between the rows of the study, then everything, with where each
//! value is from.

use super::group::Group;
use crate::record::Provenance;
use minijinja::{Value, context};

/// Keys in the order in which the cells give them.
pub fn configuration(groups: &[Group<'_>]) -> Value {
    let configs: Vec<(&str, &[Provenance])> = groups
        .iter()
        .filter_map(|g| g.shown().map(|r| (g.title.as_str(), r.config.as_slice())))
        .filter(|(_, config)| !config.is_empty())
        .collect();
    let mut keys: Vec<&str> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for value in configs.iter().flat_map(|(_, config)| config.iter()) {
        if known.insert(value.key.as_str()) {
            keys.push(&value.key);
        }
    }
    keys.sort_unstable();
    let of = |config: &'_ [Provenance], key: &str| config.iter().find(|v| v.key == key).cloned();
    let (mut differing, mut common) = (Vec::new(), Vec::new());
    for key in keys {
        let values: Vec<Option<Provenance>> = configs.iter().map(|(_, config)| of(config, key)).collect();
        let first = values.first().cloned().flatten();
        let same = |v: &Option<Provenance>| v.as_ref().map(|v| &v.value) == first.as_ref().map(|f| &f.value);
        match first {
            Some(ref first) if values.iter().all(same) => {
                common.push(context! { key, value => first.value, origin => first.origin });
            }
            _ => {
                let cell = |v: &Option<Provenance>| match v {
                    Some(v) => context! { value => v.value, origin => v.origin },
                    None => context! { value => "", origin => "" },
                };
                differing.push(context! { key, values => values.iter().map(cell).collect::<Vec<_>>() });
            }
        }
    }
    let titles: Vec<&str> = configs.iter().map(|(title, _)| *title).collect();
    context! { titles, differing, common }
}
