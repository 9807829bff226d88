//! `[study]` in the editors' schema.

use super::words::{closed, integer, list, means, table_of, text, texts};
use super::{shared, variant};
use serde_json::{Value, json};

pub fn study() -> Value {
    let axis = closed(&[
        ("key", path("The one path that the axis sets.")),
        ("values", list(json!({ "additionalProperties": true }), "Its values.")),
        ("labels", texts("What they are called; the values, where it is not written.")),
    ]);
    let rules = |doc: &str| {
        let label = json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
        list(json!({ "type": "object", "additionalProperties": label }), doc)
    };
    let baseline =
        json!({ "anyOf": [{ "type": "string" }, { "type": "object", "additionalProperties": { "type": "string" } }] });
    closed(&[
        ("seeds", list(json!({ "type": "integer", "minimum": 0 }), "`run.seed` of the cells.")),
        ("variants", table_of("variant", variant())),
        ("axes", table_of("axis", axis)),
        ("baseline", means(baseline, Value::Null, "What the tests compare with: a variant, or a label of each axis.")),
        ("exclude", rules("Cells that are left out.")),
        ("only", rules("Cells that are kept.")),
        ("launch", super::defined("launcher-component")),
        ("search", search()),
    ])
}

/// A range or a choice for each key.
fn search() -> Value {
    let number = |doc: &str| json!({ "type": "number", "description": doc });
    let scale =
        json!({ "enum": ["linear", "log"], "default": "linear", "description": "How points lie in the range." });
    let searched = closed(&[
        ("key", path("The one path that is searched.")),
        ("from", number("Lower end of the range; two integers mean integers.")),
        ("to", number("Upper end of the range, itself in it.")),
        ("scale", scale),
        ("values", list(json!({ "additionalProperties": true }), "The choice, instead of a range.")),
    ]);
    let methods = json!({
        "enum": ["random", "successive-halving"], "default": "random",
        "description": "Every point to the end, or in rounds of which the best part goes on.",
    });
    let budget = json!({
        "type": "number", "exclusiveMinimum": 0,
        "description": "In whole trainings: as many points as that pays for, instead of `trials`.",
    });
    closed(&[
        ("method", methods),
        ("trials", integer(1, None, "Points that are drawn for each variant.")),
        ("budget", budget),
        ("factor", integer(2, Some(3), "Of each round one in so many points goes on, so many times as long.")),
        ("rounds", integer(2, Some(3), "Rounds; the last trains to the end.")),
        ("metric", text("Validation column that ranks the points; `evaluate.select`, where it is not written.")),
        ("seed", integer(0, Some(0), "Of the draws.")),
        ("space", table_of("searched key", searched)),
    ])
}

/// A dotted path into an experiment.
fn path(doc: &str) -> Value {
    let pattern = format!("^({})\\.", shared().collect::<Vec<_>>().join("|"));
    json!({ "type": "string", "pattern": pattern, "description": doc })
}
