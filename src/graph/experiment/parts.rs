//! Components without inner graphs: datasets, transforms, losses, metrics, optimizers, schedules, figures, trackers.

use super::desk::{Desk, at_entry, at_value, no_such};
use super::fields::unknown_key;
use crate::config::{Item, Table, Value};
use crate::diagnostic::Diagnostic;
use crate::graph::plan::Component;
use crate::graph::settings::{Scope, complete};
use crate::registry::{Entry, InputEdges, Make};

/// A component and how it was chosen.
pub struct Part<'a> {
    pub entry: &'a Entry,
    pub component: Component,
}

/// The name a component's value gives: text, or a table's `use`.
pub fn used(item: &Item) -> Option<&Item> {
    match &item.value {
        Value::Text(_) => Some(item),
        Value::Table(table) => table.get("use"),
        _ => None,
    }
}

/// Looks the component up in `family` and checks its settings; `own` are the keys that the place itself reads.
pub fn part<'a>(desk: &Desk<'a>, family: &str, item: &Item, path: &str, own: &[&str]) -> Option<Part<'a>> {
    let entry = entry(desk, family, item, path)?;
    let table: Table = match &item.value {
        Value::Table(table) => {
            let theirs = table.iter().filter(|(k, _)| *k != "use" && !own.contains(&k.as_str()));
            theirs.map(|(k, v)| (k.clone(), v.clone())).collect()
        }
        _ => Table::new(),
    };
    let table = without_misspelt(desk, entry, table, own);
    let at = item.entry_place();
    let owner = entry.card.name;
    let like = |_: &Item, _: &mut Vec<Diagnostic>| None;
    let scope = Scope { library: desk.library, owner, word: "setting", at: at.as_ref(), like: &like };
    let settings = desk.gather(|problems| complete(&table, &entry.card.settings, &scope, problems))?.settings;
    let component = Component { family: family.into(), name: entry.card.name.into(), settings };
    Some(Part { entry, component })
}

/// A part that is of no wire, a tracker or a launcher: what its settings say together is checked too.
pub fn settled(desk: &Desk, family: &str, item: &Item, path: &str, own: &[&str]) -> Option<Component> {
    let part = part(desk, family, item, path, own)?;
    if let Make::Measure(check) = part.entry.make
        && let Err(wrong) = check(&part.component.settings, &InputEdges::default())
    {
        problem(desk, item, &wrong);
        return None;
    }
    Some(part.component)
}

/// Reports keys that are near to one that the place itself reads; the rest is held against the card.
fn without_misspelt(desk: &Desk, entry: &Entry, table: Table, own: &[&str]) -> Table {
    let settings: Vec<&str> = entry.card.settings.iter().map(|s| s.name.as_str()).collect();
    let misspelt = |key: &str| {
        let near = || crate::diagnostic::nearest(key, own.iter().chain(&settings).copied());
        !settings.contains(&key) && near().is_some_and(|n| own.contains(&n))
    };
    let (wrong, right): (Table, Table) = table.into_iter().partition(|(key, _)| misspelt(key));
    wrong.iter().for_each(|(key, value)| desk.report(unknown_key("key", key, value, own)));
    right
}

fn entry<'a>(desk: &Desk<'a>, family: &str, item: &Item, path: &str) -> Option<&'a Entry> {
    let Some(name_item) = used(item) else {
        desk.report(missing_use(item, family, path));
        return None;
    };
    let Some(name) = name_item.as_text() else {
        desk.report(name_item.expected("text"));
        return None;
    };
    let catalogue = desk.library.catalogue;
    let found = catalogue.get(family, name);
    if found.is_none() {
        let mut problem = no_such(family, name, name_item, catalogue.family(family).map(|e| e.card.name));
        if let Some(other) = catalogue.entries().iter().find(|e| e.card.name == name) {
            problem = problem.with_help(format!("`{name}` is of the family `{}`", other.card.family));
        }
        desk.report(problem);
    }
    found
}

fn missing_use(item: &Item, family: &str, path: &str) -> Diagnostic {
    match &item.value {
        Value::Table(_) => at_entry(format!("`{path}` has no `use`"), item, "expected `use`"),
        _ => item.expected(&format!("the name of a component of family `{family}`, or a table with `use`")),
    }
}

/// A component that nobody wrote, with its defaults.
pub fn default_part(desk: &Desk, family: &str, name: &str) -> Component {
    let written = |key: &str, text: &str| {
        let inner = Item { value: Value::Text(text.into()), ..Item::default() };
        Item { value: Value::Table(Table::from([(key.to_string(), inner)])), ..Item::default() }
    };
    let fallback = || Component { family: family.into(), name: name.into(), settings: Default::default() };
    if desk.library.catalogue.get(family, name).is_none() {
        return fallback();
    }
    part(desk, family, &written("use", name), name, &[]).map_or_else(fallback, |p| p.component)
}

/// The slot `key`'s component, or the default where the key is absent.
pub fn part_or(desk: &Desk, item: Option<&Item>, family: &str, default: &str, path: &str) -> Component {
    match item {
        None => default_part(desk, family, default),
        Some(item) => part(desk, family, item, path, &[]).map_or_else(
            || Component { family: family.into(), name: default.into(), settings: Default::default() },
            |p| p.component,
        ),
    }
}

/// One component laid over a default of the same family: settings merge where both name the same component.
pub fn over(below: Option<&Item>, above: Option<&Item>) -> Option<Item> {
    let (Some(below), Some(above)) = (below, above) else { return above.or(below).cloned() };
    let name = |item: &Item| used(item).and_then(Item::as_text).map(str::to_string);
    let (Value::Table(over), true) = (&above.value, name(above).is_none_or(|n| Some(n) == name(below))) else {
        return Some(above.clone());
    };
    let mut merged = match &below.value {
        Value::Table(table) => table.clone(),
        _ => Table::from([("use".to_string(), below.clone())]),
    };
    merged.extend(over.iter().map(|(k, v)| (k.clone(), v.clone())));
    Some(Item { value: Value::Table(merged), origin: above.origin.clone(), history: above.history.clone() })
}

/// A component's problem, at the setting or the entry that it speaks of.
pub fn problem(desk: &Desk, item: &Item, problem: &crate::registry::Problem) {
    let setting = problem.setting.as_ref().and_then(|name| item.as_table()?.get(name));
    let diagnostic = match setting {
        Some(setting) => at_value(problem.message.clone(), setting, ""),
        None => at_entry(problem.message.clone(), item, ""),
    };
    desk.report(problem.help.iter().fold(diagnostic, |d, help| d.with_help(help.clone())));
}
