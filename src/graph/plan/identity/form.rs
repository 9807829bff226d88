//! What of a plan its results depend on, section by section, by name: numbers of networks and values are an accident.
//! Fields stand in the order of their names.

use super::sorted::{ByName, object, text};
use crate::graph::plan::{
    Application, Canonical, Common, Component, Dataset, Element, ElementInputs, Evaluation, Loss, Network, OpSource,
    Span, Stage, Update, Value, Weights,
};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// All sections but `run`.
pub fn sections(plan: &Common, form: &mut Canonical) {
    form.set("format", text(&crate::config::FORMAT));
    form.set("datasets", named(&plan.datasets, |d| &d.name, dataset));
    form.set("networks", named(&plan.networks, |n| &n.node, network));
    form.set("applications", named(&plan.applications, |a| &a.node, |a| application(plan, a)));
    form.set("losses", named(&plan.losses, |l| &l.name, |l| loss(plan, l)));
    form.set("updates", named(&plan.updates, |u| &u.name, |u| update(plan, u)));
    form.set("stages", named(&plan.stages, |s| &s.name, |s| stage(plan, s)));
    form.set("train", text(&train(plan)));
    form.set("evaluate", text(&evaluate(plan)));
    form.set("evaluations", named(&plan.evaluations, |e| &e.name, |e| evaluation(plan, e)));
}

fn named<'a, T, V: Serialize>(all: &'a [T], name: impl Fn(&'a T) -> &'a String, form: impl Fn(&'a T) -> V) -> String {
    text(&all.iter().map(|one| (name(one), form(one))).collect::<ByName<_, _>>())
}

/// A component as `{ settings, use }`.
struct Used<'a>(&'a Component);

impl Serialize for Used<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Form<'a> {
            #[serde(serialize_with = "settings")]
            settings: &'a Component,
            r#use: String,
        }
        fn settings<S: Serializer>(component: &Component, serializer: S) -> Result<S::Ok, S::Error> {
            object(&component.settings, serializer)
        }
        let Component { family, name, .. } = self.0;
        Form { settings: self.0, r#use: format!("{family}/{name}") }.serialize(serializer)
    }
}

fn dataset(dataset: &Dataset) -> impl Serialize {
    #[derive(Serialize)]
    struct Form<'a> {
        component: Used<'a>,
        transforms: Vec<Used<'a>>,
    }
    Form { component: Used(&dataset.component), transforms: dataset.transforms.iter().map(Used).collect() }
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Length {
    Steps(u64),
    Epochs(u64),
    Percent(u64),
}

fn length(span: Span) -> Length {
    match span {
        Span::Steps(n) => Length::Steps(n),
        Span::Epochs(n) => Length::Epochs(n),
        Span::Percent(n) => Length::Percent(n),
    }
}

/// A value by its dataset, or by the node that gives it.
#[derive(Serialize)]
#[serde(untagged)]
enum Named<'a> {
    Dataset(&'a str, &'a str),
    Node(&'a str, &'a str, Option<usize>),
}

fn value<'a>(plan: &'a Common, value: &'a Value) -> Named<'a> {
    match value {
        Value::Dataset { dataset, port } => Named::Dataset(&plan.datasets[*dataset].name, port),
        Value::Node { application, output } => {
            let applied = &plan.applications[*application];
            let port = &plan.networks[applied.network].outputs[*output].port;
            Named::Node(&applied.node, &port.port, port.element)
        }
    }
}

fn ports<'a>(plan: &'a Common, ports: &'a [(String, Value)]) -> ByName<&'a String, Named<'a>> {
    ports.iter().map(|(port, v)| (port, value(plan, v))).collect()
}

fn network_name(plan: &Common, index: Option<usize>) -> Option<&str> {
    index.map(|n| plan.networks[n].node.as_str())
}

#[derive(Serialize)]
#[serde(untagged)]
enum Source<'a> {
    Input(&'a str, Option<usize>),
    Op(&'a str, usize),
}

fn source(network: &Network, from: OpSource) -> Source<'_> {
    match from {
        OpSource::Input(i) => Source::Input(&network.inputs[i].port, network.inputs[i].element),
        OpSource::Op { op, output } => Source::Op(&network.ops[op].path, output),
    }
}

