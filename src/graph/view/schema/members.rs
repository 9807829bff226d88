//! Components: what a slot, an entry or a node may hold, by the cards of the registry.

use super::words::{self, CEILING};
use super::{closed, defined, words::or_given};
use crate::graph::library::{ComponentCard, Library};
use crate::graph::settings;
use crate::registry::{Bounds, Kind, Setting};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Families whose members are no nodes.
pub const PLAIN: [&str; 11] = [
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
];

/// A component of a family where a value stands for one: its name, or a table with `use` and settings.
pub fn family(library: &Library, family: &str) -> Value {
    let own = match family {
        "metric" => words::metric(),
        "transform" => words::transform(),
        _ => Map::new(),
    };
    let names = library.members(family);
    json!({ "anyOf": [{ "enum": names }, defined("given"), entry(library, family, &own)] })
}

/// An entry of a family: `use` decides which settings are allowed, besides the entry's own keys. Entries of files that lie
/// over others have no `use`.
pub fn entry(library: &Library, family: &str, own: &Map<String, Value>) -> Value {
    let names = library.members(family);
    let cards: Vec<Arc<ComponentCard>> = names.iter().filter_map(|name| library.card(family, name)).collect();
    let named: Vec<(String, &ComponentCard)> = cards.iter().map(|card| (card.name.clone(), &**card)).collect();
    table(&named, own)
}

/// A node may be of any family and writes `family/name`.
pub fn node(library: &Library) -> Value {
    let families = library.families().into_iter().filter(|f| !PLAIN.contains(f));
    let cards: Vec<Arc<ComponentCard>> =
        families.flat_map(|f| library.members(f).into_iter().filter_map(move |name| library.card(f, name))).collect();
    let named: Vec<(String, &ComponentCard)> = cards.iter().map(|card| (card.full(), &**card)).collect();
    table(&named, &words::node())
}

/// Name of a card's definition: `generator.coupled-unet`.
fn definition(card: &ComponentCard) -> String {
    format!("{}.{}", card.family, card.name)
}

/// What each component's table may hold, by the name of its definition. A key that only the place gives a meaning is
/// allowed here, and left to the place.
pub fn cards(library: &Library) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for family in library.families() {
        let own: Vec<String> = match family {
            "loss" => words::loss().keys().cloned().collect(),
            "dataset" => words::dataset().keys().cloned().collect(),
            "figure" => words::figure().keys().cloned().collect(),
            "metric" => words::metric().keys().cloned().collect(),
            "transform" => words::transform().keys().cloned().collect(),
            family if PLAIN.contains(&family) => vec![],
            _ => words::node().keys().cloned().collect(),
        };
        for card in library.members(family).iter().filter_map(|name| library.card(family, name)) {
            let mut properties: Map<String, Value> = own.iter().map(|key| (key.clone(), json!({}))).collect();
            properties.insert("use".into(), json!({ "description": card.doc }));
            if properties.contains_key("in") {
                let ports = card.inputs.iter().map(|port| port.name.as_str());
                properties.insert("in".into(), only(ports.collect()));
            }
            if properties.contains_key("each") {
                properties.insert("each".into(), only(card.settings.iter().map(|s| s.name.as_str()).collect()));
            }
            properties.extend(described(&card));
            all.push((definition(&card), json!({ "properties": properties, "additionalProperties": false })));
        }
    }
    all
}

/// Where it is a table, its keys are among these.
fn only(names: Vec<&str>) -> Value {
    if names.is_empty() {
        return json!({ "maxProperties": 0, "additionalProperties": true });
    }
    json!({ "propertyNames": { "enum": names }, "additionalProperties": true })
}

/// What a composite's setting says of its default: a component of its family, a value of its type.
pub fn defaults(library: &Library) -> Vec<Value> {
    let case = |key: &str, name: &str, default: Value| {
        json!({
            "if": { "properties": { key: { "const": name } }, "required": [key], "additionalProperties": true },
            "then": { "properties": { "default": default }, "additionalProperties": true },
        })
    };
    let slots = library.families().into_iter().filter(|family| !PLAIN.contains(family));
    let slots = slots.map(|family| case("family", family, defined(&format!("{family}-component"))));
    let padding = words::padding(json!({ "type": "integer", "minimum": 0 }));
    let types = [
        ("integer", json!({ "type": "integer" })),
        ("number", json!({ "type": "number" })),
        ("boolean", json!({ "type": "boolean" })),
        ("padding", padding),
    ];
    slots.chain(types.into_iter().map(|(name, default)| case("type", name, or_given(default)))).collect()
}

