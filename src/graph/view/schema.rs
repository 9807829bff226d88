//! JSON Schema of the language with everything in the registry, for editors.

use crate::graph::layout::{LAYOUTS, OURS};
use crate::graph::library::{ComponentCard, Library};
use crate::registry::{Kind, Setting};
use serde_json::{Map, Value, json};

/// Draft-07, which editors' TOML plug-ins read. A file with `doc` is a composite, any other an experiment.
pub fn schema(library: &Library) -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "ablate, format 1",
        "type": "object",
        "required": ["format"],
        "if": { "required": ["doc"] },
        "then": composite(),
        "else": experiment(library),
        "definitions": {
            "given": { "type": "string", "pattern": "^\\$[a-z]", "description": "The value of a setting of this file." },
            "nodes": entries(node(library)),
            "weights": weights(),
        },
    })
}

/// A node's `weights`.
fn weights() -> Value {
    let layouts: Vec<&str> = LAYOUTS.iter().map(|l| l.name).collect();
    let text = |description: &str| json!({ "type": "string", "description": description });
    let mut table = closed(&["variant", "seed"]);
    let properties = [
        ("file", text("A safetensors file.")),
        ("run", text("The folder of a cell.")),
        ("experiment", text("A file whose finished cell is looked for.")),
        ("layout", json!({ "enum": layouts, "default": OURS, "description": layouts_text() })),
        ("strict", json!({ "type": "boolean", "default": true, "description": STRICT })),
        ("node", text("Where in the file or the run the values are: a node, or a path inside one.")),
        ("at", json!({ "type": ["string", "array"], "description": "Paths inside the node that take the values." })),
        ("which", json!({ "enum": ["best", "last"], "default": "best" })),
    ];
    if let Some(Value::Object(all)) = table.get_mut("properties") {
        all.extend(properties.map(|(key, value)| (key.to_string(), value)));
    }
    json!({ "anyOf": [{ "const": "none" }, table], "description": "Where the values come from." })
}

/// What `strict` does.
const STRICT: &str = "Whether what is missing, unexpected or of another shape is an error.";

/// The layouts, each with what it is.
pub(super) fn layouts_text() -> String {
    let all: Vec<String> = LAYOUTS.iter().map(|l| format!("`{}`, {}", l.name, l.doc)).collect();
    format!("Whose names the file has. {}.", all.join("; "))
}

fn entries(of: Value) -> Value {
    json!({ "type": "object", "additionalProperties": of })
}

fn composite() -> Value {
    json!({
        "additionalProperties": false,
        "properties": {
            "format": { "const": 1 },
            "doc": { "type": "string" }, "paper": { "type": "string" },
            "in": entries(closed(&["type", "list", "optional", "doc"])),
            "settings": entries(closed(&[
                "default", "type", "family", "of", "min", "max", "above", "below", "length", "doc",
            ])),
            "nodes": { "$ref": "#/definitions/nodes" },
            "out": entries(closed(&["from", "type", "optional", "doc"])),
        },
    })
}

fn experiment(library: &Library) -> Value {
    json!({
        "additionalProperties": false,
        "properties": {
            "format": { "const": 1 },
            "title": { "type": "string" }, "question": { "type": "string" }, "paper": { "type": "string" },
            "partial": { "type": "boolean" },
            "extends": texts(), "registry": texts(),
            "settings": { "type": "object" },
            "datasets": entries(entry(library, "dataset", &own(&["size", "transforms", "enabled"]))),
            "nodes": { "$ref": "#/definitions/nodes" },
            "losses": entries(entry(library, "loss", &own(&[
                "in", "shares", "weight", "ramp", "detach", "hardest", "network", "discriminator", "pool",
                "discriminator-weight", "enabled",
            ]))),
            "updates": entries(closed(&[
                "learns", "losses", "optimizer", "schedule", "clip", "accumulate", "rates", "every", "times", "clamp",
                "average", "enabled",
            ])),
            "stages": entries(closed(&["length", "updates", "batch", "data", "enabled"])),
            "train": closed(&["batch", "stages", "epoch-of", "init", "optimizer", "schedule", "clip", "accumulate"]),
            "run": closed(&["seed", "device", "precision", "threads", "out", "checkpoint", "track"]),
            "evaluate": closed(&["every", "select", "weights", "norm", "dropout", "batch"]),
            "evaluations": entries(closed(&["in", "metrics", "splits", "data", "group-by", "baselines", "enabled"])),
            "predict": closed(&["feed", "write"]),
            "report": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "tables": entries(closed(&["columns", "rows", "across", "published", "caption", "enabled"])),
                    "figures": entries(entry(library, "figure", &own(&["enabled"]))),
                },
            },
            "study": study(library),
        },
    })
}

