//! Identity of a cell (language.md, section 8): a hash of its resolved form, free of the order of keys.

use crate::config::{Item, Table, Value as Written, describe, inline, key as quoted};
use crate::graph::library::Library;
use crate::graph::plan::{Component, ElementInputs, Network, Op, OpSource, Plan, Span, Value, Weights};
use crate::record::Provenance;
use crate::registry::{Card, Kind};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// The canonical form: everything a cell's results depend on, by name, with sorted keys.
pub fn canonical_form(plan: &Plan, library: &Library) -> Json {
    let mut form = resolved_form(plan);
    let revised = Revisions::of(library).map(|revisions| revisions.used(&form)).unwrap_or_default();
    // Left out where all are first ones: a cell of old keeps its identity.
    if let (false, Some(form)) = (revised.is_empty(), form.as_object_mut()) {
        form.insert("revisions".into(), json!(revised));
    }
    sorted(form)
}

/// Cards by `family/name`.
struct Revisions<'a>(HashMap<String, &'a Card>);

impl<'a> Revisions<'a> {
    /// `None` where every component is its first revision.
    fn of(library: &Library<'a>) -> Option<Self> {
        let cards = library.catalogue.entries.iter().map(|entry| &entry.card);
        let revised = cards.clone().any(|card| card.revision > 1);
        revised.then(|| Revisions(cards.map(|card| (format!("{}/{}", card.family, card.name), card)).collect()))
    }

    /// The revisions beyond the first of all components that a form holds.
    fn used(&self, form: &Json) -> BTreeMap<String, u32> {
        let mut found = BTreeMap::new();
        self.walk(form, &mut found);
        found
    }

    fn walk(&self, form: &Json, found: &mut BTreeMap<String, u32>) {
        match form {
            Json::Array(items) => items.iter().for_each(|item| self.walk(item, found)),
            Json::Object(map) => match (map.get("use").and_then(Json::as_str), map.get("settings")) {
                (Some(full), Some(settings)) => self.component(full, settings, found),
                _ => map.values().for_each(|value| self.walk(value, found)),
            },
            _ => {}
        }
    }

    /// A component and what its slots hold, which says its name without the family.
    fn component(&self, full: &str, settings: &Json, found: &mut BTreeMap<String, u32>) {
        let Some(card) = self.0.get(full) else { return };
        if card.revision > 1 {
            found.insert(full.into(), card.revision);
        }
        for setting in &card.settings {
            let (Kind::Slot(family), Some(held)) = (&setting.kind, settings.get(&setting.name)) else { continue };
            if let Some(name) = held.as_str().or_else(|| held.get("use")?.as_str()) {
                self.component(&format!("{family}/{name}"), held, found);
            }
        }
    }
}

/// Adds what the data are: a digest for each dataset and each file of weights that was looked at.
pub fn with_data(plan: &mut Plan, data: BTreeMap<String, String>) {
    if let (false, Some(form)) = (data.is_empty(), plan.canonical.as_object_mut()) {
        form.insert("data".into(), json!(data));
        plan.canonical = sorted(plan.canonical.take());
        plan.hash = hash(&plan.canonical);
    }
}

fn resolved_form(plan: &Plan) -> Json {
    let stages: Vec<&str> = plan.stages.iter().map(|s| s.name.as_str()).collect();
    json!({
        "format": crate::config::FORMAT,
        "run": { "seed": plan.run.seed, "precision": plan.run.precision },
        "datasets": by_name(plan.datasets.iter().map(|d| (d.name.clone(), json!({
            "component": component(&d.component),
            "transforms": d.transforms.iter().map(component).collect::<Vec<_>>(),
        })))),
        "networks": by_name(plan.networks.iter().map(|n| (n.node.clone(), network(n)))),
        "applications": by_name(plan.applications.iter().map(|a| (a.node.clone(), json!({
            "network": plan.networks[a.network].node,
            "inputs": a.inputs.iter().map(|v| value(plan, v)).collect::<Vec<_>>(),
            "detach": a.detach,
        })))),
        "losses": by_name(plan.losses.iter().map(|l| (l.name.clone(), loss(plan, l)))),
        "updates": by_name(plan.updates.iter().map(|u| (u.name.clone(), update(plan, u)))),
        "stages": by_name(plan.stages.iter().map(|s| (s.name.clone(), json!({
            "length": span(s.length),
            "updates": s.updates.iter().map(|u| plan.updates[*u].name.clone()).collect::<Vec<_>>(),
            "batch": s.batch,
            "data": s.data.iter().map(|(from, to)| [&plan.datasets[*from].name, &plan.datasets[*to].name])
                .collect::<Vec<_>>(),
        })))),
        "train": { "stages": stages, "epoch-of": plan.train.epoch_of.map(|d| plan.datasets[d].name.clone()) },
        "evaluate": {
            "every": span(plan.evaluate.every), "select": plan.evaluate.select, "average": plan.evaluate.average,
            "batch-norm": plan.evaluate.batch_norm, "dropout": plan.evaluate.dropout, "batch": plan.evaluate.batch,
        },
        "evaluations": by_name(plan.evaluations.iter().map(|e| (e.name.clone(), evaluation(plan, e)))),
    })
}

