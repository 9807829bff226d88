//! Tables of settings held against schemas (`&[Setting]`): unknown names, types, bounds, choices, slots, dims.
//!
//! The same walk serves components, and the language's own tables (`[train]`, `[evaluate]`, ..) with schemas made by
//! [`required`], [`optional`] and [`default`] or by `registry::settings!`.

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
    _table: &Table,
    _schema: &[Setting],
    _scope: &Scope<'_>,
    _problems: &mut Vec<Diagnostic>,
) -> Option<Completed> {
    None
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

/// "expected a number, found text `"0.5"`", at the value.
pub fn expected(item: &Item, what: &str) -> Diagnostic {
    let found = match &item.value {
        Value::Boolean(b) => format!("a boolean `{b}`"),
        Value::Integer(i) => format!("an integer `{i}`"),
        Value::Float(x) => format!("a number `{x}`"),
        Value::Text(s) => format!("text `{s:?}`"),
        Value::Array(_) => "an array".to_string(),
        Value::Table(_) => "a table".to_string(),
    };
    let diagnostic = Diagnostic::error(format!("expected {what}, found {found}"));
    match item.place() {
        Some(place) => diagnostic.at(place, format!("expected {what}")),
        None => diagnostic,
    }
}