/// The launcher is a component; the rest is read by itself.
fn study(library: &Library) -> Value {
    let mut table = closed(&["seeds", "variants", "axes", "baseline", "exclude", "only", "launch", "search"]);
    if let Some(Value::Object(all)) = table.get_mut("properties") {
        all.insert("launch".into(), entry(library, "launcher", &Map::new()));
    }
    table
}

fn texts() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

/// Keys without further description.
fn own(keys: &[&str]) -> Map<String, Value> {
    keys.iter().map(|key| (key.to_string(), json!({}))).collect()
}

fn closed(keys: &[&str]) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": own(keys) })
}

/// An entry of a family: `use` decides which settings are allowed. Entries of files that only extend have no `use`.
fn entry(library: &Library, family: &str, own: &Map<String, Value>) -> Value {
    let members = library.members(family);
    let cards = members.iter().filter_map(|name| library.card(family, name));
    let cases = cards.map(|card| case(&card, &card.name, own));
    json!({
        "type": "object",
        "properties": { "use": or_given(json!({ "enum": members })) },
        "allOf": cases.collect::<Vec<_>>(),
    })
}

/// A node may be of any family and writes `family/name`.
fn node(library: &Library) -> Value {
    const PLAIN: [&str; 12] = [
        "dataset",
        "figure",
        "holes",
        "init",
        "launcher",
        "loss",
        "metric",
        "optimizer",
        "schedule",
        "tracker",
        "transform",
        "face",
    ];
    let mut own = own(&["apply", "in", "each", "repeat", "detach", "freeze", "weights", "init", "enabled"]);
    own.insert("weights".into(), json!({ "$ref": "#/definitions/weights" }));
    let families = library.families().into_iter().filter(|f| !PLAIN.contains(f));
    let cards: Vec<ComponentCard> =
        families.flat_map(|f| library.members(f).into_iter().filter_map(move |name| library.card(f, name))).collect();
    let names: Vec<String> = cards.iter().map(ComponentCard::full).collect();
    let cases: Vec<Value> = cards.iter().map(|card| case(card, &card.full(), &own)).collect();
    json!({ "type": "object", "properties": { "use": or_given(json!({ "enum": names })) }, "allOf": cases })
}

fn case(card: &ComponentCard, name: &str, own: &Map<String, Value>) -> Value {
    let mut properties = own.clone();
    properties.insert("use".into(), json!({ "const": name, "description": card.doc }));
    properties.extend(card.settings.iter().map(|s| (s.name.clone(), setting(s))));
    properties.extend(card.networks.iter().map(|n| (n.clone(), json!({ "type": "string" }))));
    json!({
        "if": { "properties": { "use": { "const": name } }, "required": ["use"] },
        "then": { "properties": properties, "additionalProperties": false },
    })
}

fn setting(setting: &Setting) -> Value {
    let mut described = Map::new();
    described.insert("description".into(), json!(setting.doc));
    if let Some(default) = setting.default.as_ref().filter(|d| !d.is_null()) {
        described.insert("default".into(), default.clone());
    }
    let mut allowed = Map::new();
    if !setting.of.is_empty() {
        allowed.insert("enum".into(), json!(setting.of));
    }
    let ty = match setting.kind {
        Kind::Integer => Some(json!("integer")),
        Kind::Number => Some(json!("number")),
        Kind::Boolean => Some(json!("boolean")),
        Kind::Text | Kind::Choice | Kind::File | Kind::Span | Kind::Wire | Kind::Column | Kind::Evaluation => {
            Some(json!("string"))
        }
        Kind::Integers | Kind::Numbers | Kind::Texts | Kind::Spans | Kind::Columns => Some(json!("array")),
        Kind::Table => Some(json!("object")),
        Kind::Slot(_) => Some(json!(["string", "object"])),
        Kind::Dim => Some(json!(["integer", "object"])),
        Kind::Padding => Some(json!(["integer", "string"])),
        Kind::Kernel => Some(json!(["integer", "array"])),
        Kind::Wires | Kind::Pick => None,
    };
    if let Some(ty) = ty {
        allowed.insert("type".into(), ty);
    }
    let bounds = [
        ("minimum", setting.bounds.min),
        ("maximum", setting.bounds.max),
        ("exclusiveMinimum", setting.bounds.above),
        ("exclusiveMaximum", setting.bounds.below),
    ];
    if matches!(setting.kind, Kind::Integer | Kind::Number) {
        allowed.extend(bounds.into_iter().filter_map(|(key, value)| Some((key.to_string(), json!(value?)))));
    }
    if let Value::Object(allowed) = or_given(Value::Object(allowed)) {
        described.extend(allowed);
    }
    Value::Object(described)
}

/// What is allowed, or `"$name"`, which may stand for any value.
fn or_given(allowed: Value) -> Value {
    let text = allowed.get("type").is_none_or(|ty| ty.to_string().contains("string"));
    match text && allowed.get("enum").is_none() {
        true => allowed,
        false => json!({ "anyOf": [allowed, { "$ref": "#/definitions/given" }] }),
    }
}