fn network(network: &Network) -> impl Serialize {
    #[derive(Serialize)]
    struct Form<'a, O: Serialize> {
        component: &'a str,
        init: Used<'a>,
        ops: O,
        outputs: Vec<((&'a str, Option<usize>), Source<'a>)>,
        weights: Given<'a>,
    }
    #[derive(Serialize)]
    struct OpForm<'a> {
        component: Used<'a>,
        frozen: bool,
        inputs: ByName<&'a str, Vec<Source<'a>>>,
    }
    let ops = network.ops.iter().zip(&network.frozen).map(|(op, frozen)| {
        let inputs =
            op.inputs.iter().map(|(port, from)| (*port, from.iter().map(|f| source(network, *f)).collect())).collect();
        (&*op.path, OpForm { component: Used(&op.component), frozen: *frozen, inputs })
    });
    let outputs = network.outputs.iter().map(|o| ((o.port.port.as_str(), o.port.element), source(network, o.from)));
    Form {
        component: &network.component,
        init: Used(&network.init),
        ops: ops.collect::<ByName<_, _>>(),
        outputs: outputs.collect(),
        weights: given(&network.weights),
    }
}

/// Where values come from; `at` and `node` only where they say something.
#[derive(Serialize)]
#[serde(untagged)]
enum Given<'a> {
    None(&'static str),
    File {
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        at: &'a [String],
        file: Cow<'a, str>,
        layout: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        node: Option<&'a str>,
        strict: bool,
    },
    Cell {
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        at: &'a [String],
        cell: Option<String>,
        node: &'a str,
        which: &'a str,
    },
}

fn given(weights: &Weights) -> Given<'_> {
    match weights {
        Weights::None => Given::None("none"),
        Weights::File { path, layout, strict, node, at } => {
            Given::File { at, file: path.to_string_lossy(), layout, node: node.as_deref(), strict: *strict }
        }
        Weights::Cell { folder, node, which, at } => {
            Given::Cell { at, cell: folder.file_name().map(|f| f.to_string_lossy().into_owned()), node, which }
        }
    }
}

fn application<'a>(plan: &'a Common, application: &'a Application) -> impl Serialize {
    #[derive(Serialize)]
    struct Form<'a> {
        detach: &'a [bool],
        inputs: Vec<Named<'a>>,
        network: &'a str,
    }
    Form {
        detach: &application.detach,
        inputs: application.inputs.iter().map(|v| value(plan, v)).collect(),
        network: &plan.networks[application.network].node,
    }
}

fn loss<'a>(plan: &'a Common, loss: &'a Loss) -> impl Serialize {
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Form<'a> {
        component: Used<'a>,
        detach: &'a [String],
        discriminator: Option<&'a str>,
        discriminator_weight: f64,
        elements: Vec<(f64, Inputs<'a>)>,
        hardest: f64,
        network: Option<&'a str>,
        pool: usize,
        ramp: Used<'a>,
        weight: f64,
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Inputs<'a> {
        Plain(ByName<&'a String, Named<'a>>),
        Shown { fake: Vec<Named<'a>>, real: Vec<Named<'a>> },
    }
    let all = |values: &'a [Value]| values.iter().map(|v| value(plan, v)).collect::<Vec<_>>();
    let inputs = |element: &'a Element| match &element.inputs {
        ElementInputs::Plain(given) => Inputs::Plain(ports(plan, given)),
        ElementInputs::Shown { real, fake } => Inputs::Shown { fake: all(fake), real: all(real) },
    };
    Form {
        component: Used(&loss.component),
        detach: &loss.detach,
        discriminator: network_name(plan, loss.discriminator),
        discriminator_weight: loss.discriminator_weight,
        elements: loss.elements.iter().map(|e| (e.share, inputs(e))).collect(),
        hardest: loss.hardest,
        network: network_name(plan, loss.network),
        pool: loss.pool,
        ramp: Used(&loss.ramp),
        weight: loss.weight,
    }
}

