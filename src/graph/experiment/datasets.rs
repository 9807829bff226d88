//! `[datasets.X]`: ports and their edges after the transforms; unions.

use super::desk::{Desk, at_entry, at_value, count_word, incomplete, no_such};
use super::fields::{Fields, numbers};
use super::parts::{self, Part};
use crate::config::{Item, Table, Value};
use crate::graph::plan::{Component, Dataset};
use crate::registry::{Edge, Kind, Make, Type};
use std::path::PathBuf;

/// Keys that belong to the entry, not to the component.
const OWN: [&str; 3] = ["use", "transforms", "enabled"];
/// Transforms that fix the size, by the setting that says it.
const SIZED: &str = "size";

/// All datasets, a union after its parts.
pub fn resolve(desk: &Desk, tables: &Table) -> Vec<Dataset> {
    let mut found = Vec::new();
    let (unions, plain): (Vec<_>, Vec<_>) = tables.iter().partition(|(_, item)| is_union(item));
    for (name, item) in plain {
        found.extend(dataset(desk, name, item, tables));
    }
    let mut waiting = unions;
    // A union of unions is resolved once its parts are; whatever waits for ever waits for itself.
    while !waiting.is_empty() {
        let ready = |item: &Item| parts_of(item).iter().all(|p| !waiting.iter().any(|(n, _)| *n == p));
        let (now, later): (Vec<_>, Vec<_>) = waiting.iter().copied().partition(|(_, item)| ready(item));
        if now.is_empty() {
            for (name, item) in later {
                desk.report(at_entry(format!("dataset `{name}` is a union of itself"), item, ""));
            }
            break;
        }
        for (name, item) in now {
            found.extend(union(desk, name, item, tables, &found));
        }
        waiting = later;
    }
    found
}

fn is_union(item: &Item) -> bool {
    parts::used(item).and_then(Item::as_text) == Some("union")
}

fn parts_of(item: &Item) -> Vec<String> {
    let of = item.get(&["of"]).and_then(Item::as_array).unwrap_or_default();
    of.iter().filter_map(|i| i.as_text().map(str::to_string)).collect()
}

fn dataset(desk: &Desk, name: &str, item: &Item, siblings: &Table) -> Option<Dataset> {
    if item.as_table().is_some() && item.get(&["use"]).is_none() {
        desk.report(incomplete("dataset", name, item, "use", siblings));
        return None;
    }
    let fields = Fields::open(desk, Some(item));
    fields.boolean("enabled", true);
    let Part { entry, component } = parts::part(desk, "dataset", item, &format!("datasets.{name}"), &OWN)?;
    let transforms = transforms(desk, &fields);
    let size = final_size(desk, item, &component, &transforms);
    let Make::Dataset(ports) = entry.make else { return None };
    let mut settings = component.settings.clone();
    if settings.contains_key(SIZED) {
        settings.insert(SIZED.into(), size.into());
    }
    let ports = match ports(&settings) {
        Ok(ports) => ports,
        Err(why) => {
            parts::problem(desk, item, &why);
            return None;
        }
    };
    check_on(desk, &fields, &ports);
    let base = base_of(
        desk,
        item,
        &entry.card.settings.iter().filter(|s| s.kind == Kind::File).map(|s| s.name.as_str()).collect::<Vec<_>>(),
    );
    Some(Dataset { name: name.into(), component, size, transforms, ports, base })
}

/// Folder of the file that wrote the dataset's path, or of the experiment.
fn base_of(desk: &Desk, item: &Item, files: &[&str]) -> PathBuf {
    let written = files.iter().chain(&["root"]).find_map(|key| item.get(&[key])).unwrap_or(item);
    match crate::config::path_of(&Item { value: Value::Text(".".into()), ..written.clone() }) {
        Some(folder) if written.place().is_some() => folder,
        _ => desk.about.base.clone(),
    }
}

fn transforms(desk: &Desk, fields: &Fields) -> Vec<Component> {
    let mut found = vec![];
    for item in fields.array("transforms") {
        let Some(mut part) = parts::part(desk, "transform", item, "transforms", &["use", "on"]) else { continue };
        let on = Fields::open(desk, Some(item).filter(|i| i.as_table().is_some()));
        let ports: Vec<serde_json::Value> = on.texts("on").into_iter().map(|(port, _)| port.into()).collect();
        if !ports.is_empty() {
            part.component.settings.insert("on".into(), ports.into());
        }
        found.push(part.component);
    }
    found
}

/// Every port in a transform's `on` must be the dataset's.
fn check_on(desk: &Desk, fields: &Fields, ports: &[(String, Edge)]) {
    for item in fields.array("transforms").iter().filter(|i| i.as_table().is_some()) {
        for (port, place) in Fields::open(desk, Some(item)).texts("on") {
            if !ports.iter().any(|(name, _)| name == port) {
                desk.report(no_such("port", port, place, ports.iter().map(|(name, _)| name.as_str())));
            }
        }
    }
}

/// The last of `size` and the transforms that fixes a size decides.
fn final_size(desk: &Desk, item: &Item, component: &Component, transforms: &[Component]) -> usize {
    let size = |c: &Component| c.settings.get(SIZED).and_then(serde_json::Value::as_u64).map(|s| s as usize);
    let last = transforms.iter().filter_map(size).next_back();
    let decided = last.or(size(component)).unwrap_or(0);
    if decided == 0 && component.settings.contains_key(SIZED) {
        let problem = match item.get(&[SIZED]) {
            Some(written) => at_value("`size` is 0 and no transform fixes a size", written, ""),
            None => at_entry("`size` is 0 and no transform fixes a size", item, ""),
        };
        desk.report(problem.with_help("set `size`, or add `{ use = \"resize\", size = 256 }` to `transforms`"));
        return 1;
    }
    decided
}

