//! Tables of settings held against schemas.

use crate::config::{Item, Value};
use crate::diagnostic::Diagnostic;

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
