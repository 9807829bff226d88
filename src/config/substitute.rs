//! `$name`: settings of the merged file, put where they are used.

use super::tree::{Item, Table, Value};
use crate::diagnostic::{Diagnostic, nearest};

/// Replaces every text `"$name"` by the setting of that name. The new item stands where the setting's value was
/// decided (errors point there) and its history holds the use first, then the setting's own steps.
///
/// Settings may use settings; a circle and an unknown name are errors.
pub fn substitute(tree: &mut Item) -> Vec<Diagnostic> {
    let settings = tree.get(&["settings"]).and_then(Item::as_table).cloned().unwrap_or_default();
    let mut walk = Walk { settings: &settings, open: vec![], problems: vec![] };
    if let Value::Table(table) = &mut tree.value {
        for (name, item) in table.iter_mut() {
            // A variant's or an axis's `$` is read in the cell that it belongs to.
            if name != "study" {
                walk.item(item);
            }
        }
    }
    walk.problems
}

struct Walk<'a> {
    settings: &'a Table,
    open: Vec<String>,
    problems: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn item(&mut self, item: &mut Item) {
        match &mut item.value {
            Value::Table(table) if !is_concerned(table) => {}
            Value::Table(table) => {
                table.values_mut().for_each(|inner| self.item(inner));
                open_component(table);
            }
            Value::Array(items) => items.iter_mut().for_each(|inner| self.item(inner)),
            Value::Text(text) => {
                if let Some(name) = text.strip_prefix('$') {
                    let name = name.to_string();
                    self.replace(item, &name);
                }
            }
            _ => {}
        }
    }

    fn replace(&mut self, item: &mut Item, name: &str) {
        let Some(setting) = self.settings.get(name) else {
            self.problems.push(self.unknown(item, name));
            return;
        };
        if self.open.iter().any(|open| open == name) {
            let circle = self.open.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(" -> ");
            let problem = Diagnostic::error(format!("setting `{name}` feeds itself: {circle}"));
            self.problems.extend(item.place().map(|place| problem.at(place, "")));
            return;
        }
        let mut found = setting.clone();
        self.open.push(name.to_string());
        self.item(&mut found);
        self.open.pop();
        let steps = |item: &Item| if item.history.is_empty() { vec![item.step()] } else { item.history.to_vec() };
        found.history = [steps(item), steps(&found)].concat().into();
        found.origin.key = item.origin.key.take();
        *item = found;
    }

    fn unknown(&self, item: &Item, name: &str) -> Diagnostic {
        let known: Vec<&str> = self.settings.keys().map(String::as_str).collect();
        let mut problem = Diagnostic::error(format!("no setting is called `{name}`"));
        if let Some(near) = nearest(name, known.iter().copied()) {
            problem.message += &format!(", did you mean `{near}`");
        }
        if let Some(place) = item.place() {
            problem = problem.at(place, "");
        }
        match known.is_empty() {
            true => problem.with_help(format!("write `{name} = ..` under `[settings]`")),
            false => problem.with_note("known", known.join(", ")),
        }
    }
}

/// Whether there is anything to put in; a table without is left as it is, so that it stays shared.
fn is_concerned(table: &Table) -> bool {
    holds_component(table) || table.values().any(concerned)
}

fn concerned(item: &Item) -> bool {
    match &item.value {
        Value::Text(text) => text.starts_with('$'),
        Value::Array(items) => items.iter().any(concerned),
        Value::Table(table) => is_concerned(table),
        _ => false,
    }
}

fn holds_component(table: &Table) -> bool {
    table.get("use").is_some_and(|item| item.as_table().is_some_and(|inner| inner.contains_key("use")))
}

/// `{ use = "$gate" }` where the setting is a component with settings of its own: they come along, beneath those that
/// stand beside the `use`.
fn open_component(table: &mut Table) {
    if !holds_component(table) {
        return;
    }
    let Some(Item { value: Value::Table(mut opened), .. }) = table.shift_remove("use") else { return };
    opened.extend(std::mem::take(table));
    *table = opened;
}
