//! Switching off (language.md, section 9, rule 5): what goes, and what goes with it.

use crate::config::{Item, Table, Value};
use crate::graph::wire::Wire;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The families whose entries can be switched off.
const FAMILIES: [&[&str]; 8] = [
    &["datasets"],
    &["nodes"],
    &["losses"],
    &["updates"],
    &["stages"],
    &["evaluations"],
    &["report", "tables"],
    &["report", "figures"],
];

/// Names of entries that are gone, by the last key of their family.
#[derive(Clone, Debug, Default)]
pub struct Off {
    gone: BTreeMap<&'static str, BTreeSet<String>>,
    /// Nodes that updates learned which are gone.
    pub learned: BTreeSet<String>,
}

impl Off {
    pub fn has(&self, family: &str, name: &str) -> bool {
        self.gone.get(family).is_some_and(|names| names.contains(name))
    }

    pub fn add(&mut self, family: &'static str, name: &str) -> bool {
        self.gone.entry(family).or_default().insert(name.into())
    }

    pub fn is_empty(&self) -> bool {
        self.gone.values().all(BTreeSet::is_empty)
    }

    pub fn extend(&mut self, other: &Off) {
        for (family, names) in &other.gone {
            self.gone.entry(family).or_default().extend(names.iter().cloned());
        }
        self.learned.extend(other.learned.iter().cloned());
    }
}

/// The tree without what is switched off and what goes with it.
pub fn switch_off(tree: &Item) -> (Item, Off) {
    let mut off = Off::default();
    for path in FAMILIES {
        for (name, entry) in table(tree, path) {
            if entry.get(&["enabled"]).is_some_and(|e| e.value == Value::Boolean(false)) {
                off.add(path[path.len() - 1], name);
            }
        }
    }
    let mut tree = tree.clone();
    remove(&mut tree, &mut off);
    (tree, off)
}

/// Removes entries, their names from all lists, and what only they used.
pub fn remove(tree: &mut Item, off: &mut Off) {
    if off.is_empty() {
        return;
    }
    remove_updates_of_stages(tree, off);
    remove_what_applies(tree, off);
    let names = off.clone();
    let is_off = |family: &str, name: &str| names.has(family, name);
    let node_of = |path: &str| path.split(['/', '[']).next().unwrap_or(path).to_string();
    emptied(tree, off, "updates", "learns", &|path| is_off("nodes", &node_of(path)));
    let names = off.clone();
    let is_off = |family: &str, name: &str| names.has(family, name);
    emptied(tree, off, "updates", "losses", &|name| is_off("losses", name));
    emptied(tree, off, "datasets", "of", &|name| is_off("datasets", name));
    let names = off.clone();
    emptied(tree, off, "stages", "updates", &|name| names.has("updates", name));
    let names = off.clone();
    drop_from(tree, &["train", "stages"], &|name| names.has("stages", name));
    let column_gone = |column: &str| column.split('.').next().is_some_and(|e| names.has("evaluations", e));
    for family in [["report", "tables"], ["report", "figures"]] {
        for name in table(tree, &family).into_iter().map(|(n, _)| n.clone()).collect::<Vec<_>>() {
            if drop_from(tree, &[family[0], family[1], &name, "columns"], &column_gone) {
                off.add(family[1], &name);
            }
        }
    }
    remove_figures(tree, off, &column_gone);
    off.learned.extend(learned(tree, off));
    for path in FAMILIES {
        if let Some(Value::Table(entries)) = value_mut(tree, path) {
            entries.retain(|name, _| !off.has(path[path.len() - 1], name));
        }
    }
}

fn table<'i>(tree: &'i Item, path: &[&str]) -> Vec<(&'i String, &'i Item)> {
    tree.get(path).and_then(Item::as_table).into_iter().flatten().collect()
}

fn value_mut<'i>(tree: &'i mut Item, path: &[&str]) -> Option<&'i mut Value> {
    let mut value = &mut tree.value;
    for key in path {
        let Value::Table(table) = value else { return None };
        value = &mut table.get_mut(*key)?.value;
    }
    Some(value)
}

fn list(item: &Item, key: &str) -> Vec<String> {
    let items = item.get(&[key]).and_then(Item::as_array).unwrap_or_default();
    items.iter().filter_map(|i| i.as_text().map(str::to_string)).collect()
}

/// Updates that only stages name which are gone.
fn remove_updates_of_stages(tree: &Item, off: &mut Off) {
    let named = |gone: bool, off: &Off| -> BTreeSet<String> {
        let stages = table(tree, &["stages"]).into_iter().filter(|(name, _)| off.has("stages", name) == gone);
        stages.flat_map(|(_, item)| list(item, "updates")).collect()
    };
    let (lost, kept) = (named(true, off), named(false, off));
    for update in lost.difference(&kept) {
        off.add("updates", update);
    }
}

