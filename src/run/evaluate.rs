//! Evaluations: metrics over a split, with baselines and groups (language.md, section 7).

mod embed;
mod protocols;

pub use protocols::Pairs;

use super::data::{Data, datasets_of};
use super::{Draw, Models, Roles, RunError, Scene};
use crate::components::metric::{self, MetricInputs, View};
use crate::components::sample::{Batch, Split};
use crate::graph::plan::{self, GroupBy, Plan, Value};
use crate::random::Stream;
use crate::record::{Column, Group, Observer, Progress, Summary};
use crate::tensor::{Backend, Context};
use embed::Embedders;
use protocols::Protocols;
use std::collections::BTreeMap;

/// Values by row: `None` is the trained graph, a name a baseline.
type Rows = BTreeMap<Option<String>, BTreeMap<String, Vec<Option<f64>>>>;

/// What a pass over a split gives: columns of the graph and of each baseline.
#[derive(Default)]
pub struct Evaluated {
    pub columns: BTreeMap<String, Summary>,
    pub baselines: BTreeMap<String, BTreeMap<String, Summary>>,
    /// What protocols compared, where single values are kept.
    pub pairs: Vec<Pairs>,
}

/// The columns of the validation split.
pub fn validated(plan: &Plan) -> Vec<Column> {
    let on = |e: &&plan::Evaluation| e.splits.iter().any(|split| split == Split::Validation.name());
    let parts: Vec<String> = plan.evaluations.iter().filter(on).flat_map(|e| prefixes(plan, e)).collect();
    let within =
        |column: &Column| parts.iter().any(|p| column.name.strip_prefix(p).is_some_and(|r| r.starts_with('.')));
    columns(plan).into_iter().filter(within).collect()
}

/// How every column of the plan's evaluations is printed, in the order of the file.
pub fn columns(plan: &Plan) -> Vec<Column> {
    let entries = metric::entries();
    let mut all = Vec::new();
    for evaluation in &plan.evaluations {
        for part in prefixes(plan, evaluation) {
            for metric in &evaluation.metrics {
                let Some(entry) = entries.iter().find(|e| e.entry.card.name == metric.component.name) else { continue };
                for (name, facts) in metric.columns.iter().zip(&entry.columns) {
                    all.push(Column {
                        name: format!("{part}.{name}"),
                        label: label(plan, metric, entry, facts.label),
                        unit: facts.unit.into(),
                        higher_is_better: Some(facts.higher_is_better),
                        decimals: facts.decimals,
                        group: evaluation.group_by.as_ref().map_or_else(String::new, |g| group_name(plan, g)),
                    });
                }
            }
        }
    }
    all
}

/// A column's name; a distance of pictures that a network takes says which network.
fn label(plan: &Plan, metric: &plan::Metric, entry: &metric::MetricEntry, name: &str) -> String {
    let pictures = entry.entry.card.inputs.iter().any(|port| port.name == "prediction");
    match metric.network.filter(|_| pictures).and_then(|n| plan.networks.get(n)) {
        Some(network) => format!("{name} by {}", network.node),
        None => name.into(),
    }
}

/// What groups are, with the unit: the port's name; angles are in degrees.
fn group_name(plan: &Plan, by: &GroupBy) -> String {
    let name = value_name(plan, &by.value);
    if is_angle(name) { format!("{name} (degrees)") } else { name.into() }
}

/// The port of a dataset, the node of a value that is computed.
pub fn value_name<'p>(plan: &'p Plan, value: &'p Value) -> &'p str {
    match value {
        Value::Dataset { port, .. } => port,
        Value::Node { application, .. } => &plan.applications[*application].node,
    }
}

/// Whether a value of this name is an angle in degrees.
pub fn is_angle(name: &str) -> bool {
    matches!(name, "yaw" | "pitch" | "roll")
}

/// `completion`, or `verification.lfw` and `verification.cplfw`.
fn prefixes(plan: &Plan, evaluation: &plan::Evaluation) -> Vec<String> {
    let replaced = evaluation.data.iter().flat_map(|(_, others)| others);
    let named: Vec<String> = replaced.map(|d| format!("{}.{}", evaluation.name, plan.datasets[*d].name)).collect();
    if named.is_empty() { vec![evaluation.name.clone()] } else { named }
}

