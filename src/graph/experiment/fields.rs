//! Reading the language's own tables: known keys, types, ranges, defaults.

use super::desk::{Desk, at_entry, at_value};
pub use crate::config::unknown_key;
use crate::config::{Item, Table, Value};
use crate::diagnostic::{nearest, or_list};
use crate::graph::plan::Span;
use crate::graph::wire;

static EMPTY: std::sync::LazyLock<Table> = std::sync::LazyLock::new(Table::new);

/// One table of the language. Getters report what is wrong and give the default, so that reading goes on.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    pub desk: &'a Desk<'a>,
    pub table: &'a Table,
    /// The table itself, for errors about the whole; `None` where it was not written.
    pub item: Option<&'a Item>,
}

impl<'a> Fields<'a> {
    /// The table at `path`, whose keys must be among `known`.
    pub fn closed(desk: &'a Desk<'a>, item: Option<&'a Item>, known: &[&str]) -> Self {
        let fields = Self::open(desk, item);
        for (key, value) in fields.table {
            if !known.contains(&key.as_str()) {
                desk.report(unknown_key("key", key, value, known));
            }
        }
        fields
    }

    /// A table whose other keys someone else looks at.
    pub fn open(desk: &'a Desk<'a>, item: Option<&'a Item>) -> Self {
        let table = item.and_then(|item| {
            if item.as_table().is_none() {
                desk.report(item.expected("a table"));
            }
            item.as_table()
        });
        Fields { desk, table: table.unwrap_or(&EMPTY), item }
    }

    pub fn get(&self, key: &str) -> Option<&'a Item> {
        self.table.get(key)
    }

    fn read<T>(&self, key: &str, what: &str, read: impl Fn(&'a Item) -> Option<T>) -> Option<T> {
        let item = self.get(key)?;
        let value = read(item);
        if value.is_none() {
            self.desk.report(item.expected(what));
        }
        value
    }

    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.read(key, "text", Item::as_text)
    }

    pub fn boolean(&self, key: &str, default: bool) -> bool {
        let read = |item: &Item| if let Value::Boolean(v) = item.value { Some(v) } else { None };
        self.read(key, "true or false", read).unwrap_or(default)
    }

    /// A count of at least `min`.
    pub fn integer(&self, key: &str, min: i64) -> Option<u64> {
        self.integer_within(key, min, LARGEST)
    }

    /// An integer from `min` to `max`.
    pub fn integer_within(&self, key: &str, min: i64, max: i64) -> Option<u64> {
        let value = self.read(key, "an integer", |i| if let Value::Integer(v) = i.value { Some(v) } else { None })?;
        let bound = match value {
            _ if value < min => format!("at least {min}"),
            _ if value > max => format!("at most {max}"),
            _ => return u64::try_from(value).ok(),
        };
        let message = format!("`{key}` is {value}, expected {bound}");
        self.desk.report(at_value(message, self.get(key)?, format!("expected {bound}")));
        None
    }

    /// A length, of a step at least.
    pub fn length(&self, key: &str) -> Option<Span> {
        let span = self.span(key)?;
        let (Span::Steps(count) | Span::Epochs(count) | Span::Percent(count)) = span;
        if count > 0 {
            return Some(span);
        }
        let item = self.get(key)?;
        let message = format!("`{key}` is {}, expected at least 1 step", item.as_text().unwrap_or_default());
        self.desk.report(at_value(message, item, "no step"));
        None
    }

    /// A number, of at least `min` if there is one.
    pub fn number(&self, key: &str, min: Option<f64>) -> Option<f64> {
        let value = self.read(key, "a number", as_number)?;
        if let (Some(min), Some(item)) = (min.filter(|min| value < *min), self.get(key)) {
            let message = format!("`{key}` is {value}, expected at least {min}");
            self.desk.report(at_value(message, item, format!("expected at least {min}")));
            return None;
        }
        Some(value)
    }

    pub fn span(&self, key: &str) -> Option<Span> {
        self.get(key).and_then(|item| span(self.desk, item))
    }

    pub fn array(&self, key: &str) -> &'a [Item] {
        self.read(key, "an array", Item::as_array).unwrap_or_default()
    }

    /// The texts of an array, with their items.
    pub fn texts(&self, key: &str) -> Vec<(&'a str, &'a Item)> {
        texts(self.desk, self.array(key))
    }

    pub fn choice(&self, key: &str, of: &[&'static str]) -> Option<&'static str> {
        let text = self.text(key)?;
        let found = of.iter().find(|choice| **choice == text).copied();
        if let (None, Some(item)) = (found, self.get(key)) {
            let problem = at_value(format!("`{key}` cannot be `{text}`"), item, format!("expected {}", or_list(of)));
            self.desk.report(match nearest(text, of.iter().copied()) {
                Some(near) => problem.with_help(format!("did you mean `{near}`")),
                None => problem,
            });
        }
        found
    }

    /// A key that must be there.
    pub fn required(&self, key: &str, path: &str, example: &str) -> Option<&'a Item> {
        let found = self.get(key);
        if found.is_none() {
            let message = format!("`{key}` is missing in `{path}`");
            let problem = match self.item {
                Some(item) => at_entry(message, item, format!("expected `{key}`")),
                None => crate::diagnostic::Diagnostic::error(message),
            };
            self.desk.report(problem.with_help(format!("for example `{example}`")));
        }
        found
    }
}

/// No count is larger: batches and epochs beyond it are slips.
const LARGEST: i64 = 1_000_000;

/// A finite number.
pub fn as_number(item: &Item) -> Option<f64> {
    match item.value {
        Value::Integer(v) => Some(v as f64),
        Value::Float(v) => Some(v).filter(|v| v.is_finite()),
        _ => None,
    }
}

pub fn texts<'a>(desk: &Desk, items: &'a [Item]) -> Vec<(&'a str, &'a Item)> {
    let read = |item: &'a Item| {
        if item.as_text().is_none() {
            desk.report(item.expected("text"));
        }
        Some((item.as_text()?, item))
    };
    items.iter().filter_map(read).collect()
}

/// The numbers of an array.
pub fn numbers(desk: &Desk, items: &[Item]) -> Vec<f64> {
    let read = |item: &Item| {
        if as_number(item).is_none() {
            desk.report(item.expected("a number"));
        }
        as_number(item)
    };
    items.iter().filter_map(read).collect()
}

pub fn span(desk: &Desk, item: &Item) -> Option<Span> {
    wire::span(item).map_err(|problem| desk.report(problem)).ok()
}
