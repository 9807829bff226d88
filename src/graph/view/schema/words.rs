//! The language's own keys, with their types, defaults, ranges and what they mean.

use super::members::entry;
use super::{defined, layouts_text, training};
use crate::graph::layout::{LAYOUTS, OURS};
use crate::graph::library::Library;
use serde_json::{Map, Value, json};

/// No count is larger: sizes and batches beyond it are slips.
pub const CEILING: f64 = 1e6;

/// What is allowed, or `"$name"`, which may stand for any value.
pub fn or_given(allowed: Value) -> Value {
    let text = allowed.get("type").is_some_and(|ty| ty == "string");
    if text { allowed } else { json!({ "anyOf": [allowed, defined("given")] }) }
}

/// With what it means, and its default.
pub fn means(mut value: Value, default: impl Into<Value>, doc: &str) -> Value {
    let default = default.into();
    if value.get("$ref").is_some() {
        // Beside a reference nothing else is read.
        value = json!({ "allOf": [value] });
    }
    if !default.is_null() {
        value["default"] = default;
    }
    value["description"] = doc.into();
    value
}

pub fn text(doc: &str) -> Value {
    json!({ "type": "string", "description": doc })
}

pub fn texts(doc: &str) -> Value {
    list(json!({ "type": "string" }), doc)
}

pub fn list(of: Value, doc: &str) -> Value {
    means(or_given(json!({ "type": "array", "items": of })), Value::Null, doc)
}

pub fn integer(min: i64, default: Option<i64>, doc: &str) -> Value {
    let value = or_given(json!({ "type": "integer", "minimum": min, "maximum": CEILING as i64 }));
    means(value, default.map_or(Value::Null, Value::from), doc)
}

pub fn number(default: Option<f64>, doc: &str) -> Value {
    means(or_given(json!({ "type": "number" })), default.map_or(Value::Null, Value::from), doc)
}

fn boolean(default: bool, doc: &str) -> Value {
    means(or_given(json!({ "type": "boolean" })), default, doc)
}

fn choice(of: &[&str], default: &str, doc: &str) -> Value {
    means(or_given(json!({ "enum": of })), default, doc)
}

pub fn enabled() -> Value {
    boolean(true, "Whether it is there at all; `false` removes it and what only it used.")
}

pub fn length(default: &str, doc: &str) -> Value {
    means(defined("span"), if default.is_empty() { Value::Null } else { default.into() }, doc)
}

pub fn component(family: &str, default: &str, doc: &str) -> Value {
    let default = if default.is_empty() { Value::Null } else { default.into() };
    means(defined(&format!("{family}-component")), default, doc)
}