fn union(desk: &Desk, name: &str, item: &Item, tables: &Table, known: &[Dataset]) -> Option<Dataset> {
    let fields = Fields::open(desk, Some(item));
    fields.boolean("enabled", true);
    let part = parts::part(desk, "dataset", item, &format!("datasets.{name}"), &OWN)?;
    let mut members: Vec<&Dataset> = vec![];
    let named = fields.texts("of");
    for &(of, place) in &named {
        match known.iter().find(|d| d.name == of) {
            Some(member) => members.push(member),
            None if tables.contains_key(of) => return None,
            None => {
                desk.report(no_such("dataset", of, place, tables.keys().map(String::as_str).filter(|n| *n != name)))
            }
        }
    }
    let Some(first) = members.first() else {
        if named.is_empty() {
            desk.report(at_entry(format!("union `{name}` has no parts"), item, "expected names in `of`"));
        }
        return None;
    };
    check_shares(desk, &fields, members.len());
    let taken = fields.texts("ports");
    let mut ports = taken_of(desk, first, &taken)?;
    for member in &members[1..] {
        let theirs = taken_of(desk, member, &taken)?;
        join(desk, item, (first, &mut ports), (member, &theirs));
    }
    check_balance(desk, &fields, &ports);
    let transforms = transforms(desk, &fields);
    check_on(desk, &fields, &ports);
    Some(Dataset {
        name: name.into(),
        component: part.component,
        size: first.size,
        transforms,
        ports,
        base: first.base.clone(),
    })
}

fn check_shares(desk: &Desk, fields: &Fields, parts: usize) {
    let shares = numbers(desk, fields.array("shares"));
    if let (Some(item), false) = (fields.get("shares"), shares.is_empty() || shares.len() == parts) {
        let message = format!("`shares` has {} for {}", count_word(shares.len()), plural(parts, "dataset"));
        desk.report(at_value(message, item, "expected one for each name in `of`"));
    }
}

/// What a union balances is a label of its parts.
fn check_balance(desk: &Desk, fields: &Fields, ports: &[(String, Edge)]) {
    let Some(item) = fields.get("balance") else { return };
    let labels = || ports.iter().filter(|(_, edge)| edge.ty == Type::Label).map(|(name, _)| name.as_str());
    match item.as_text() {
        Some(port) if !port.is_empty() && !labels().any(|name| name == port) => {
            desk.report(no_such("label", port, item, labels()));
        }
        _ => {}
    }
}

pub fn plural(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {what}{s}", count_word(n))
}

/// Those of a part's ports that a union takes, all where it names none; nothing where one is not there, which is told.
fn taken_of(desk: &Desk, part: &Dataset, taken: &[(&str, &Item)]) -> Option<Vec<(String, Edge)>> {
    if taken.is_empty() {
        return Some(part.ports.clone());
    }
    let one = |(port, place): &(&str, &Item)| {
        let found = part.ports.iter().find(|(name, _)| name == port).cloned();
        if found.is_none() {
            let known = part.ports.iter().map(|(name, _)| name.as_str());
            desk.report(no_such(&format!("port of `{}`", part.name), port, place, known));
        }
        found
    };
    taken.iter().map(one).collect()
}

/// The parts' ports must be equal; labels are joined by name, so the larger number of classes stands for both.
fn join(
    desk: &Desk,
    item: &Item,
    (first, ports): (&Dataset, &mut [(String, Edge)]),
    (other, others): (&Dataset, &[(String, Edge)]),
) {
    let names = |ports: &[(String, Edge)]| ports.iter().map(|(n, _)| n.clone()).collect::<Vec<_>>().join(", ");
    let mark = item.get(&["of"]).unwrap_or(item);
    if names(ports) != names(others) {
        let message = format!("`{}` and `{}` have unlike ports", first.name, other.name);
        let problem = at_value(message, mark, "a union's parts have equal ports");
        let problem = problem.with_help("`ports` takes those that all have: `ports = [\"image\", \"identity\"]`");
        desk.report(problem.with_note(&first.name, names(ports)).with_note(&other.name, names(others)));
        return;
    }
    for ((port, edge), (_, theirs)) in ports.iter_mut().zip(others) {
        edge.classes = edge.classes.max(theirs.classes);
        if edge.ty != theirs.ty || edge.dims != theirs.dims {
            let message = format!("`{}.{port}` is {edge} and `{}.{port}` is {theirs}", first.name, other.name);
            desk.report(at_value(message, mark, "a union's parts have equal ports"));
        }
    }
}

/// Where a dataset's size was decided: its `size`, or that of the last transform that fixes one.
pub fn size_origin(tables: &Table, name: &str) -> Option<crate::config::Origin> {
    let item = tables.get(name)?;
    let transforms = item.get(&["transforms"]).and_then(Item::as_array).unwrap_or_default();
    let last = transforms.iter().filter_map(|t| t.get(&[SIZED])).next_back();
    let first_of = || size_origin(tables, item.get(&["of"])?.as_array()?.first()?.as_text()?);
    last.or(item.get(&[SIZED])).map(|i| i.origin.clone()).or_else(first_of)
}
