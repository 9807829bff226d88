//! The same mistakes as an editor sees them, which has nothing but `registry/schema.json`.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::LazyLock;

/// The committed schema, ready to judge.
struct Editor {
    schemas: Schemas,
    index: SchemaIndex,
}

static EDITOR: LazyLock<Editor> = LazyLock::new(|| {
    let text = std::fs::read_to_string("registry/schema.json").unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("http://ablate/schema.json", serde_json::from_str(&text).unwrap()).unwrap();
    let index = compiler.compile("http://ablate/schema.json", &mut schemas).unwrap();
    Editor { schemas, index }
});

/// What the schema says of a file's values.
pub fn complaint(value: &Value) -> Option<String> {
    EDITOR.schemas.validate(value, EDITOR.index).err().map(|e| {
        // An alternative of many tells each: the first lines name the place.
        format!("{e:#}").lines().take(8).collect::<Vec<_>>().join("\n")
    })
}

/// Whether the schema sees that a text is wrong which was right.
pub fn sees(toml: &str, right: &str) -> bool {
    let read = |text: &str| toml::from_str::<Value>(text);
    match (read(toml), read(right)) {
        (Ok(wrong), Ok(right)) => complaint(&changed(&wrong, &right)).is_some(),
        _ => true,
    }
}

/// The tables and entries in which two files differ, as a file: nothing in the schema relates one entry to another, and
/// a small file is judged faster.
fn changed(wrong: &Value, right: &Value) -> Value {
    let (Value::Object(wrong), Value::Object(right)) = (wrong, right) else { return wrong.clone() };
    let mut kept = Map::new();
    for (key, value) in
        wrong.iter().filter(|(key, value)| matches!(key.as_str(), "format" | "doc") || right.get(*key) != Some(value))
    {
        let value = match (value, right.get(key)) {
            (Value::Object(entries), Some(Value::Object(before))) => {
                let differ = entries.iter().filter(|(name, entry)| before.get(*name) != Some(entry));
                Value::Object(differ.map(|(name, entry)| (name.clone(), entry.clone())).collect())
            }
            _ => value.clone(),
        };
        kept.insert(key.clone(), value);
    }
    Value::Object(kept)
}

/// What the program says of a mistake, without the names in it; several of these are one kind.
pub fn said(message: &str) -> String {
    let parts: Vec<&str> = message.split('`').collect();
    let named = parts.iter().enumerate().map(|(i, part)| if i % 2 == 1 { "_" } else { part });
    named.collect::<Vec<_>>().join("`")
}

/// A value of a file put out of its type or range.
pub struct Slip {
    /// Where, with the user's own names left out: equal places of several files are one.
    pub place: String,
    pub toml: String,
    pub seen: bool,
}

/// Each value of a file in turn: numbers become texts and far too small, booleans numbers, texts numbers, arrays booleans.
pub fn slips(toml: &str) -> Vec<Slip> {
    let tree: Value = toml::from_str(toml).unwrap();
    let mut places = vec![];
    walk(&tree, &mut vec![], &mut places);
    let mut all = vec![];
    for (path, leaf) in places {
        for (what, wrong) in wrongs(leaf) {
            let mut mutated = tree.clone();
            put(&mut mutated, &path, wrong);
            let Ok(toml) = toml::to_string(&mutated) else { continue };
            let seen = complaint(&changed(&mutated, &tree)).is_some();
            all.push(Slip { place: format!("{} {what}", plain(&path, &tree)), toml, seen });
        }
    }
    all
}

fn wrongs(leaf: &Value) -> Vec<(&'static str, Value)> {
    match leaf {
        Value::Number(n) if n.is_i64() => vec![("a text", "x".into()), ("too small", (-1_000_000_000).into())],
        Value::Number(_) => vec![("a text", "x".into()), ("too small", (-1e9).into())],
        Value::Bool(_) => vec![("a number", 7.into())],
        Value::String(_) => vec![("a number", 7.into())],
        Value::Array(_) => vec![("a boolean", true.into())],
        _ => vec![],
    }
}

fn walk<'a>(value: &'a Value, path: &mut Vec<String>, places: &mut Vec<(Vec<String>, &'a Value)>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                path.push(key.clone());
                walk(inner, path, places);
                path.pop();
            }
        }
        leaf => places.push((path.clone(), leaf)),
    }
}

fn put(tree: &mut Value, path: &[String], wrong: Value) {
    let mut at = tree;
    for key in path {
        let Some(inner) = at.get_mut(key) else { return };
        at = inner;
    }
    *at = wrong;
}

/// `nodes.*.width` of `generator/uv-gan`: the names of entries are the user's.
fn plain(path: &[String], tree: &Value) -> String {
    let named = |parent: &str| {
        [
            "nodes",
            "datasets",
            "losses",
            "updates",
            "stages",
            "evaluations",
            "variants",
            "axes",
            "tables",
            "figures",
            "settings",
        ]
        .contains(&parent)
    };
    let mut words = vec![];
    let (mut at, mut used) = (tree, "");
    for (i, key) in path.iter().enumerate() {
        words.push(if i > 0 && named(&path[i - 1]) { "*" } else { key });
        at = &at[key];
        used = at.as_object().and_then(|t: &Map<String, Value>| t.get("use")?.as_str()).unwrap_or(used);
    }
    format!("{} ({used})", words.join("."))
}

/// Files whose first line names the schema, as a path from where they are.
pub fn directive(file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).unwrap();
    let first = text.lines().next().unwrap_or_default();
    let Some(path) = first.strip_prefix("#:schema ") else { return Err(format!("{}: no `#:schema`", file.display())) };
    let schema = file.parent().unwrap().join(path).canonicalize();
    let right = Path::new("registry/schema.json").canonicalize().unwrap();
    if schema.is_ok_and(|s| s == right) { Ok(()) } else { Err(format!("{}: {path} is not the schema", file.display())) }
}
