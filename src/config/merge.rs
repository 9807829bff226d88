//! Many trees to one (language.md, section 9).
//!
//! Three passes. *Sift* applies what is particular to this language to the stack of layers: text that meets a table
//! becomes `{ use = text }`, and where `use` changes, what belonged to the old component is taken out of the layers
//! beneath. After that rule 1 is all that is left, and *figment* merges the layers and remembers which of them gave
//! each value. *Assemble* turns its answer into items again: in the order of first writing (figment's tables are
//! sorted), with places, and with the chain of steps that `explain` prints.

use super::tree::{Item, Layer, Origin, Step, Table, Value};
use figment::value::{Dict, Map, Tag, Value as Merged};
use figment::{Figment, Metadata, Profile, Provider};
use std::collections::HashMap;

/// Lays `sheets` over one another, the last uppermost.
pub fn merge(sheets: Vec<Item>) -> Item {
    let count = sheets.len();
    let mut sift = Sift::default();
    let sifted: Vec<Item> = sift
        .column(sheets.into_iter().map(Some).collect(), &mut vec![])
        .into_iter()
        .map(Option::unwrap_or_default)
        .collect();
    let figment = sifted.iter().enumerate().fold(Figment::new(), |all, (index, tree)| all.merge(Sheet { index, tree }));
    let merged = figment.data().ok().and_then(|mut profiles| profiles.remove(&Profile::Default)).unwrap_or_default();
    let owners = (0..count).map(Sheet::name).collect::<Vec<_>>();
    let assemble = Assemble { figment: &figment, owners: &owners, chains: &sift.chains };
    let column = sifted.iter().map(Some).collect::<Vec<_>>();
    assemble.item(&Merged::Dict(Tag::Default, merged), &column, &mut vec![])
}

/// One layer as figment sees it.
struct Sheet<'a> {
    index: usize,
    tree: &'a Item,
}

impl Sheet<'_> {
    fn name(index: usize) -> String {
        format!("layer {index}")
    }
}

impl Provider for Sheet<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(Self::name(self.index))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(dict(self.tree.as_table())))
    }
}

fn dict(table: Option<&Table>) -> Dict {
    table.into_iter().flatten().map(|(key, item)| (key.clone(), leaf(item))).collect()
}

/// Arrays replace each other whole, so that only who wrote one matters: they travel empty.
fn leaf(item: &Item) -> Merged {
    match &item.value {
        Value::Table(table) => Merged::Dict(Tag::Default, dict(Some(table))),
        Value::Array(_) => Merged::Array(Tag::Default, vec![]),
        Value::Boolean(v) => Merged::from(*v),
        Value::Integer(v) => Merged::from(*v),
        Value::Float(v) => Merged::from(*v),
        Value::Text(v) => Merged::from(v.clone()),
    }
}

type Path = Vec<String>;

#[derive(Default)]
struct Sift {
    chains: HashMap<Path, Vec<Step>>,
}

impl Sift {
    /// What is left of each layer at one path, lowest first.
    fn column(&mut self, column: Vec<Option<Item>>, path: &mut Path) -> Vec<Option<Item>> {
        let mut left: Vec<Option<Item>> = vec![None; column.len()];
        for (index, item) in column.into_iter().enumerate() {
            let Some(mut item) = item else { continue };
            self.chains.entry(path.clone()).or_default().extend(step(&item));
            if may_hold_component(path) {
                read_text_as_component(&mut left, &mut item);
            }
            let tables = left.iter().flatten().all(|below| below.as_table().is_some());
            if !(tables && item.as_table().is_some()) {
                left.iter_mut().for_each(|below| *below = None);
            }
            self.change_component(&mut left, &item, path);
            left[index] = Some(item);
        }
        self.children(&mut left, path);
        left
    }

    fn children(&mut self, left: &mut [Option<Item>], path: &mut Path) {
        let mut columns: indexmap::IndexMap<String, Vec<Option<Item>>> = Default::default();
        let count = left.len();
        for (index, item) in left.iter_mut().enumerate() {
            let Some(Item { value: Value::Table(table), .. }) = item else { continue };
            for (key, child) in std::mem::take(table) {
                columns.entry(key).or_insert_with(|| vec![None; count])[index] = Some(child);
            }
        }
        for (key, column) in columns {
            path.push(key.clone());
            let column = self.column(column, path);
            path.pop();
            for (item, child) in left.iter_mut().zip(column) {
                if let (Some(Item { value: Value::Table(table), .. }), Some(child)) = (item, child) {
                    table.insert(key.clone(), child);
                }
            }
        }
    }

    /// Rule 3: where `use` changes, the old component's settings go; the entry's own keys stay.
    fn change_component(&mut self, left: &mut [Option<Item>], item: &Item, path: &Path) {
        let used = |item: &Item| Some(item.as_table()?.get("use")?.as_text()?.to_string());
        let Some(old) = left.iter().flatten().filter_map(used).next_back() else { return };
        if used(item).is_none_or(|new| new == old) {
            return;
        }
        let kept = entry_keys(path);
        for below in left.iter_mut().flatten() {
            let Value::Table(table) = &mut below.value else { continue };
            let gone = table.keys().filter(|key| *key != "use" && !kept.contains(&key.as_str())).cloned();
            for key in gone.collect::<Vec<_>>() {
                let Some(item) = table.shift_remove(&key) else { continue };
                let dropped = Some(format!("dropped: `{key}` was for `{old}`"));
                let step = Step { text: item.written(), origin: item.origin, dropped };
                let child = path.iter().cloned().chain([key]).collect::<Path>();
                self.chains.entry(path.clone()).or_default().push(step.clone());
                self.chains.entry(child).or_default().push(step);
            }
        }
    }
}

