//! Many trees to one (language.md, section 9).
//!
//! Three passes. *Sift* applies what is particular to this language to the stack of layers: text that meets a table
//! becomes `{ use = text }`, and where `use` changes, what belonged to the old component is taken out of the layers
//! beneath. After that rule 1 is all that is left, and *figment* merges the layers and remembers which of them gave
//! each value. *Assemble* turns its answer into items again: in the order of first writing (figment's tables are
//! sorted), with places, and with the chain of steps that `explain` prints.
//!
//! What a single layer writes goes through all three untouched, and unshared from that layer: of the cells of a study
//! little else is left.

use super::tree::{History, Item, Layer, Origin, Step, Table, Value};
use figment::value::{Dict, Map, Tag, Value as Merged};
use figment::{Figment, Metadata, Profile, Provider};
use indexmap::IndexMap;
use std::collections::HashMap;

/// A tree as a layer: every value in it knows the one step that it is.
pub(super) fn sheet(mut tree: Item) -> Item {
    if let Value::Table(table) = &mut tree.value {
        table.values_mut().for_each(own_step);
    }
    tree
}

fn own_step(item: &mut Item) {
    item.history = step(item).into_iter().collect::<Vec<_>>().into();
    if let Value::Table(table) = &mut item.value {
        table.values_mut().for_each(own_step);
    }
}

/// Lays sheets, as [`sheet`] makes them, over one another, the last uppermost.
pub(super) fn merge(sheets: Vec<Item>) -> Item {
    let count = sheets.len();
    let column = Column::sift(sheets.into_iter().map(Some).collect(), vec![], &mut vec![]);
    let layer = |index| Sheet { index, column: &column };
    let figment = (0..count).fold(Figment::new(), |all, index| all.merge(layer(index)));
    let merged = figment.data().ok().and_then(|mut profiles| profiles.remove(&Profile::Default)).unwrap_or_default();
    column.assemble(&Merged::Dict(Tag::Default, merged), &figment)
}

/// One layer as figment sees it.
struct Sheet<'a> {
    index: usize,
    column: &'a Column,
}

impl Provider for Sheet<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.index.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.column.dict(self.index)))
    }
}

type Path = Vec<String>;

/// What the layers write at one path.
#[derive(Default)]
struct Column {
    /// What is left of each layer, lowest first; the entries of tables that meet stand in `inner`.
    left: Vec<Option<Item>>,
    /// In the order of first writing; `None`: no tables meet here.
    inner: Option<IndexMap<String, Column>>,
    /// All that was written here, dropped or not.
    chain: Vec<Step>,
    /// Only one layer writes here, and the item is whole.
    alone: bool,
}

impl Column {
    /// `dropped` is what a change of component took away here.
    fn sift(written: Vec<Option<Item>>, dropped: Vec<Step>, path: &mut Path) -> Column {
        if dropped.is_empty() && written.iter().flatten().count() == 1 {
            return Column { left: written, alone: true, ..Column::default() };
        }
        let mut column = Column { left: vec![None; written.len()], chain: dropped, ..Column::default() };
        let mut gone = HashMap::new();
        for (index, item) in written.into_iter().enumerate() {
            let Some(mut item) = item else { continue };
            column.chain.extend(item.history.iter().cloned());
            if may_hold_component(path) {
                read_text_as_component(&mut column.left, &mut item);
            }
            let tables = column.left.iter().flatten().all(|below| below.as_table().is_some());
            if !(tables && item.as_table().is_some()) {
                column.left.iter_mut().for_each(|below| *below = None);
            }
            column.change_component(&item, path, &mut gone);
            column.left[index] = Some(item);
        }
        if column.left.iter().flatten().any(|item| item.as_table().is_some()) {
            column.inner = Some(column.entries(gone, path));
        }
        column
    }

