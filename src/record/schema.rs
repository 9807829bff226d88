//! `registry/records.schema.json` is made from these types; `ABLATE_BLESS=1 cargo test --lib record::schema` writes it.

use super::status::Results;
use super::{Cells, Environment, Event, ModelSummary, PairsRecord, SampleIndex, SearchRecord, Status};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// A file of a run and the definition that it follows.
const FILES: [(&str, &str); 9] = [
    ("records.jsonl (each line)", "Event"),
    ("status.json", "Status"),
    ("results.json", "Results"),
    ("environment.json", "Environment"),
    ("summary.json", "ModelSummary"),
    ("pairs.json", "PairsRecord"),
    ("samples/index.json", "SampleIndex"),
    ("cells.json", "Cells"),
    ("search.json", "SearchRecord"),
];

/// Draft-07, as the schema of experiments.
fn schema() -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    let _ = generator.subschema_for::<Event>();
    let _ = generator.subschema_for::<Status>();
    let _ = generator.subschema_for::<Results>();
    let _ = generator.subschema_for::<Environment>();
    let _ = generator.subschema_for::<ModelSummary>();
    let _ = generator.subschema_for::<PairsRecord>();
    let _ = generator.subschema_for::<SampleIndex>();
    let _ = generator.subschema_for::<Cells>();
    let _ = generator.subschema_for::<SearchRecord>();
    let definitions: std::collections::BTreeMap<String, Value> = generator.take_definitions(true).into_iter().collect();
    let files: Vec<String> = FILES.iter().map(|(file, name)| format!("`{file}`: `{name}`")).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": format!("What a run of ablate leaves, format {}", super::FORMAT),
        "description": format!(
            "Which definition each file follows: {}. Fields may be added within a format; none is removed or renamed.",
            files.join(", ")
        ),
        "anyOf": FILES.map(|(_, name)| json!({ "$ref": format!("#/definitions/{name}") })),
        "definitions": definitions,
    })
}

#[test]
fn the_schema_is_that_of_the_types() {
    let now = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("ABLATE_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/registry/records.schema.json");
        std::fs::write(path, now).unwrap();
        return;
    }
    let how = "a field of a record changed: what reads records elsewhere breaks where one is removed or renamed; \
               `ABLATE_BLESS=1 cargo test --lib record::schema` writes the schema anew";
    assert!(super::SCHEMA == now, "{how}");
}

#[test]
fn every_file_has_its_definition() {
    let schema = schema();
    for (_, name) in FILES {
        assert!(schema["definitions"][name].is_object(), "{name}");
    }
}

#[test]
fn what_is_no_number_is_written_and_read() {
    let nothing = super::Summary { mean: f64::NAN, std: f64::INFINITY, ..Default::default() };
    let text = serde_json::to_string(&nothing).unwrap();
    assert_eq!(text, r#"{"mean":null,"std":null,"n":0}"#);
    let read: super::Summary = serde_json::from_str(&text).unwrap();
    assert!(read.mean.is_nan() && read.std.is_nan());
}
