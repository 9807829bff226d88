//! The merged file: values that know where they come from.

use crate::diagnostic::Place;
use indexmap::IndexMap;

/// Which layer a value was written in, lowest first (language.md, section 9).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// A component's or the language's default.
    Default,
    /// A file that lies beneath (through `extends`, the file's own or the variant's), by its printed name.
    Extends(String),
    File,
    /// Keys of `[study.variants.NAME]`.
    Variant(String),
    /// A value of `[study.axes.NAME]`.
    Axis(String),
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

/// A value with its origin and the steps that led to it, the last being the one in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub value: Value,
    pub origin: Origin,
    pub history: Vec<Step>,
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

/// Entries in the order in which they were first written.
pub type Table = IndexMap<String, Item>;

impl Item {
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