/// Rule 2: text that meets a table is read as `{ use = text }`.
fn read_text_as_component(left: &mut [Option<Item>], item: &mut Item) {
    let is_size = |item: &Item| item.as_table().is_some_and(|t| t.contains_key("like") || t.contains_key("times"));
    let Some(below) = left.iter_mut().flatten().next_back() else { return };
    match (&below.value, &item.value) {
        (Value::Text(_), Value::Table(_)) if !is_size(item) => below.wrap_in_use(),
        (Value::Table(_), Value::Text(_)) if !is_size(below) => item.wrap_in_use(),
        _ => {}
    }
}

/// A step for what is written as a value; a `[header]` that only opens a table is none.
fn step(item: &Item) -> Option<Step> {
    let text = item.written();
    let header = item.as_table().is_some() && !text.starts_with('{');
    (!header).then(|| Step { origin: item.origin.clone(), text, dropped: None })
}

/// The path inside an experiment: a variant's keys are an experiment's. `None` for the rest of `[study]`.
fn experiment_path(path: &[String]) -> Option<&[String]> {
    match path.first().map(String::as_str) {
        Some("study") if path.get(1).is_some_and(|key| key == "variants") => path.get(3..),
        Some("study") => None,
        _ => Some(path),
    }
}

/// Keys whose text (`"none"`, `"random"`) and table are two values of their own, not a component with settings.
const NOT_COMPONENTS: [&str; 6] = ["in", "weights", "clip", "average", "pick", "split"];

fn may_hold_component(path: &[String]) -> bool {
    experiment_path(path).is_some_and(|path| {
        path.len() >= 2
            && !(path.len() >= 3 && path[2] == "in")
            && !path.last().is_some_and(|key| NOT_COMPONENTS.contains(&key.as_str()))
    })
}

/// Keys of language.md, section 5: they stay with a loss whose `use` changes.
pub const LOSS_KEYS: [&str; 12] = [
    "use",
    "in",
    "shares",
    "weight",
    "ramp",
    "detach",
    "hardest",
    "network",
    "discriminator",
    "pool",
    "discriminator-weight",
    "enabled",
];

/// What belongs to the entry and not to its component (language.md, sections 4, 5 and 8).
pub(super) fn entry_keys(path: &[String]) -> &'static [&'static str] {
    let path: Vec<&str> = experiment_path(path).unwrap_or_default().iter().map(String::as_str).collect();
    match path[..] {
        ["nodes", _] => &["use", "in", "repeat", "detach", "freeze", "weights", "init", "enabled"],
        ["losses", _] => &LOSS_KEYS,
        ["datasets", _] => &["use", "size", "transforms", "enabled"],
        ["report", "figures", _] => &["use", "enabled"],
        _ => &["use"],
    }
}

struct Assemble<'a> {
    figment: &'a Figment,
    owners: &'a [String],
    chains: &'a HashMap<Path, Vec<Step>>,
}

impl Assemble<'_> {
    fn item(&self, merged: &Merged, column: &[Option<&Item>], path: &mut Path) -> Item {
        let history = self.chains.get(path).cloned().unwrap_or_default();
        let Merged::Dict(_, dict) = merged else {
            let owner = self.owner(merged.tag()).and_then(|index| column[index]).or(column
                .iter()
                .flatten()
                .next_back()
                .copied());
            return Item { history, ..owner.cloned().unwrap_or_default() };
        };
        let mut table = Table::new();
        for key in column.iter().flatten().filter_map(|item| item.as_table()).flat_map(Table::keys) {
            if let (false, Some(inner)) = (table.contains_key(key), dict.get(key)) {
                let below = column.iter().map(|item| item.and_then(|i| i.get(&[key]))).collect::<Vec<_>>();
                path.push(key.clone());
                table.insert(key.clone(), self.item(inner, &below, path));
                path.pop();
            }
        }
        let origin = entry_origin(column);
        Item { value: Value::Table(table), origin, history }
    }

    /// The layer that figment's tag belongs to.
    fn owner(&self, tag: Tag) -> Option<usize> {
        let name = &self.figment.get_metadata(tag)?.name;
        self.owners.iter().position(|owner| owner == name)
    }
}

/// An entry stands where its component was chosen last, else where it was first written.
fn entry_origin(column: &[Option<&Item>]) -> Origin {
    let written = || column.iter().flatten();
    let chosen = written().rfind(|item| item.get(&["use"]).is_some());
    chosen.or(written().next()).map_or_else(|| Item::default().origin, |item| item.origin.clone())
}

/// Moves a tree to another layer: what a file says of a variant is the variant's in its cells.
pub(super) fn relayer(item: &mut Item, layer: &Layer) {
    item.origin.layer = layer.clone();
    match &mut item.value {
        Value::Table(table) => table.values_mut().for_each(|inner| relayer(inner, layer)),
        Value::Array(items) => items.iter_mut().for_each(|inner| relayer(inner, layer)),
        _ => {}
    }
}
