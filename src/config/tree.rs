//! The merged file: values that know where they come from. The cells of a study are trees that differ in a few values,
//! so that what is large is shared until it is changed: a copy of a tree costs next to nothing.

mod shared;

pub use shared::{History, Table};

use crate::diagnostic::{Diagnostic, Place};
use std::sync::Arc;

/// Which layer a value was written in, lowest first (language.md, section 9).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// A component's or the language's default.
    Default,
    /// A file that lies beneath (through `extends`, the file's own or the variant's), by its printed name.
    Extends(Arc<str>),
    File,
    /// Keys of `[study.variants.NAME]`.
    Variant(Arc<str>),
    /// A value of `[study.axes.NAME]`.
    Axis(Arc<str>),
    /// `ABLATE_..`.
    Environment,
    /// `--set`, `--seed`, `--device`, ...
    CommandLine,
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub layer: Layer,
    /// The value's place; `None` for defaults.
    pub place: Option<Place>,
    /// The key's place, if it has one of its own.
    pub key: Option<Place>,
}

/// One step of the chain that `explain` prints.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub origin: Origin,
    /// The value as written there, on one line.
    pub text: String,
    /// Said when a change of `use` dropped it: "dropped: `epsilon` was for `fast-normalized`".
    pub dropped: Option<String>,
}

/// A value with its origin and the steps that led to it, the last one that drops nothing being in force. Elements of
/// arrays, tables that only a `[header]` opens, and trees that were parsed but not merged have no steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub value: Value,
    pub origin: Origin,
    pub history: History,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Array(Vec<Item>),
    Table(Table),
}

impl Default for Item {
    /// An empty table that nobody wrote.
    fn default() -> Self {
        let origin = Origin { layer: Layer::Default, place: None, key: None };
        Item { value: Value::Table(Table::new()), origin, history: History::default() }
    }
}

impl Item {
    /// The value as written, on one line; of a table under a header, the header.
    pub fn written(&self) -> String {
        // What a search drew stands where the key stands.
        let own = self.place().filter(|place| self.origin.key.as_ref() != Some(*place));
        let text = own.and_then(|p| p.source.text.get(p.span.clone())).unwrap_or_default();
        if text.is_empty() { super::write::inline(self) } else { text.split_whitespace().collect::<Vec<_>>().join(" ") }
    }

    /// The whole key as written, `in.prediction` rather than `prediction`, or `[updates.sampler]`: where a mark goes
    /// that speaks of the entry.
    pub fn entry_place(&self) -> Option<Place> {
        let place = self.key_place()?;
        let text = &place.source.text;
        let line = text[..place.span.start].rfind('\n').map_or(0, |i| i + 1);
        let before = &text[line..place.span.start];
        if before.trim_start().starts_with('[') && !before.contains('=') {
            let end = text[place.span.end..].find(']').map_or(place.span.end, |i| place.span.end + i + 1);
            let start = line + (before.len() - before.trim_start().len());
            return Some(Place { source: place.source.clone(), span: start..end });
        }
        let part = before.rfind(['{', ',']).map_or(before, |i| &before[i + 1..]);
        let dotted = part.trim_end().ends_with('.');
        let written = if dotted { part.trim_start().len() } else { 0 };
        Some(Place { source: place.source.clone(), span: place.span.start - written..place.span.end })
    }

    /// The step that says only that this was written here.
    pub(super) fn step(&self) -> Step {
        Step { origin: self.origin.clone(), text: self.written(), dropped: None }
    }

    /// `"x"` becomes `{ use = "x" }`, both standing where the text stood.
    pub(super) fn wrap_in_use(&mut self) {
        self.value = Value::Table(Table::from([("use".to_string(), self.clone())]));
    }

    pub fn place(&self) -> Option<&Place> {
        self.origin.place.as_ref()
    }

    /// The key's place if there is one, else the value's: where an error about the entry itself points.
    pub fn key_place(&self) -> Option<&Place> {
        self.origin.key.as_ref().or(self.origin.place.as_ref())
    }

    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(s) => Some(s),
            _ => None,
        }
    }

    pub fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(t) => Some(t),
            _ => None,
        }
    }

    pub fn as_array(&self) -> Option<&[Item]> {
        match &self.value {
            Value::Array(a) => Some(a),
            _ => None,
        }
    }

    /// The entry at a dotted path of plain keys.
    pub fn get(&self, path: &[&str]) -> Option<&Item> {
        path.iter().try_fold(self, |item, key| item.as_table()?.get(*key))
    }

    /// The error of a value of the wrong type: "expected a number, found text `"0.5"`".
    pub fn expected(&self, what: &str) -> Diagnostic {
        let found = match &self.value {
            Value::Table(_) | Value::Array(_) => self.type_name().to_string(),
            _ => format!("{} `{}`", self.type_name(), super::write::inline(self)),
        };
        let diagnostic = Diagnostic::error(format!("expected {what}, found {found}"));
        match self.place() {
            Some(place) => diagnostic.at(place, format!("expected {what}")),
            None => diagnostic,
        }
    }

    /// "text", "an integer", ... as messages name it.
    pub fn type_name(&self) -> &'static str {
        match self.value {
            Value::Boolean(_) => "a boolean",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Text(_) => "text",
            Value::Array(_) => "an array",
            Value::Table(_) => "a table",
        }
    }
}
