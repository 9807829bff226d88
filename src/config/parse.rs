//! One TOML text to a tree with the place of every key and value (toml_edit keeps the spans).

use super::tree::{Item, Layer, Origin, Table, Value};
use crate::diagnostic::{Diagnostic, Place, Source};
use std::ops::Range;
use std::sync::Arc;
use toml_edit::{Document, TableLike};

/// A file's tree. Fails with its first syntax error: what follows one is guesswork.
pub fn parse(source: &Arc<Source>, layer: &Layer) -> Result<Item, Diagnostic> {
    let document = Document::parse(source.text.as_str()).map_err(|e| syntax_error(source, &e))?;
    let reader = Reader { source, layer };
    Ok(reader.item(reader.table(document.as_table()), Some(0..0), None))
}

/// The value at `at` of a `path=value` text, or `None` where it is not TOML. Spans are those of the whole text.
pub fn parse_value(source: &Arc<Source>, at: usize, layer: &Layer) -> Option<Item> {
    let padded = format!("v{}={}", " ".repeat(at.checked_sub(2)?), source.text.get(at..)?);
    let document = Document::parse(padded.as_str()).ok()?;
    let table = document.as_table();
    let value = table.get("v").filter(|_| table.len() == 1)?.as_value()?;
    Some(Reader { source, layer }.value(value, None))
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    layer: &'a Layer,
}

impl Reader<'_> {
    fn place(&self, span: Range<usize>) -> Place {
        Place { source: self.source.clone(), span }
    }

    /// `span` is missing for tables that only dotted keys or longer headers imply: their key stands for them.
    fn item(&self, value: Value, span: Option<Range<usize>>, key: Option<Range<usize>>) -> Item {
        let place = span.or(key.clone()).map(|s| self.place(s));
        let origin = Origin { layer: self.layer.clone(), place, key: key.map(|k| self.place(k)) };
        Item { value, origin, history: vec![] }
    }

    fn table(&self, table: &dyn TableLike) -> Value {
        let entries = table.iter().map(|(name, item)| {
            let key = table.get_key_value(name).and_then(|(key, _)| key.span());
            (name.to_string(), self.entry(item, key))
        });
        Value::Table(entries.collect::<Table>())
    }

    fn entry(&self, item: &toml_edit::Item, key: Option<Range<usize>>) -> Item {
        match item {
            toml_edit::Item::Value(value) => self.value(value, key),
            toml_edit::Item::Table(table) => self.item(self.table(table), table.span(), key),
            toml_edit::Item::ArrayOfTables(tables) => {
                let items = tables.iter().map(|t| self.item(self.table(t), t.span(), None)).collect();
                self.item(Value::Array(items), tables.span(), key)
            }
            toml_edit::Item::None => self.item(Value::Table(Table::new()), None, key),
        }
    }

    fn value(&self, value: &toml_edit::Value, key: Option<Range<usize>>) -> Item {
        use toml_edit::Value as V;
        let read = match value {
            V::String(s) => Value::Text(s.value().clone()),
            V::Integer(i) => Value::Integer(*i.value()),
            V::Float(f) => Value::Float(*f.value()),
            V::Boolean(b) => Value::Boolean(*b.value()),
            V::Datetime(d) => Value::Text(d.value().to_string()),
            V::Array(a) => Value::Array(a.iter().map(|v| self.value(v, None)).collect()),
            V::InlineTable(t) => self.table(t),
        };
        self.item(read, value.span(), key)
    }
}

fn syntax_error(source: &Arc<Source>, error: &toml_edit::TomlError) -> Diagnostic {
    let end = source.text.len();
    let span = error.span().map_or(end..end, |s| s.start.min(end)..s.end.min(end));
    let message = error.message().to_lowercase().replace('\n', ", ");
    let (what, expected) = match message.split_once(", expected ") {
        Some((what, expected)) => (what, format!("expected {expected}")),
        None => (message.as_str(), String::new()),
    };
    let place = Place { source: source.clone(), span };
    let diagnostic = Diagnostic::error(format!("`{}` is not TOML: {what}", source.name)).at(&place, expected);
    match what {
        "duplicate key" => diagnostic.with_help("a key is written once in a file; delete one of the two lines"),
        w if w.contains("string") => diagnostic.with_help("text stands in quotes: key = \"text\""),
        _ => diagnostic,
    }
}