fn update<'a>(plan: &'a Common, update: &'a Update) -> impl Serialize {
    #[derive(Serialize)]
    struct Form<'a> {
        accumulate: usize,
        average: Option<(f64, Length)>,
        clamp: Option<f64>,
        clip: String,
        every: usize,
        learns: ByName<&'a str, f64>,
        optimizer: Used<'a>,
        schedule: Used<'a>,
        terms: ByName<&'a String, String>,
        times: usize,
    }
    let learns = update.learns.iter().flat_map(|l| {
        let ops = &plan.networks[l.network].ops;
        l.ops.iter().map(move |(op, rate)| (&*ops[*op].path, *rate))
    });
    Form {
        accumulate: update.accumulate,
        average: update.average.map(|a| (a.decay, length(a.from))),
        clamp: update.clamp,
        clip: format!("{:?}", update.clip),
        every: update.every,
        learns: learns.collect(),
        optimizer: Used(&update.optimizer),
        schedule: Used(&update.schedule),
        terms: update.terms.iter().map(|(l, side)| (&plan.losses[*l].name, format!("{side:?}"))).collect(),
        times: update.times,
    }
}

fn stage<'a>(plan: &'a Common, stage: &'a Stage) -> impl Serialize {
    #[derive(Serialize)]
    struct Form<'a> {
        batch: usize,
        data: Vec<[&'a str; 2]>,
        length: Length,
        updates: Vec<&'a str>,
    }
    let name = |dataset: usize| plan.datasets[dataset].name.as_str();
    Form {
        batch: stage.batch,
        data: stage.data.iter().map(|(from, to)| [name(*from), name(*to)]).collect(),
        length: length(stage.length),
        updates: stage.updates.iter().map(|u| plan.updates[*u].name.as_str()).collect(),
    }
}

fn train(plan: &Common) -> impl Serialize {
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Form<'a> {
        epoch_of: Option<&'a str>,
        stages: Vec<&'a str>,
    }
    Form {
        epoch_of: plan.train.epoch_of.map(|d| plan.datasets[d].name.as_str()),
        stages: plan.stages.iter().map(|s| s.name.as_str()).collect(),
    }
}

fn evaluate(plan: &Common) -> impl Serialize {
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Form<'a> {
        average: bool,
        batch: usize,
        batch_norm: bool,
        dropout: bool,
        every: Length,
        select: Option<&'a str>,
    }
    let evaluate = &plan.evaluate;
    Form {
        average: evaluate.average,
        batch: evaluate.batch,
        batch_norm: evaluate.batch_norm,
        dropout: evaluate.dropout,
        every: length(evaluate.every),
        select: evaluate.select.as_deref(),
    }
}

fn evaluation<'a>(plan: &'a Common, evaluation: &'a Evaluation) -> impl Serialize {
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Form<'a> {
        baselines: ByName<&'a String, ByName<&'a String, Named<'a>>>,
        data: ByName<&'a str, Vec<&'a str>>,
        group_by: Option<(Named<'a>, &'a [f64])>,
        inputs: ByName<&'a String, Named<'a>>,
        metrics: Vec<(Used<'a>, &'a [String], Option<&'a str>)>,
        splits: &'a [String],
    }
    let name = |dataset: usize| plan.datasets[dataset].name.as_str();
    let data = evaluation.data.iter().map(|(from, to)| (name(*from), to.iter().map(|d| name(*d)).collect()));
    let metrics = evaluation.metrics.iter();
    Form {
        baselines: evaluation.baselines.iter().map(|(row, values)| (row, ports(plan, values))).collect(),
        data: data.collect(),
        group_by: evaluation.group_by.as_ref().map(|g| (value(plan, &g.value), g.edges.as_slice())),
        inputs: ports(plan, &evaluation.inputs),
        metrics: metrics.map(|m| (Used(&m.component), m.columns.as_slice(), network_name(plan, m.network))).collect(),
        splits: &evaluation.splits,
    }
}
