//! Tables of settings held against schemas (`&[Setting]`): unknown names, types, bounds, choices, slots, dims.
//!
//! The same walk serves components, and the language's own tables (`[train]`, `[evaluate]`, ..) with schemas made by
//! [`required`], [`optional`] and [`default`] or by `registry::settings!`.

mod slot;
mod value;
mod wording;

pub use slot::{complete_component, find, find_full};
pub use value::kind_of;

use super::library::Library;
use crate::config::{Item, Table, Value};
use crate::diagnostic::{Diagnostic, Place};
use crate::registry::{Edge, Kind, Setting, Settings};

/// Settings that passed all checks, twice: with places and as components read them.
#[derive(Clone, Debug, Default)]
pub struct Completed {
    /// Complete too: defaults filled in, dims as integers, slots as `{ use = .., complete settings }`.
    pub items: Table,
    pub settings: Settings,
}

/// What [`complete`] needs to know besides table and schema.
pub struct Scope<'a> {
    pub library: &'a Library<'a>,
    /// As messages name the owner of the settings: `generator/coupled-unet`, `[train]`.
    pub owner: &'a str,
    /// `setting` for components, `key` for the language's own tables.
    pub word: &'a str,
    /// Where an error about something missing points.
    pub at: Option<&'a Place>,
    /// The edge that a `like` names, read where it was written; errors are pushed by the callee.
    pub like: &'a dyn Fn(&Item, &mut Vec<Diagnostic>) -> Option<Edge>,
}

/// Holds a table against a schema. Gives `None` where anything was wrong, after collecting all of it.
pub fn complete(
    table: &Table,
    schema: &[Setting],
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Completed> {
    let before = problems.len();
    for (name, item) in table {
        if !schema.iter().any(|s| s.name == *name) {
            problems.push(wording::unknown(name, item, schema, scope));
        }
    }
    let (mut items, mut settings) = (Vec::with_capacity(schema.len()), Settings::with_capacity(schema.len()));
    for setting in schema {
        let default;
        let given = match (table.get(&setting.name), &setting.default) {
            (Some(item), _) => item,
            (None, Some(serde_json::Value::Null)) => continue,
            (None, Some(json)) => {
                default = item_of(json);
                &default
            }
            (None, None) => {
                problems.push(wording::missing(setting, scope));
                continue;
            }
        };
        if let Some((item, json)) = value::check(given, setting, scope, problems) {
            items.push((setting.name.clone(), item));
            settings.insert(setting.name.clone(), json);
        }
    }
    (problems.len() == before).then(|| Completed { items: items.into_iter().collect(), settings })
}

/// JSON as an item that nobody wrote.
pub fn item_of(json: &serde_json::Value) -> Item {
    use serde_json::Value as J;
    let value = match json {
        J::Null => Value::Text(String::new()),
        J::Bool(b) => Value::Boolean(*b),
        J::Number(n) => n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap_or_default()), Value::Integer),
        J::String(s) => Value::Text(s.clone()),
        J::Array(all) => Value::Array(all.iter().map(item_of).collect()),
        J::Object(map) => Value::Table(map.iter().map(|(k, v)| (k.clone(), item_of(v))).collect()),
    };
    Item { value, ..Item::default() }
}

/// An item as JSON, unchecked.
pub fn json_of(item: &Item) -> serde_json::Value {
    match &item.value {
        Value::Boolean(b) => (*b).into(),
        Value::Integer(i) => (*i).into(),
        Value::Float(x) => (*x).into(),
        Value::Text(s) => s.as_str().into(),
        Value::Array(all) => all.iter().map(json_of).collect(),
        Value::Table(table) => serde_json::Value::Object(table.iter().map(|(k, v)| (k.clone(), json_of(v))).collect()),
    }
}

/// A setting that must be written.
pub fn required(name: &str, kind: Kind) -> Setting {
    Setting { name: name.into(), doc: String::new(), kind, default: None, bounds: Default::default(), of: vec![] }
}

/// A setting that may be left out, without a value that stands for that: it is missing from the result.
pub fn optional(name: &str, kind: Kind) -> Setting {
    default(name, kind, serde_json::Value::Null)
}

/// A setting with a default.
pub fn default(name: &str, kind: Kind, value: impl Into<serde_json::Value>) -> Setting {
    Setting { default: Some(value.into()), ..required(name, kind) }
}