/// A table with these keys and no others.
pub fn closed(keys: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// A table whose keys are the user's names.
pub fn table_of(label: &str, of: Value) -> Value {
    json!({ "type": "object", "additionalProperties": of, "x-tombi-additional-key-label": label })
}

/// A wire, or several, in arrays of any depth.
pub fn wires() -> Value {
    json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": defined("wires") }] })
}

/// `"5 epochs"`, `"100 steps"`, `"50 %"`.
pub fn span() -> Value {
    json!({
        "type": "string", "pattern": "^([0-9]+ (step|steps|epoch|epochs|%)|\\$[a-z].*)$",
        "description": "A length: `5 epochs`, `100 steps`, or `50 %` of the stage.",
    })
}

/// An integer, or one read off an edge.
pub fn dim(integer: Value) -> Value {
    let like = closed(&[
        ("like", text("The wire whose channels, or length, it has.")),
        ("times", number(Some(1.0), "Times this.")),
    ]);
    json!({ "anyOf": [integer, like] })
}

/// Pixels on each side, or what keeps the size.
pub fn padding(integer: Value) -> Value {
    json!({ "anyOf": [integer, { "const": "same" }] })
}

pub fn pair(of: Value) -> Value {
    json!({ "type": "array", "items": of, "minItems": 2, "maxItems": 2 })
}

pub fn pick() -> Value {
    let column = || text("By this column.");
    let near = closed(&[
        ("value", text("The wire whose value is compared.")),
        ("at", json!({ "type": "array", "items": { "type": "number" }, "description": "One sample beside each." })),
    ]);
    let by = closed(&[("best", column()), ("median", column()), ("worst", column()), ("near", near)]);
    json!({ "anyOf": [{ "const": "random" }, { "type": "array", "items": { "type": "integer", "minimum": 0 } }, by] })
}

/// `in`: a wire where one input is required, or a table of ports; an adversarial loss's ports take a wire for each input
/// of the discriminator.
fn inputs() -> Value {
    let port = json!({ "anyOf": [defined("wires"), { "type": "object", "additionalProperties": defined("wires") }] });
    json!({
        "anyOf": [{ "type": "string" }, { "type": "object", "additionalProperties": port }, defined("wires")],
        "description": "Where its inputs come from: a wire, or a table of ports.",
    })
}

fn own(keys: &[(&str, Value)]) -> Map<String, Value> {
    keys.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()
}

pub fn node() -> Map<String, Value> {
    let freeze = json!({ "anyOf": [{ "type": "boolean" }, { "type": "array", "items": { "type": "string" } }, defined("given")] });
    own(&[
        ("apply", text("The node whose network this is once more, with the same parameters.")),
        ("in", inputs()),
        (
            "each",
            json!({ "type": "object", "additionalProperties": true, "description": "Settings with an array each: copy i takes element i." }),
        ),
        ("repeat", integer(1, None, "How many copies, with equal settings.")),
        ("detach", texts("Inputs through which no gradient leaves.")),
        ("freeze", means(freeze, false, "No update learns it, or these paths inside it.")),
        ("weights", means(defined("weights"), "none", "Where the values come from.")),
        ("init", component("init", "", "Initial values; `train.init`, where it is not written.")),
        ("enabled", enabled()),
    ])
}

pub fn loss() -> Map<String, Value> {
    own(&[
        ("in", inputs()),
        ("shares", list(or_given(json!({ "type": "number" })), "Factor of each element of a list; all 1.")),
        (
            "weight",
            number(Some(1.0), "Weight in what updates minimise; of an adversarial loss, that of the generator's side."),
        ),
        ("ramp", component("schedule", "constant", "Multiplies `weight` over the stage.")),
        ("detach", texts("Inputs through which no gradient passes.")),
        (
            "hardest",
            means(
                or_given(json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 })),
                1.0,
                "Share of the elements that count, the worst ones.",
            ),
        ),
        ("network", text("The node that is applied to prediction and target, and held fixed.")),
        ("discriminator", text("The node that the loss shows the real and the fake.")),
        ("pool", integer(0, Some(0), "Past fakes that the discriminator is shown.")),
        ("discriminator-weight", number(Some(1.0), "Weight of the discriminator's side.")),
        ("enabled", enabled()),
    ])
}

pub fn metric() -> Map<String, Value> {
    own(&[
        ("as", text("Another name for its columns.")),
        ("network", text("The node that is applied to prediction and target.")),
    ])
}

pub fn transform() -> Map<String, Value> {
    own(&[("on", texts("Ports that it is narrowed to."))])
}

/// A node's `weights`.
pub fn weights() -> Value {
    const STRICT: &str = "Whether what is missing, unexpected or of another shape is an error.";
    let layouts: Vec<&str> = LAYOUTS.iter().map(|l| l.name).collect();
    let at = json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
    let table = closed(&[
        ("file", text("A safetensors file.")),
        ("run", text("The folder of a cell.")),
        ("experiment", text("A file whose finished cell is looked for.")),
        ("variant", text("Of that experiment.")),
        (
            "seed",
            means(
                or_given(json!({ "type": "integer", "minimum": 0 })),
                Value::Null,
                "Of that experiment; by default the cell's own, if it is there.",
            ),
        ),
        ("layout", choice(&layouts, OURS, &layouts_text())),
        ("strict", boolean(true, STRICT)),
        ("node", text("Where in the file or the run the values are: a node, or a path inside one.")),
        ("at", means(at, Value::Null, "Paths inside the node that take the values.")),
        ("which", choice(&["best", "last"], "best", "Which checkpoint of a run.")),
    ]);
    json!({ "anyOf": [{ "const": "none" }, defined("given"), table], "description": "Where the values come from." })
}

