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
        Item { value, origin, history: Default::default() }
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
        Some((what, expected)) => (what, expected),
        None => (message.as_str(), ""),
    };
    let written = source.text.get(span.clone()).unwrap_or_default().to_string();
    let header = source
        .text
        .get(..span.start)
        .and_then(|before| before.rsplit('\n').next())
        .is_some_and(|before| before.trim_start().starts_with('['));
    let place = Place { source: source.clone(), span };
    let (phrase, label, help) = plain_words(what, expected, &written, header);
    let diagnostic = Diagnostic::error(format!("`{}` is not TOML: {phrase}", source.name)).at(&place, label);
    help.iter().fold(diagnostic, |diagnostic, help| diagnostic.with_help(*help))
}

/// The parser's terms in those of someone who writes a file: phrase, label, help.
fn plain_words(what: &str, expected: &str, written: &str, header: bool) -> (String, String, Option<&'static str>) {
    let said = |phrase: &str, label: &str, help| (phrase.to_string(), label.to_string(), help);
    match (what, expected) {
        ("duplicate key", _) if header => {
            said("a table is opened twice", "", Some("write its keys under one header, or another name"))
        }
        ("duplicate key", _) => {
            said("a key is written twice", "", Some("a key is written once in a file; delete one of the two lines"))
        }
        ("invalid basic string" | "invalid literal string", "`\"`" | "`'`") => {
            said("a text has no closing quote", &format!("expected {expected}"), None)
        }
        ("string values must be quoted", _) if written.is_empty() => {
            said("a value is missing", "expected a value after `=`", None)
        }
        ("string values must be quoted", _) => {
            said("text must stand in quotes", &format!("write `\"{written}\"`"), None)
        }
        (_, "newline, `#`") => said(what, "expected the end of the line", None),
        (_, "" | "nothing") => said(what, "", None),
        _ => said(what, &format!("expected {expected}"), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a text, and the line of its mark.
    fn error(text: &str) -> (String, String) {
        let source = Arc::new(Source { name: "x.toml".to_string(), text: text.to_string() });
        let error = parse(&source, &Layer::File).expect_err(text);
        let message = error.message.trim_start_matches("`x.toml` is not TOML: ").to_string();
        let line = error.marks.first().map_or(0, |mark| mark.place.line_column().0);
        (message, format!("{line}: {}", error.marks.first().map_or("", |mark| &mark.label)))
    }

    #[test]
    fn syntax_errors_are_said_in_plain_words() {
        let cases = [
            ("a = \"x\nb = 1\n", "a text has no closing quote", "1: expected `\"`"),
            ("b = 1\na = \n", "a value is missing", "2: expected a value after `=`"),
            ("a = plain\n", "text must stand in quotes", "1: write `\"plain\"`"),
            ("[nodes.a\nb = 1\n", "unclosed table", "1: expected `]`"),
            ("a 1\n", "key with no value", "1: expected `=`"),
            ("a = 1 b = 2\n", "unexpected key or value", "1: expected the end of the line"),
            ("a.b = 1\na = 2\n", "a key is written twice", "2: "),
            ("[a]\nb = 1\n[a]\nc = 2\n", "a table is opened twice", "3: "),
            ("a = 01\n", "unexpected leading zero", "1: "),
        ];
        for (text, message, mark) in cases {
            assert_eq!(error(text), (message.to_string(), mark.to_string()), "{text}");
        }
    }

    #[test]
    fn keys_and_values_keep_their_places() {
        let text = "[nodes.g]\nin.map = { a = [1, 2] }\n";
        let source = Arc::new(Source { name: "x.toml".to_string(), text: text.to_string() });
        let tree = parse(&source, &Layer::File).expect("TOML");
        let of = |place: Option<Place>| place.map(|p| text[p.span].to_string());
        let map = tree.get(&["nodes", "g", "in", "map"]).expect("the map");
        assert_eq!(of(map.key_place().cloned()).as_deref(), Some("map"));
        assert_eq!(of(map.entry_place()).as_deref(), Some("in.map"));
        assert_eq!(of(map.place().cloned()).as_deref(), Some("{ a = [1, 2] }"));
        let inner = map.get(&["a"]).expect("a");
        assert_eq!(of(inner.entry_place()).as_deref(), Some("a"));
        assert_eq!(of(inner.as_array().and_then(|a| a[1].place().cloned())).as_deref(), Some("2"));
        let node = tree.get(&["nodes", "g"]).expect("the node");
        assert_eq!(of(node.entry_place()).as_deref(), Some("[nodes.g]"));
    }
}