/// One evaluation over one split. `keep`: keep each sample's value.
pub struct Evaluator<'a, D: Backend> {
    pub plan: &'a Plan,
    pub models: &'a Models<D>,
    pub data: &'a Data,
}

impl<D: Backend> Evaluator<'_, D> {
    /// Every given evaluation that reads this split.
    pub fn run(
        &self,
        evaluations: &[&plan::Evaluation],
        split: Split,
        keep: bool,
        observer: &mut dyn Observer,
    ) -> Result<Evaluated, RunError> {
        let mut result = Evaluated::default();
        for evaluation in evaluations.iter().filter(|e| e.splits.iter().any(|s| s == split.name())) {
            let values = evaluation.inputs.iter().map(|(_, v)| v);
            let values = values.chain(evaluation.baselines.iter().flat_map(|(_, ports)| ports.iter().map(|(_, v)| v)));
            let values: Vec<&Value> = values.chain(evaluation.group_by.as_ref().map(|g| &g.value)).collect();
            let read: Vec<usize> = datasets_of(self.plan, values).into_iter().collect();
            let mut embedders = Embedders::default();
            for (prefix, datasets) in self.readings(evaluation, &read) {
                let reading = (*evaluation, prefix.as_str(), datasets.as_slice());
                self.one(reading, split, keep, &mut embedders, observer, &mut result)?;
            }
        }
        Ok(result)
    }

    /// Prefix of the columns, and the dataset that the graph names with the one that is read.
    fn readings(&self, evaluation: &plan::Evaluation, read: &[usize]) -> Vec<(String, Vec<(usize, usize)>)> {
        let own: Vec<(usize, usize)> = read.iter().map(|d| (*d, *d)).collect();
        let mut all = Vec::new();
        for (named, others) in &evaluation.data {
            for other in others {
                let datasets = own.iter().map(|(n, r)| (*n, if n == named { *other } else { *r })).collect();
                all.push((format!("{}.{}", evaluation.name, self.plan.datasets[*other].name), datasets));
            }
        }
        if all.is_empty() { vec![(evaluation.name.clone(), own)] } else { all }
    }

    fn one(
        &self,
        (evaluation, prefix, datasets): (&plan::Evaluation, &str, &[(usize, usize)]),
        split: Split,
        keep: bool,
        embedders: &mut Embedders,
        observer: &mut dyn Observer,
        result: &mut Evaluated,
    ) -> Result<(), RunError> {
        let roles = Roles::evaluation(self.plan, self.plan.evaluate.batch_norm, self.plan.evaluate.dropout);
        let metrics = evaluation
            .metrics
            .iter()
            .map(|m| metric::open(&m.component.name, &m.component.settings).map_err(failed(prefix)))
            .collect::<Result<Vec<_>, _>>()?;
        let mut walk = self.data.evaluation(datasets, split, self.plan.evaluate.batch)?;
        let of = walk.samples.div_ceil(self.plan.evaluate.batch.max(1)) as u64;
        observer.observe(&Progress::EvaluationStarted { split: split.name().into(), batches: of });
        let (mut rows, mut groups, mut done) = (Rows::new(), Vec::new(), 0);
        let mut protocols = Protocols::default();
        while let Some(batches) = walk.next(self.data)? {
            let draw = Draw::new(&self.models.device, batches, Stream::new(0, "evaluation").fork(done))?;
            let ctx = Context::inference(&self.models.device);
            let scene = Scene::new(self.plan, self.models, &ctx, &draw, &roles, false);
            let own = (None, evaluation.inputs.clone());
            let others =
                evaluation.baselines.iter().map(|(name, ports)| (Some(name.clone()), with(&evaluation.inputs, ports)));
            for (row, ports) in std::iter::once(own).chain(others) {
                for (i, (metric, plan)) in metrics.iter().zip(&evaluation.metrics).enumerate() {
                    protocols.show(&scene, (i, &row), (&**metric, plan), &ports, embedders)?;
                }
                self.measure(&scene, evaluation, &metrics, prefix, row, &ports, &mut rows)?;
            }
            if let Some(group) = &evaluation.group_by {
                groups.extend(scene.constant(&group.value)?.to_vec());
            }
            done += 1;
            observer.observe(&Progress::EvaluationBatch { done, of });
        }
        for (row, columns) in rows {
            let target = match row {
                None => &mut result.columns,
                Some(name) => result.baselines.entry(name).or_default(),
            };
            for (column, values) in columns {
                target.insert(column, summary(values, &groups, evaluation.group_by.as_ref(), keep));
            }
        }
        for (_, read) in datasets {
            protocols.pair(self.data.pairings(*read, split));
        }
        protocols.finish((evaluation, prefix, datasets), (&groups, keep), embedders, &metrics, result)
    }

    #[allow(clippy::too_many_arguments, reason = "one row of one batch")]
    fn measure(
        &self,
        scene: &Scene<'_, D>,
        evaluation: &plan::Evaluation,
        metrics: &[Box<dyn metric::Metric>],
        prefix: &str,
        row: Option<String>,
        ports: &[(String, Value)],
        rows: &mut Rows,
    ) -> Result<(), RunError> {
        let values = ports.iter().map(|(p, v)| Ok((p, scene.constant(v)?))).collect::<Result<Vec<_>, RunError>>()?;
        let single = metrics.iter().zip(&evaluation.metrics).filter(|(metric, _)| metric.protocol().is_none());
        for (metric, plan) in single {
            let mut hosts: Vec<(String, [usize; 4], Vec<f32>)> = Vec::with_capacity(values.len());
            for (port, value) in &values {
                let applied = match plan.network {
                    Some(network) if metric::is_picture(&plan.component.name, port) => {
                        scene.network(network, std::slice::from_ref(value), true)?
                    }
                    _ => vec![value.clone()],
                };
                let shown = if metric.every_output() { applied.len() } else { 1 };
                for (i, value) in applied.iter().take(shown).enumerate() {
                    let name = if i == 0 { port.to_string() } else { format!("{port}-{i}") };
                    hosts.push((name, value.shape(), value.to_vec()));
                }
            }
            let views = hosts.iter().map(|(port, shape, data)| (port.as_str(), View { shape: *shape, data })).collect();
            let samples = metric.samples(&MetricInputs { ports: views }).map_err(failed(prefix))?;
            for (name, numbers) in plan.columns.iter().zip(samples) {
                let column = format!("{prefix}.{name}");
                rows.entry(row.clone()).or_default().entry(column).or_default().extend(numbers);
            }
        }
        Ok(())
    }
}

