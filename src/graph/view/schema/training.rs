//! `[train]`, `[updates]` and `[stages]` in the editors' schema.

use super::defined;
use super::words::{closed, component, enabled, integer, length, means, or_given, text, texts};
use serde_json::{Value, json};

/// `"none"`, or a table with one of two keys.
fn clip() -> Value {
    let above = || means(or_given(json!({ "type": "number", "exclusiveMinimum": 0 })), Value::Null, "Above 0.");
    let table = closed(&[("norm", above()), ("value", above())]);
    means(
        json!({ "anyOf": [{ "const": "none" }, defined("given"), table] }),
        "none",
        "Bounds the gradients: their common norm, or each of them.",
    )
}

fn average() -> Value {
    let decay = or_given(json!({ "type": "number", "minimum": 0, "exclusiveMaximum": 1 }));
    let table = closed(&[
        ("decay", means(decay, Value::Null, "Share that the copy keeps at each step.")),
        ("from", length("0 steps", "When it begins to lag behind.")),
    ]);
    means(
        json!({ "anyOf": [{ "const": "none" }, defined("given"), table] }),
        "none",
        "A moving copy of what is learned.",
    )
}

fn clamp() -> Value {
    let value =
        json!({ "anyOf": [{ "const": "none" }, defined("given"), { "type": "number", "exclusiveMinimum": 0 }] });
    means(value, "none", "Bound on each weight after a step.")
}

pub fn updates() -> Value {
    closed(&[
        ("learns", texts("Nodes, or paths inside them.")),
        ("losses", texts("What it minimises; all that reach what it learns, where it is not written.")),
        ("optimizer", component("optimizer", "", "Over `train.optimizer`.")),
        ("schedule", component("schedule", "", "Over `train.schedule`.")),
        ("clip", clip()),
        ("accumulate", integer(1, Some(1), "Batches whose gradients are averaged into a step.")),
        (
            "rates",
            means(
                json!({ "type": "object", "additionalProperties": or_given(json!({ "type": "number" })) }),
                Value::Null,
                "Factors on the learning rate, by path.",
            ),
        ),
        ("every", integer(1, Some(1), "2: each second step.")),
        ("times", integer(1, Some(1), "5: five optimizer steps, each on a fresh batch.")),
        ("clamp", clamp()),
        ("average", average()),
        ("enabled", enabled()),
    ])
}

pub fn stages() -> Value {
    closed(&[
        ("length", length("", "How long it trains.")),
        ("updates", texts("In the order in which they act in a step.")),
        ("batch", integer(1, None, "Samples of a step; `train.batch`, where it is not written.")),
        (
            "data",
            json!({ "type": "object", "additionalProperties": { "type": "string" }, "description": "Datasets that are read in others' places." }),
        ),
        ("enabled", enabled()),
    ])
}

pub fn train() -> Value {
    closed(&[
        ("batch", integer(1, None, "Samples of a step.")),
        ("stages", texts("In the order in which they run.")),
        ("epoch-of", text("The dataset whose length is an epoch.")),
        ("init", component("init", "", "Initial values of all nodes.")),
        ("optimizer", component("optimizer", "", "Of all updates.")),
        ("schedule", component("schedule", "constant", "Of all updates.")),
        ("clip", clip()),
        ("accumulate", integer(1, Some(1), "Batches whose gradients are averaged into a step.")),
    ])
}