    /// The entries of all tables, taken out of them.
    fn entries(&mut self, mut gone: HashMap<String, Vec<Step>>, path: &mut Path) -> IndexMap<String, Column> {
        let mut columns: IndexMap<String, Vec<Option<Item>>> = IndexMap::new();
        let count = self.left.len();
        for (index, item) in self.left.iter_mut().enumerate() {
            let Some(Item { value: Value::Table(table), .. }) = item else { continue };
            for (key, child) in std::mem::take(table) {
                columns.entry(key).or_insert_with(|| vec![None; count])[index] = Some(child);
            }
        }
        let sift = |(key, column): (String, Vec<Option<Item>>)| {
            path.push(key.clone());
            let column = Column::sift(column, gone.remove(&key).unwrap_or_default(), path);
            path.pop();
            (key, column)
        };
        let mut columns: Vec<(String, Column)> = columns.into_iter().map(sift).collect();
        // What a layer replaced whole stands among the keys of that layer.
        columns.sort_by_key(|(_, column)| column.left.iter().position(Option::is_some));
        columns.into_iter().collect()
    }

    /// Rule 3: where `use` changes, the old component's settings go; the entry's own keys stay.
    fn change_component(&mut self, item: &Item, path: &Path, gone: &mut HashMap<String, Vec<Step>>) {
        let used = |item: &Item| Some(item.as_table()?.get("use")?.as_text()?.to_string());
        let Some(old) = self.left.iter().flatten().filter_map(used).next_back() else { return };
        if used(item).is_none_or(|new| new == old) {
            return;
        }
        let kept = entry_keys(path);
        for below in self.left.iter_mut().flatten() {
            let Value::Table(table) = &mut below.value else { continue };
            let theirs = table.keys().filter(|key| *key != "use" && !kept.contains(&key.as_str())).cloned();
            for key in theirs.collect::<Vec<_>>() {
                let Some(item) = table.shift_remove(&key) else { continue };
                let dropped = Some(format!("dropped: `{key}` was for `{old}`"));
                let step = Step { text: item.written(), origin: item.origin, dropped };
                self.chain.push(step.clone());
                gone.entry(key).or_default().push(step);
            }
        }
    }

    /// The entries of one layer. Values, arrays and what one layer writes alone replace each other whole, so that only
    /// who wrote them matters: they travel empty.
    fn dict(&self, index: usize) -> Dict {
        let written = self.inner.iter().flatten().filter(|(_, column)| column.left[index].is_some());
        let entry = |(key, column): (&String, &Column)| {
            let merged = match column.inner {
                Some(_) => Merged::Dict(Tag::Default, column.dict(index)),
                None => Merged::Array(Tag::Default, vec![]),
            };
            (key.clone(), merged)
        };
        written.map(entry).collect()
    }

    fn assemble(mut self, merged: &Merged, figment: &Figment) -> Item {
        if self.alone {
            return self.left.into_iter().flatten().next().unwrap_or_default();
        }
        let history = History::from(std::mem::take(&mut self.chain));
        let Merged::Dict(_, dict) = merged else {
            let owner = figment.get_metadata(merged.tag()).and_then(|layer| layer.name.parse::<usize>().ok());
            let owner = owner.and_then(|index| self.left.get_mut(index)?.take());
            let owner = owner.or_else(|| self.left.into_iter().flatten().next_back());
            return Item { history, ..owner.unwrap_or_default() };
        };
        let origin = self.entry_origin();
        let entry = |(key, column): (String, Column)| {
            let item = column.assemble(dict.get(&key)?, figment);
            Some((key, item))
        };
        let table: Table = self.inner.into_iter().flatten().filter_map(entry).collect();
        Item { value: Value::Table(table), origin, history }
    }

    /// An entry stands where its component was chosen last, else where it was first written.
    fn entry_origin(&self) -> Origin {
        let written = || self.left.iter().enumerate().filter_map(|(index, item)| Some((index, item.as_ref()?)));
        let named = self.inner.as_ref().and_then(|inner| inner.get("use"));
        let chosen = written().rfind(|(index, _)| named.is_some_and(|used| used.left[*index].is_some()));
        chosen.or(written().next()).map_or_else(|| Item::default().origin, |(_, item)| item.origin.clone())
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

/// Moves a tree to another layer: what a file says of a variant is the variant's in its cells.
pub(super) fn relayer(item: &mut Item, layer: &Layer) {
    item.origin.layer = layer.clone();
    match &mut item.value {
        Value::Table(table) => table.values_mut().for_each(|inner| relayer(inner, layer)),
        Value::Array(items) => items.iter_mut().for_each(|inner| relayer(inner, layer)),
        _ => {}
    }
}