fn failed(place: &str) -> impl Fn(metric::MetricError) -> RunError {
    let place = place.to_string();
    move |error| RunError::Component { place: place.clone(), message: error.to_string() }
}

/// An evaluation's inputs with a baseline's ports in their place.
fn with(inputs: &[(String, Value)], ports: &[(String, Value)]) -> Vec<(String, Value)> {
    let other = |port: &str| ports.iter().find(|(p, _)| p == port).map(|(_, v)| v.clone());
    inputs.iter().map(|(port, value)| (port.clone(), other(port).unwrap_or_else(|| value.clone()))).collect()
}

fn summary(values: Vec<Option<f64>>, groups: &[f32], by: Option<&GroupBy>, keep: bool) -> Summary {
    let (mean, std, n) = moments(values.iter().flatten().copied());
    let groups = by.map_or(Vec::new(), |by| grouped(&values, groups, &by.edges, keep));
    Summary { mean, std, n, values: if keep { values } else { Vec::new() }, groups }
}

/// Mean, standard deviation (n - 1) and count.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64, u64) {
    let n = values.clone().count();
    if n == 0 {
        return (f64::NAN, f64::NAN, 0);
    }
    let mean = values.clone().sum::<f64>() / n as f64;
    let squares: f64 = values.map(|v| (v - mean).powi(2)).sum();
    (mean, if n > 1 { (squares / (n - 1) as f64).sqrt() } else { 0.0 }, n as u64)
}

/// The groups of some values. `keep`: keep which samples they hold.
fn grouped(values: &[Option<f64>], keys: &[f32], edges: &[f64], keep: bool) -> Vec<Group> {
    let group = |(label, at, mut samples): (String, f64, Vec<usize>)| {
        samples.retain(|i| values[*i].is_some());
        let (mean, std, n) = moments(samples.iter().filter_map(|i| values[*i]));
        let samples = if keep { samples } else { Vec::new() };
        (n > 0).then_some(Group { label, at, mean, std, n, samples })
    };
    groups_of(keys, edges).into_iter().filter_map(group).collect()
}