fn run() -> Value {
    let threads = json!({ "anyOf": [{ "const": "auto" }, { "type": "integer", "minimum": 1, "maximum": CEILING as i64 }, defined("given")] });
    let checkpoint = closed(&[
        ("every", length("1 epoch", "Between two checkpoints.")),
        ("keep", integer(1, Some(3), "How many stay.")),
    ]);
    let device = json!({ "type": "string", "pattern": "^(auto|cpu|cuda|cuda:[0-9]+(,[0-9]+)*|\\$[a-z].*)$" });
    closed(&[
        ("seed", means(or_given(json!({ "type": "integer", "minimum": 0 })), 0, "Of all random streams.")),
        ("device", means(device, "auto", "`auto`, `cpu`, `cuda` or `cuda:0,1`.")),
        ("precision", choice(&["f32", "tf32", "bf16"], "f32", "Of the sums in convolutions.")),
        ("threads", means(threads, "auto", "Results do not depend on it.")),
        ("processes", integer(1, None, "How many share each batch; one for each device that `device` lists.")),
        ("sync-batch-norm", boolean(true, "Of several processes: statistics of the whole batch, not of each share.")),
        ("out", means(json!({ "type": "string" }), "runs", "Folder of the runs.")),
        ("checkpoint", means(checkpoint, Value::Null, "When the state of the run is kept.")),
        (
            "track",
            means(
                or_given(json!({ "type": "array", "items": defined("tracker-component") })),
                json!([]),
                "Tools that are told of the run: `[\"tensorboard\"]`.",
            ),
        ),
    ])
}

fn evaluate() -> Value {
    closed(&[
        ("every", length("1 epoch", "Between two evaluations of the validation split.")),
        (
            "select",
            text(
                "The column, on the validation split, whose best checkpoint is tested; the last one, where it is not written.",
            ),
        ),
        ("weights", choice(&["live", "average"], "live", "Which copy is evaluated.")),
        ("norm", choice(&["running", "batch"], "running", "Which statistics batch norms use.")),
        ("dropout", boolean(false, "Whether dropout is on.")),
        ("batch", integer(1, None, "Samples at once; `train.batch`, where it is not written.")),
    ])
}

fn evaluations() -> Value {
    let group = closed(&[
        ("value", text("The wire whose value groups the samples.")),
        (
            "edges",
            list(
                or_given(json!({ "type": "number" })),
                "Edges of the bins, rising; without them each label is a group.",
            ),
        ),
    ]);
    let rows = json!({ "type": "object", "additionalProperties": { "type": "object", "additionalProperties": defined("wires") } });
    closed(&[
        ("in", inputs()),
        ("metrics", list(defined("metric-component"), "What is measured.")),
        (
            "splits",
            means(
                or_given(json!({ "type": "array", "items": { "type": "string" } })),
                json!(["validation", "test"]),
                "The first while training, the second once, with the selected checkpoint.",
            ),
        ),
        (
            "data",
            json!({ "type": "object", "additionalProperties": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] }, "description": "Other datasets that the same graph reads." }),
        ),
        ("group-by", means(group, Value::Null, "Groups of samples with a value of their own.")),
        ("baselines", means(rows, Value::Null, "Rows for what learns nothing: a wire for each port.")),
        ("enabled", enabled()),
    ])
}

pub fn dataset() -> Map<String, Value> {
    own(&[
        ("size", integer(0, None, "Side of its images, in pixels.")),
        ("transforms", list(defined("transform-component"), "In this order, after `size`.")),
        ("enabled", enabled()),
    ])
}

pub fn figure() -> Map<String, Value> {
    own(&[("enabled", enabled())])
}

fn report(library: &Library) -> Value {
    let tables = closed(&[
        (
            "columns",
            texts("`<evaluation>.<metric>`, or `cost.parameters`, `cost.macs`, `cost.seconds`, `cost.memory`."),
        ),
        ("rows", means(json!({ "type": "string" }), "variant", "`variant`, or an axis.")),
        ("across", text("An axis.")),
        ("published", texts("Tables of papers, `paper/table`, whose rows stand beside ours.")),
        ("caption", text("Over the table.")),
        ("enabled", enabled()),
    ]);
    let figures = entry(library, "figure", &figure());
    closed(&[("tables", table_of("table", tables)), ("figures", table_of("figure", figures))])
}

/// The tables of an experiment that variants have too, and `[study]`.
pub fn tables(library: &Library) -> Vec<(&'static str, Value)> {
    let predict = closed(&[
        ("feed", text("The dataset's port that a folder of images takes the place of.")),
        ("write", texts("Wires whose values are written.")),
    ]);
    vec![
        (
            "settings",
            json!({ "type": "object", "additionalProperties": true, "description": "Values used as `$name`." }),
        ),
        ("datasets", table_of("dataset", entry(library, "dataset", &dataset()))),
        ("losses", table_of("loss", entry(library, "loss", &loss()))),
        ("updates", table_of("update", training::updates())),
        ("stages", table_of("stage", training::stages())),
        ("train", training::train()),
        ("run", run()),
        ("evaluate", evaluate()),
        ("evaluations", table_of("evaluation", evaluations())),
        ("predict", predict),
        ("report", report(library)),
        ("study", super::study::study()),
        ("registry", texts("Folders with more composites.")),
    ]
}
