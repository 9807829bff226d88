//! JSON Schema of the language with everything in the registry, for editors.
//!
//! Draft-07, of which no more is used than Taplo and Tombi read. A table whose `use` decides what else it may hold names
//! all keys of its family (both editors complete and explain those) and narrows them by `if` and `then`.

mod members;
mod study;
mod training;
mod words;

use crate::config::TOP_KEYS;
use crate::graph::layout::LAYOUTS;
use crate::graph::library::Library;
use members::{PLAIN, family, node};
use serde_json::{Map, Value, json};
use words::{closed, integer, list, table_of, text, texts};

/// A file with `doc` is a composite, any other an experiment.
pub fn schema(library: &Library) -> Value {
    let mut definitions = Map::new();
    let mut define = |name: &str, value: Value| definitions.insert(name.into(), value);
    define(
        "given",
        json!({
            "type": "string", "pattern": "^\\$[a-z]", "description": "The value of a setting of this file.",
        }),
    );
    define("wires", words::wires());
    define("span", words::span());
    define("nodes", table_of("node", node(library)));
    define("weights", words::weights());
    for (name, value) in members::cards(library) {
        define(&name, value);
    }
    for name in library.families() {
        define(&format!("{name}-component"), family(library, name));
    }
    for (key, value) in words::tables(library) {
        define(key, value);
    }
    let (composite, experiment) = (composite(library), experiment());
    // Said once more in full: Tombi allows in a table what the narrowest description of it names.
    let narrowed = |of: &Map<String, Value>| json!({ "properties": of, "additionalProperties": false });
    let mut properties = composite.clone();
    properties.extend(experiment.clone());
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "ablate, format 1",
        "type": "object",
        "required": ["format"],
        "properties": properties,
        "additionalProperties": false,
        "if": { "required": ["doc"], "additionalProperties": true },
        "then": narrowed(&composite),
        "else": narrowed(&experiment),
        "definitions": definitions,
    })
}

/// Definition of a name.
fn defined(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

/// The layouts, each with what it is.
pub(super) fn layouts_text() -> String {
    let all: Vec<String> = LAYOUTS.iter().map(|l| format!("`{}`, {}", l.name, l.doc)).collect();
    format!("Whose names the file has. {}.", all.join("; "))
}

fn format() -> Value {
    json!({ "const": crate::config::FORMAT, "description": "Version of the language." })
}

fn composite(library: &Library) -> Map<String, Value> {
    let types = ["image", "map", "mask", "grid", "vector", "coefficients", "landmarks", "label", "scalar", "any"];
    let ty = |doc: &str| json!({ "enum": types, "description": doc });
    let optional = json!({ "type": "boolean", "default": false, "description": "Whether it may be absent." });
    let kinds = [
        "integer", "number", "boolean", "text", "choice", "dim", "padding", "kernel", "integers", "numbers", "texts",
        "file", "table", "span",
    ];
    let families: Vec<&str> = library.families().into_iter().filter(|f| !PLAIN.contains(f)).collect();
    let bound = |doc: &str| json!({ "type": "number", "description": doc });
    let inputs = closed(&[
        ("type", ty("What the port takes.")),
        ("list", json!({ "type": "boolean", "default": false, "description": "A list of its type." })),
        ("optional", optional.clone()),
        ("doc", text("What it is.")),
    ]);
    let mut settings = closed(&[
        ("default", json!({ "description": "Without one, the setting is required." })),
        ("type", json!({ "enum": kinds, "description": "The default's, where it is not written." })),
        ("family", json!({ "enum": families, "description": "It takes a component of this family." })),
        ("of", list(json!({}), "The allowed values.")),
        ("min", bound("Smallest value.")),
        ("max", bound("Largest value.")),
        ("above", bound("It is larger than this.")),
        ("below", bound("It is smaller than this.")),
        ("length", integer(0, None, "Length of an array.")),
        ("doc", text("What it is.")),
    ]);
    settings["allOf"] = members::defaults(library).into();
    let outputs = closed(&[
        ("from", json!({ "allOf": [defined("wires")], "description": "The wire, or wires, that it is." })),
        ("type", ty("What the last activation guarantees; found where it is not written.")),
        ("optional", optional),
        ("doc", text("What it is.")),
    ]);
    let all = [
        ("format", format()),
        ("doc", text("What it is, in a sentence.")),
        ("paper", text("A key of `registry/papers.toml`.")),
        ("in", table_of("port", inputs)),
        ("settings", table_of("setting", settings)),
        ("nodes", defined("nodes")),
        ("out", table_of("port", outputs)),
    ];
    all.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
}

/// Keys of an experiment that a variant may have too, described alike.
fn shared() -> impl Iterator<Item = &'static str> {
    const OWN: [&str; 7] = ["format", "title", "question", "paper", "partial", "extends", "study"];
    TOP_KEYS.into_iter().filter(|key| !OWN.contains(key))
}

fn experiment() -> Map<String, Value> {
    let mut properties = Map::new();
    let mut put = |key: &str, value: Value| properties.insert(key.into(), value);
    put("format", format());
    put("title", text("For the page."));
    put("question", text("What is asked; for the page."));
    put("paper", text("A key of `registry/papers.toml`."));
    put("partial", json!({ "type": "boolean", "default": false, "description": "May only be extended." }));
    put("extends", texts("Files that lie beneath, the last uppermost."));
    for key in shared() {
        put(key, defined(key));
    }
    put("study", defined("study"));
    properties
}

/// What lies over the file in one variant.
fn variant() -> Value {
    let mut properties = Map::new();
    properties.insert("title".into(), text("The row's label."));
    properties.insert("question".into(), text("Of the file that it extends."));
    properties.insert("paper".into(), text("Of the file that it extends."));
    properties.insert("extends".into(), texts("Files that the variant starts from."));
    properties.extend(shared().map(|key| (key.to_string(), defined(key))));
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}
