//! What a run leaves follows its published schema, `registry/records.schema.json`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use boon::{Compiler, Schemas};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

#[global_allocator]
static ALLOCATOR: ablate::tensor::memory::Counting = ablate::tensor::memory::Counting;

/// The schema, which says as published that other fields may come, or without that.
struct Judge {
    strict: bool,
    schema: Value,
}

impl Judge {
    fn new(strict: bool) -> Self {
        let mut schema: Value = serde_json::from_str(ablate::record::SCHEMA).unwrap();
        if strict {
            let all = schema["definitions"].clone();
            close(&mut schema["definitions"], &all);
        }
        Judge { strict, schema }
    }

    /// What is wrong with a value that should follow a definition.
    fn wrong(&self, name: &str, value: &Value) -> Option<String> {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("http://ablate/records", self.schema.clone()).unwrap();
        let index = compiler.compile(&format!("http://ablate/records#/definitions/{name}"), &mut schemas).unwrap();
        schemas.validate(value, index).err().map(|e| format!("{name} (strict: {}): {e:#}", self.strict))
    }
}

/// No other properties than those that are named, here or in what `allOf` adds.
fn close(schema: &mut Value, definitions: &Value) {
    match schema {
        Value::Object(map) => {
            let added = map.get("allOf").and_then(|all| all[0]["$ref"].as_str()).map(str::to_string);
            if let (Some(added), Some(Value::Object(properties))) = (added, map.get_mut("properties")) {
                let whole = &definitions[added.trim_start_matches("#/definitions/")];
                properties.extend(whole["properties"].as_object().unwrap().clone());
                map.remove("allOf");
            }
            if map.contains_key("properties") {
                map.insert("additionalProperties".into(), false.into());
            }
            map.values_mut().for_each(|inner| close(inner, definitions));
        }
        Value::Array(all) => all.iter_mut().for_each(|inner| close(inner, definitions)),
        _ => {}
    }
}

fn json(path: &Path) -> Option<Value> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

/// Every file of a cell and of its study with the definition that it follows.
fn values(study: &Path, cell: &Path) -> Vec<(&'static str, Value)> {
    let lines = std::fs::read_to_string(cell.join("records.jsonl")).unwrap();
    let mut all: Vec<_> = lines.lines().map(|line| ("Event", serde_json::from_str(line).unwrap())).collect();
    let files = [
        ("Status", cell.join("status.json")),
        ("Results", cell.join("results.json")),
        ("Environment", cell.join("environment.json")),
        ("ModelSummary", cell.join("summary.json")),
        ("SampleIndex", cell.join("samples/index.json")),
        ("Cells", study.join("cells.json")),
    ];
    all.extend(files.into_iter().filter_map(|(name, path)| Some((name, json(&path)?))));
    all
}

fn folders(under: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(under).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect()
}

#[test]
fn every_file_of_a_run_follows_the_schema() {
    let out = std::env::temp_dir().join(format!("ablate-records-{}", std::process::id()));
    let run = |more: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_ablate"))
            .args(["run", "tests/fixtures/tiny-gan.toml", "--set", "stages.completion.length=4 steps", "--out"])
            .arg(&out)
            .args(more)
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    };
    run(&[]);
    let cell = folders(&out.join("cells")).pop().unwrap();
    // An unfinished cell that is taken up leaves a line that says so.
    std::fs::write(cell.join("status.json"), "").unwrap();
    run(&["--resume"]);
    let (open, strict) = (Judge::new(false), Judge::new(true));
    let values = values(&out.join("tiny-gan"), &cell);
    let kinds: std::collections::BTreeSet<&str> =
        values.iter().filter(|(name, _)| *name == "Event").filter_map(|(_, v)| v["event"].as_str()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["checkpoint", "evaluation", "resumed", "step"]);
    let names: std::collections::BTreeSet<&str> = values.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), 7, "{names:?}");
    let wrong: Vec<String> = values
        .iter()
        .flat_map(|(name, value)| [open.wrong(name, value), strict.wrong(name, value)])
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The schema is no rubber stamp: without a field, or with a wrong one, nothing passes.
    for (name, value) in &values {
        let mut without = value.clone();
        let fields = without.as_object_mut().unwrap();
        // `n` of `[1, 2]` would be an object that says nothing of maps from the user's names.
        if let Some(first) = fields.keys().find(|k| !matches!(k.as_str(), "baselines" | "figures")).cloned() {
            fields.insert(first.clone(), Value::Bool(true));
            let boolean = open.wrong(name, &without).is_none();
            assert!(!boolean, "{name}: `{first}` may be `true`");
        }
    }
    std::fs::remove_dir_all(&out).unwrap();
}

#[test]
fn the_records_in_the_repository_follow_it_too() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    let open = Judge::new(false);
    let mut seen = 0;
    for report in folders(&root).into_iter().filter(|r| r.join("cells").is_dir()) {
        // A few cells of each: they are many, and of one program.
        for cell in folders(&report.join("cells")).into_iter().take(2) {
            for (name, value) in values(&report, &cell) {
                assert_eq!(open.wrong(name, &value), None, "{}", cell.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}
