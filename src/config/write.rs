//! A tree written back: as TOML for people, as JSON for hashing.

use super::files::FORMAT;
use super::tree::{Item, Layer, Origin, Table, Value};

/// An experiment's tree as a file of its own, with the origin of each value as a trailing comment.
pub fn to_toml(tree: &Item) -> String {
    let mut lines = vec![format!("format = {FORMAT}")];
    if let Some(table) = tree.as_table() {
        section(table, &mut vec![], &mut lines);
    }
    lines.join("\n") + "\n"
}

/// Values first, then a `[header]` for each table of entries.
fn section(table: &Table, path: &mut Vec<String>, lines: &mut Vec<String>) {
    let (tables, values): (Vec<_>, Vec<_>) = table.iter().partition(|(_, item)| is_section(item, path));
    if !path.is_empty() && (!values.is_empty() || tables.is_empty()) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!("[{}]", path.join(".")));
    }
    for (name, item) in values {
        value(&key(name), item, lines);
    }
    for (name, item) in tables {
        path.push(key(name));
        if let Some(inner) = item.as_table() {
            section(inner, path, lines);
        }
        path.pop();
    }
}

/// The top's tables and their entries (`[nodes.generator]`, `[report.tables.quality]`) have headers.
fn is_section(item: &Item, path: &[String]) -> bool {
    let depth = if path.first().is_some_and(|top| top == "report") { 3 } else { 2 };
    item.as_table().is_some() && path.len() < depth
}

/// One line for a value; for what lies in a table a dotted key each, since each may come from somewhere else.
pub(super) fn value(name: &str, item: &Item, lines: &mut Vec<String>) {
    match item.as_table() {
        Some(table) if !table.is_empty() => {
            table.iter().for_each(|(inner, item)| value(&format!("{name}.{}", key(inner)), item, lines));
        }
        _ => lines.push(format!("{name} = {}  # {}", inline(item), describe(&item.origin))),
    }
}

/// Where a value comes from, in a few words: `experiments/mine.toml:9`, `--set`, `default`.
pub fn describe(origin: &Origin) -> String {
    let layer = match &origin.layer {
        Layer::Variant(name) => Some(format!("variant {name}")),
        Layer::Axis(name) => Some(format!("axis {name}")),
        _ => None,
    };
    match (written_at(origin), layer) {
        (Some(at), Some(layer)) => format!("{at} ({layer})"),
        (Some(at), None) => at,
        (None, Some(layer)) => layer,
        (None, None) => "default".to_string(),
    }
}

/// File and line, or the flag or variable, which are one line.
pub(super) fn written_at(origin: &Origin) -> Option<String> {
    let place = origin.place.as_ref()?;
    Some(match origin.layer {
        Layer::Environment | Layer::CommandLine => place.source.name.clone(),
        _ => format!("{}:{}", place.source.name, place.line_column().0),
    })
}

/// A value on one line of TOML.
pub fn inline(item: &Item) -> String {
    match &item.value {
        Value::Boolean(v) => v.to_string(),
        Value::Integer(v) => v.to_string(),
        Value::Float(v) => toml_edit::Value::from(*v).to_string().trim().to_string(),
        Value::Text(v) => toml_edit::Value::from(v.as_str()).to_string().trim().to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Table(table) if table.is_empty() => "{}".to_string(),
        Value::Table(table) => {
            let entries = table.iter().map(|(name, inner)| format!("{} = {}", key(name), inline(inner)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A key, in quotes where it is not bare.
pub fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { name.to_string() } else { toml_edit::Value::from(name).to_string().trim().to_string() }
}

/// The values alone, keys sorted: equal exactly where two trees say the same, whoever wrote them in which order.
/// A float that is whole stays a float.
pub fn canonical(item: &Item) -> serde_json::Value {
    match &item.value {
        Value::Boolean(v) => (*v).into(),
        Value::Integer(v) => (*v).into(),
        Value::Float(v) => serde_json::Number::from_f64(*v).map_or_else(|| v.to_string().into(), Into::into),
        Value::Text(v) => v.as_str().into(),
        Value::Array(items) => items.iter().map(canonical).collect(),
        Value::Table(table) => {
            let sorted: std::collections::BTreeMap<_, _> = table.iter().collect();
            serde_json::Value::Object(sorted.into_iter().map(|(k, v)| (k.clone(), canonical(v))).collect())
        }
    }
}