fn table(cards: &[(String, &ComponentCard)], own: &Map<String, Value>) -> Value {
    let names: Vec<&String> = cards.iter().map(|(name, _)| name).collect();
    let mut properties = Map::new();
    properties.insert("use".into(), or_given(json!({ "enum": names, "description": "The component." })));
    properties.extend(own.clone());
    // Each key of the family, with its different meanings, each by the first component that has it.
    let mut meanings: IndexMap<String, Vec<(Value, Value)>> = IndexMap::new();
    for (_, card) in cards {
        for (key, value) in described(card).into_iter().filter(|(key, _)| !own.contains_key(key)) {
            let place = json!({ "$ref": format!("#/definitions/{}/properties/{key}", definition(card)) });
            let known = meanings.entry(key).or_default();
            if known.iter().all(|(other, _)| *other != value) {
                known.push((value, place));
            }
        }
    }
    for (key, known) in meanings {
        let places: Vec<Value> = known.into_iter().map(|(_, place)| place).collect();
        properties.insert(key, json!({ "anyOf": places }));
    }
    let case = |(name, card): &(String, &ComponentCard)| {
        json!({
            "if": { "properties": { "use": { "const": name } }, "required": ["use"] },
            "then": defined(&definition(card)),
        })
    };
    let cases: Vec<Value> = cards.iter().map(case).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false, "allOf": cases })
}

/// Keys of a card's component.
fn described(card: &ComponentCard) -> Vec<(String, Value)> {
    let node =
        |key: &String| (key.clone(), json!({ "type": "string", "description": "The node whose network is applied." }));
    let settings = card.settings.iter().map(|s| (s.name.clone(), setting(s)));
    settings.chain(card.networks.iter().map(node)).collect()
}

fn setting(setting: &Setting) -> Value {
    let mut described = Map::new();
    if !setting.doc.is_empty() {
        described.insert("description".into(), json!(setting.doc));
    }
    if let Some(default) = setting.default.as_ref().filter(|d| !d.is_null()) {
        described.insert("default".into(), default.clone());
    }
    if let Value::Object(allowed) = or_given(allowed(setting)) {
        described.extend(allowed);
    }
    Value::Object(described)
}

fn allowed(setting: &Setting) -> Value {
    if !setting.of.is_empty() {
        return json!({ "enum": setting.of });
    }
    let (integer, number) = (|| numeric("integer", &setting.bounds), || numeric("number", &setting.bounds));
    let text = || json!({ "type": "string" });
    let least = |mut value: Value, least: i64| {
        if setting.bounds.min.is_none() && setting.bounds.above.is_none() {
            value["minimum"] = least.into();
        }
        value
    };
    match &setting.kind {
        Kind::Integer => integer(),
        Kind::Number => number(),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Text | Kind::Choice | Kind::File | Kind::Wire | Kind::Column | Kind::Evaluation => text(),
        Kind::Span => defined("span"),
        Kind::Integers => array(integer(), &setting.bounds),
        Kind::Numbers => array(number(), &setting.bounds),
        Kind::Texts | Kind::Columns => array(text(), &setting.bounds),
        Kind::Spans => array(defined("span"), &setting.bounds),
        Kind::Wires => defined("wires"),
        Kind::Table => table_like(setting.default.as_ref()),
        Kind::Slot(family) => defined(&format!("{family}-component")),
        Kind::Dim => words::dim(least(integer(), 1)),
        Kind::Padding => words::padding(least(integer(), 0)),
        Kind::Kernel => json!({ "anyOf": [integer(), words::pair(integer())] }),
        Kind::Pick => words::pick(),
    }
}

/// A table over its default, whose keys, if it has any, are all there are, each of the kind of its own default.
fn table_like(default: Option<&Value>) -> Value {
    let Some(keys) = default.and_then(Value::as_object).filter(|keys| !keys.is_empty()) else {
        return json!({ "type": "object", "additionalProperties": true });
    };
    let key = |(name, default): (&String, &Value)| {
        let member = settings::default(name, settings::kind_of(default), default.clone());
        let described = if default.is_null() { json!({ "default": default }) } else { setting(&member) };
        (name.clone(), described)
    };
    let keys: Vec<(String, Value)> = keys.iter().map(key).collect();
    closed(&keys.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Vec<_>>())
}

fn numeric(ty: &str, bounds: &Bounds) -> Value {
    let mut value = json!({ "type": ty });
    let all = [
        ("minimum", bounds.min.or((ty == "integer" && bounds.above.is_none()).then_some(-CEILING))),
        ("maximum", bounds.max.or((ty == "integer").then_some(CEILING))),
        ("exclusiveMinimum", bounds.above),
        ("exclusiveMaximum", bounds.below),
    ];
    for (key, bound) in all {
        if let Some(bound) = bound {
            value[key] = if ty == "integer" { json!(bound as i64) } else { json!(bound) };
        }
    }
    value
}

fn array(of: Value, bounds: &Bounds) -> Value {
    let mut value = json!({ "type": "array", "items": or_given(of) });
    if let Some(length) = bounds.length {
        (value["minItems"], value["maxItems"]) = (length.into(), length.into());
    }
    value
}