/// Label, place on an axis and samples of each group: bins `[a, b)`, the last closed; labels where there are no edges.
fn groups_of(keys: &[f32], edges: &[f64]) -> Vec<(String, f64, Vec<usize>)> {
    let mut bins: Vec<(String, f64, f64, f64)> =
        edges.windows(2).map(|e| (format!("{} to {}", e[0], e[1]), (e[0] + e[1]) / 2.0, e[0], e[1])).collect();
    if bins.is_empty() {
        let mut labels: Vec<i64> = keys.iter().map(|k| *k as i64).collect();
        labels.sort_unstable();
        labels.dedup();
        bins = labels.into_iter().map(|l| (l.to_string(), l as f64, l as f64, l as f64 + 1.0)).collect();
    }
    let last = edges.last().copied();
    let inside = |key: f64, from: f64, to: f64| (from <= key && key < to) || (Some(to) == last && key == to);
    let group = |(label, at, from, to): (String, f64, f64, f64)| {
        let inside = |(i, key): (usize, &f32)| inside(f64::from(*key), from, to).then_some(i);
        (label, at, keys.iter().enumerate().filter_map(inside).collect())
    };
    bins.into_iter().map(group).collect()
}

/// Values of a wire for given samples of the test split, each N x C x H x W on the host.
pub fn values_of<D: Backend>(
    plan: &Plan,
    models: &Models<D>,
    data: &Data,
    wires: &[&Value],
    indices: &[usize],
) -> Result<Vec<([usize; 4], Vec<f32>)>, RunError> {
    let datasets: Vec<(usize, usize)> = datasets_of(plan, wires.iter().copied()).into_iter().map(|d| (d, d)).collect();
    values_on(plan, models, data, &datasets, wires, indices)
}

/// [`values_of`] with other datasets read in the place of those that the graph names.
pub fn values_on<D: Backend>(
    plan: &Plan,
    models: &Models<D>,
    data: &Data,
    datasets: &[(usize, usize)],
    wires: &[&Value],
    indices: &[usize],
) -> Result<Vec<([usize; 4], Vec<f32>)>, RunError> {
    let batches: Vec<(usize, Batch)> = data.samples(datasets, Split::Test, indices)?;
    let draw = Draw::new(&models.device, batches, Stream::new(0, "samples"))?;
    let ctx = Context::inference(&models.device);
    let roles = Roles::evaluation(plan, plan.evaluate.batch_norm, plan.evaluate.dropout);
    let scene = Scene::new(plan, models, &ctx, &draw, &roles, false);
    wires.iter().map(|v| scene.constant(v).map(|var| (var.shape(), var.to_vec()))).collect()
}

/// Whether an evaluation's values depend on a network that a stage learns.
pub fn depends(plan: &Plan, evaluation: &plan::Evaluation, learnt: &[Vec<bool>]) -> bool {
    let roles = Roles::new(plan, learnt.to_vec(), learnt);
    let own = evaluation.metrics.iter().filter_map(|m| m.network).any(|n| learnt[n].contains(&true));
    own || evaluation.inputs.iter().any(|(_, v)| match v {
        Value::Node { application, .. } => reads(plan, &roles, *application),
        Value::Dataset { .. } => false,
    })
}

/// As `differentiated`, but through detached wires too.
fn reads(plan: &Plan, roles: &Roles, application: usize) -> bool {
    roles.differentiated[application]
        || plan.applications[application].inputs.iter().any(|v| match v {
            Value::Node { application, .. } => reads(plan, roles, *application),
            Value::Dataset { .. } => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_close_only_at_the_end() {
        let values = [Some(1.0), Some(3.0), None, Some(5.0), Some(7.0)];
        let groups = grouped(&values, &[0.0, 15.0, 15.0, 30.0, 90.0], &[0.0, 15.0, 30.0], true);
        let seen: Vec<_> = groups.iter().map(|g| (g.label.as_str(), g.mean, g.n, g.samples.as_slice())).collect();
        assert_eq!(seen, [("0 to 15", 1.0, 1, &[0][..]), ("15 to 30", 4.0, 2, &[1, 3][..])]);
        assert!(grouped(&values, &[0.0; 5], &[0.0, 15.0], false)[0].samples.is_empty());
    }

    #[test]
    fn deviation_is_that_of_a_sample() {
        // By hand: mean 2, squares 1 + 0 + 1 over 2.
        assert_eq!(moments([1.0, 2.0, 3.0].into_iter()), (2.0, 1.0, 3));
    }
}