/// 16 hexadecimal digits of the SHA-256 of the canonical form's text.
pub fn hash(canonical: &Json) -> String {
    let digest = Sha256::digest(canonical.to_string().as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn by_name(entries: impl Iterator<Item = (String, Json)>) -> Json {
    Json::Object(entries.collect::<BTreeMap<_, _>>().into_iter().collect())
}

/// The same value with the keys of every object in order.
fn sorted(value: Json) -> Json {
    match value {
        Json::Object(map) => {
            let map: BTreeMap<String, Json> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            Json::Object(map.into_iter().collect::<Map<_, _>>())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

fn component(component: &Component) -> Json {
    json!({ "use": format!("{}/{}", component.family, component.name), "settings": component.settings })
}

fn span(span: Span) -> Json {
    match span {
        Span::Steps(n) => json!({ "steps": n }),
        Span::Epochs(n) => json!({ "epochs": n }),
        Span::Percent(n) => json!({ "percent": n }),
    }
}

fn value(plan: &Plan, value: &Value) -> Json {
    match value {
        Value::Dataset { dataset, port } => json!([plan.datasets[*dataset].name, port]),
        Value::Node { application, output } => {
            let applied = &plan.applications[*application];
            let port = &plan.networks[applied.network].outputs[*output].port;
            json!([applied.node, port.port, port.element])
        }
    }
}

fn network(network: &Network) -> Json {
    let port = |p: &crate::graph::plan::NetworkPort| json!([p.port, p.element]);
    let source = |from: &OpSource| match from {
        OpSource::Input(i) => port(&network.inputs[*i]),
        OpSource::Op { op, output } => json!([network.ops[*op].path, output]),
    };
    let op = |(op, frozen): (&Op, &bool)| {
        let inputs = op.inputs.iter().map(|(port, from)| (port.clone(), from.iter().map(source).collect()));
        (op.path.clone(), json!({ "component": component(&op.component), "inputs": by_name(inputs), "frozen": frozen }))
    };
    let weights = match &network.weights {
        Weights::None => json!("none"),
        Weights::File { path, layout, strict, node, at } => {
            parts(json!({ "file": path, "layout": layout, "strict": strict }), node.as_ref(), at)
        }
        Weights::Cell { folder, node, which, at } => {
            let cell = folder.file_name().map(|f| f.to_string_lossy());
            parts(json!({ "cell": cell, "which": which }), Some(node), at)
        }
    };
    json!({
        "component": network.component,
        "ops": by_name(network.ops.iter().zip(&network.frozen).map(op)),
        "outputs": network.outputs.iter().map(|o| json!([port(&o.port), source(&o.from)])).collect::<Vec<_>>(),
        "weights": weights,
        "init": component(&network.init),
    })
}

/// Weights with what only some of them say.
fn parts(mut weights: Json, node: Option<&String>, at: &[String]) -> Json {
    if let Some(map) = weights.as_object_mut() {
        map.extend(node.map(|node| ("node".into(), json!(node))));
        map.extend((!at.is_empty()).then(|| ("at".into(), json!(at))));
    }
    weights
}

fn loss(plan: &Plan, loss: &crate::graph::plan::Loss) -> Json {
    let name = |index: Option<usize>| index.map(|n| plan.networks[n].node.clone());
    let inputs = |inputs: &ElementInputs| match inputs {
        ElementInputs::Plain(ports) => by_name(ports.iter().map(|(port, v)| (port.clone(), value(plan, v)))),
        ElementInputs::Shown { real, fake } => {
            let all = |values: &[Value]| values.iter().map(|v| value(plan, v)).collect::<Vec<_>>();
            json!({ "real": all(real), "fake": all(fake) })
        }
    };
    let elements = loss.elements.iter().map(|e| json!([e.share, inputs(&e.inputs)])).collect::<Vec<_>>();
    json!({
        "component": component(&loss.component), "weight": loss.weight, "ramp": component(&loss.ramp),
        "hardest": loss.hardest, "detach": loss.detach, "network": name(loss.network),
        "discriminator": name(loss.discriminator), "pool": loss.pool,
        "discriminator-weight": loss.discriminator_weight, "elements": elements,
    })
}

fn update(plan: &Plan, update: &crate::graph::plan::Update) -> Json {
    let learns = update
        .learns
        .iter()
        .flat_map(|l| l.ops.iter().map(|(op, rate)| (plan.networks[l.network].ops[*op].path.clone(), json!(rate))));
    let terms = update.terms.iter().map(|(loss, side)| (plan.losses[*loss].name.clone(), json!(format!("{side:?}"))));
    json!({
        "learns": by_name(learns), "terms": by_name(terms), "optimizer": component(&update.optimizer),
        "schedule": component(&update.schedule), "clip": format!("{:?}", update.clip),
        "accumulate": update.accumulate, "every": update.every, "times": update.times, "clamp": update.clamp,
        "average": update.average.map(|a| json!([a.decay, span(a.from)])),
    })
}

fn evaluation(plan: &Plan, e: &crate::graph::plan::Evaluation) -> Json {
    let ports = |ports: &[(String, Value)]| by_name(ports.iter().map(|(port, v)| (port.clone(), value(plan, v))));
    let metrics = e
        .metrics
        .iter()
        .map(|m| json!([component(&m.component), m.columns, m.network.map(|n| plan.networks[n].node.clone())]));
    let name = |d: &usize| plan.datasets[*d].name.clone();
    json!({
        "inputs": ports(&e.inputs),
        "metrics": metrics.collect::<Vec<_>>(),
        "splits": e.splits,
        "data": by_name(e.data.iter().map(|(from, to)| (name(from), to.iter().map(name).collect()))),
        "group-by": e.group_by.as_ref().map(|g| json!([value(plan, &g.value), g.edges])),
        "baselines": by_name(e.baselines.iter().map(|(row, values)| (row.clone(), ports(values)))),
    })
}

/// Every value written in the tree with its origin, then the defaults of components that nobody wrote.
pub fn provenance(tree: &Item, plan: &Plan) -> Vec<Provenance> {
    let mut found = vec![];
    if let Some(table) = tree.as_table() {
        walk(table, &mut vec![], &mut found);
    }
    let losses = plan.losses.iter().map(|l| (format!("losses.{}", l.name), &l.component));
    let datasets = plan.datasets.iter().map(|d| (format!("datasets.{}", d.name), &d.component));
    let optimizers = plan.updates.iter().map(|u| (format!("updates.{}.optimizer", u.name), &u.optimizer));
    for (path, component) in datasets.chain(losses).chain(optimizers) {
        for (key, value) in &component.settings {
            let key = format!("{path}.{key}");
            let written = |p: &Provenance| p.key == key || p.key.starts_with(&format!("{key}."));
            if !found.iter().any(written) && !path.ends_with("optimizer") {
                found.push(Provenance { key, value: value.to_string(), origin: "default".into() });
            }
        }
    }
    found
}

fn walk(table: &Table, path: &mut Vec<String>, found: &mut Vec<Provenance>) {
    for (key, item) in table {
        path.push(quoted(key));
        match &item.value {
            Written::Table(inner) if !inner.is_empty() => walk(inner, path, found),
            _ => found.push(Provenance { key: path.join("."), value: inline(item), origin: describe(&item.origin) }),
        }
        path.pop();
    }
}