/// A node takes with it the losses and metrics that apply it.
fn remove_what_applies(tree: &mut Item, off: &mut Off) {
    let gone = |item: &Item, key: &str, off: &Off| {
        item.get(&[key]).and_then(Item::as_text).is_some_and(|node| off.has("nodes", node))
    };
    for (name, item) in table(tree, &["losses"]) {
        if gone(item, "network", off) || gone(item, "discriminator", off) {
            off.add("losses", name);
        }
    }
    let names: Vec<String> = table(tree, &["evaluations"]).into_iter().map(|(n, _)| n.clone()).collect();
    for name in names {
        if let Some(Value::Array(metrics)) = value_mut(tree, &["evaluations", &name, "metrics"]) {
            let before = metrics.len();
            metrics.retain(|metric| !gone(metric, "network", off));
            if metrics.is_empty() && before > 0 {
                off.add("evaluations", &name);
            }
        }
    }
}

/// Drops names from a list of every entry of a family; an entry whose list that empties goes too.
fn emptied(tree: &mut Item, off: &mut Off, family: &'static str, key: &str, gone: &dyn Fn(&str) -> bool) {
    let names: Vec<String> = table(tree, &[family]).into_iter().map(|(n, _)| n.clone()).collect();
    for name in names {
        if drop_from(tree, &[family, &name, key], gone) {
            off.add(family, &name);
        }
    }
}

/// Drops names from an array; true where that left it empty.
fn drop_from(tree: &mut Item, path: &[&str], gone: &dyn Fn(&str) -> bool) -> bool {
    let Some(Value::Array(items)) = value_mut(tree, path) else { return false };
    let before = items.len();
    items.retain(|item| !item.as_text().is_some_and(gone));
    items.is_empty() && before > 0
}

/// Figures of which the only column or evaluation is gone.
fn remove_figures(tree: &Item, off: &mut Off, column_gone: &dyn Fn(&str) -> bool) {
    for (name, item) in table(tree, &["report", "figures"]) {
        let text = |key: &str| item.get(&[key]).and_then(Item::as_text);
        let columns = ["metric", "x", "y"].into_iter().filter_map(text).any(column_gone);
        let picks = item.get(&["pick"]).and_then(Item::as_table).into_iter().flatten();
        let picked = picks.filter_map(|(_, column)| column.as_text()).any(column_gone);
        if columns || picked || text("evaluation").is_some_and(|e| off.has("evaluations", e)) {
            off.add("figures", name);
        }
    }
}

/// Nodes in `learns` of updates that are gone, with everything these read (a loss on one reaches the others).
fn learned(tree: &Item, off: &Off) -> BTreeSet<String> {
    let gone = table(tree, &["updates"]).into_iter().filter(|(name, _)| off.has("updates", name));
    let paths = gone.flat_map(|(_, item)| list(item, "learns"));
    paths.map(|path| path.split(['/', '[']).next().unwrap_or_default().to_string()).collect()
}

/// Names of nodes and datasets that something reads or applies, in any layer: as values and as what lay beneath them.
pub fn mentioned(tree: &Item, figure_wires: &dyn Fn(&Item, &str) -> bool) -> BTreeSet<String> {
    let mut texts = vec![];
    for (_, node) in table(tree, &["nodes"]) {
        for (key, item) in node.as_table().into_iter().flatten() {
            match key.as_str() {
                "in" | "apply" => all_texts(item, &mut texts),
                _ => likes(item, &mut texts),
            }
        }
    }
    for (_, loss) in table(tree, &["losses"]) {
        ["in", "network", "discriminator"].iter().filter_map(|k| loss.get(&[k])).for_each(|i| all_texts(i, &mut texts));
    }
    let keys = ["in", "metrics", "baselines", "group-by"];
    for (_, evaluation) in table(tree, &["evaluations"]) {
        keys.iter().filter_map(|k| evaluation.get(&[k])).for_each(|i| all_texts(i, &mut texts));
    }
    tree.get(&["predict"]).into_iter().for_each(|i| all_texts(i, &mut texts));
    for (_, figure) in table(tree, &["report", "figures"]) {
        let wires = figure.as_table().into_iter().flatten().filter(|(key, _)| figure_wires(figure, key));
        wires.for_each(|(_, item)| all_texts(item, &mut texts));
        figure.get(&["pick", "near", "value"]).into_iter().for_each(|item| all_texts(item, &mut texts));
    }
    let names = texts.iter().flat_map(|text| text.split(['"', '[', ']', '{', '}', ',', '=', ' ']));
    // Most names stand there many times.
    let names: HashSet<&str> = names.collect();
    names.into_iter().filter_map(|text| Some(Wire::parse(text).ok()?.name)).collect()
}

fn all_texts<'i>(item: &'i Item, found: &mut Vec<&'i str>) {
    found.extend(item.history.iter().map(|step| step.text.as_str()));
    match &item.value {
        Value::Text(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|inner| all_texts(inner, found)),
        Value::Table(table) => table.values().for_each(|inner| all_texts(inner, found)),
        _ => {}
    }
}

fn likes<'i>(item: &'i Item, found: &mut Vec<&'i str>) {
    match &item.value {
        Value::Table(table) => {
            table.get("like").into_iter().for_each(|like| all_texts(like, found));
            table.values().for_each(|inner| likes(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| likes(inner, found)),
        _ => {}
    }
}

/// The entries of a family, as a table to iterate over even where there is none.
pub fn entries<'i>(tree: &'i Item, family: &str) -> &'i Table {
    static EMPTY: std::sync::LazyLock<Table> = std::sync::LazyLock::new(Table::new);
    tree.get(&[family]).and_then(Item::as_table).unwrap_or(&EMPTY)
}
