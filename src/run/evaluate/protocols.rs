//! Protocols of an evaluation at work: what they are shown, and what comes of it.

use super::embed::Embedders;
use super::{Evaluated, failed, groups_of};
use crate::components::metric::{
    Compared, Finished, Metric, MetricInputs, Pairing, Protocol, Shown, Tally, View, is_picture,
};
use crate::graph::plan::{self, GroupBy, Value};
use crate::record::{Group, Summary};
use crate::run::{RunError, Scene};
use crate::tensor::Backend;
use std::collections::BTreeMap;

/// By metric, and by row: the trained graph, or a baseline.
#[derive(Default)]
pub struct Protocols(BTreeMap<(usize, Option<String>), Box<dyn Protocol>>);

/// Pairs that were compared, and where they are from.
pub struct Pairs {
    /// Column of the accuracy: `verification.lfw.accuracy`.
    pub column: String,
    /// Of the evaluation in the plan.
    pub evaluation: String,
    /// The dataset that the graph names with the one that was read.
    pub datasets: Vec<(usize, usize)>,
    pub compared: Compared,
    /// What they were grouped by, of each pair; empty without.
    pub groups: Vec<f32>,
    /// Vectors of the pictures, by their numbers.
    pub vectors: BTreeMap<usize, Vec<f32>>,
}

impl Protocols {
    /// Shows a batch to one metric's protocol for a row.
    pub fn show<D: Backend>(
        &mut self,
        scene: &Scene<'_, D>,
        place: (usize, &Option<String>),
        (metric, plan): (&dyn Metric, &plan::Metric),
        ports: &[(String, Value)],
        embedders: &mut Embedders,
    ) -> Result<(), RunError> {
        let (number, row) = place;
        let protocol = match self.0.entry((number, row.clone())) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => match metric.protocol() {
                Some(protocol) => place.insert(protocol),
                None => return Ok(()),
            },
        };
        let mut hosts = Vec::with_capacity(ports.len());
        let mut pictures = Vec::new();
        for (port, value) in ports {
            let value = scene.constant(value)?;
            let (shape, values) = (value.shape(), value.to_vec());
            let network = plan.network.filter(|_| is_picture(&plan.component.name, port));
            let Some(network) = network else {
                hosts.push((port.as_str(), shape, values));
                continue;
            };
            let embedder = embedders.entry((network, metric.flips())).or_default();
            let numbers = embedder.numbers(scene, (network, metric.flips()), (shape, &values))?;
            let vectors: Vec<f32> = numbers.iter().flat_map(|n| embedder.vector(*n)).copied().collect();
            let length = vectors.len() / numbers.len().max(1);
            hosts.push((port.as_str(), [numbers.len(), length, 1, 1], vectors));
            pictures.push((port.as_str(), numbers));
        }
        let views = hosts.iter().map(|(port, shape, data)| (*port, View { shape: *shape, data })).collect();
        let shown = Shown { inputs: MetricInputs { ports: views }, pictures };
        protocol.show(&shown).map_err(failed(&plan.component.name))
    }

    /// Tells what a dataset wants compared.
    pub fn pair(&mut self, pairings: &[(usize, usize, bool)]) {
        let pairs: Vec<Pairing> = pairings
            .iter()
            .map(|(first, second, same)| Pairing { first: *first, second: *second, same: *same })
            .collect();
        if !pairs.is_empty() {
            self.0.values_mut().for_each(|protocol| protocol.pair(&pairs));
        }
    }

    /// Counts: columns with their groups, and the pairs of the trained graph if they are to be kept.
    pub fn finish(
        self,
        (evaluation, prefix, datasets): (&plan::Evaluation, &str, &[(usize, usize)]),
        (keys, keep): (&[f32], bool),
        embedders: &Embedders,
        metrics: &[Box<dyn Metric>],
        result: &mut Evaluated,
    ) -> Result<(), RunError> {
        for ((number, row), mut protocol) in self.0 {
            let plan = &evaluation.metrics[number];
            let Finished { columns, compared } = protocol.finish().map_err(failed(prefix))?;
            let groups = evaluation.group_by.as_ref().map_or(vec![], |by| grouped(&*protocol, by, keys, keep));
            let trained = row.is_none();
            let target = match row {
                None => &mut result.columns,
                Some(name) => result.baselines.entry(name).or_default(),
            };
            for (i, (name, tally)) in plan.columns.iter().zip(columns).enumerate() {
                let of_column = |(group, all): &(Group, Vec<Tally>)| {
                    let tally = &all[i];
                    let group = Group { mean: tally.mean, std: tally.std, n: tally.n, ..group.clone() };
                    (tally.n > 0).then_some(group)
                };
                let groups = groups.iter().filter_map(of_column).collect();
                let Tally { mean, std, n, values } = tally;
                let values = if keep { values } else { vec![] };
                target.insert(format!("{prefix}.{name}"), Summary { mean, std, n, values, groups });
            }
            let column = plan.columns.first().map(|name| format!("{prefix}.{name}"));
            if let (Some(compared), Some(column), true) = (compared, column, trained && keep) {
                let embedder = plan.network.and_then(|n| embedders.get(&(n, metrics[number].flips())));
                let known = |n: &usize| embedder.map(|e| (*n, e.vector(*n).to_vec()));
                let vectors = compared.pictures.iter().flatten().filter_map(known).collect();
                let (evaluation, datasets) = (evaluation.name.clone(), datasets.to_vec());
                let groups = keys.to_vec();
                result.pairs.push(Pairs { column, evaluation, datasets, compared, groups, vectors });
            }
        }
        Ok(())
    }
}

/// The groups of a protocol: each with all its columns.
fn grouped(protocol: &dyn Protocol, by: &GroupBy, keys: &[f32], keep: bool) -> Vec<(Group, Vec<Tally>)> {
    let group = |(label, at, samples): (String, f64, Vec<usize>)| {
        let tallies = protocol.part(&samples);
        let samples = if keep { samples } else { vec![] };
        (Group { label, at, samples, ..Group::default() }, tallies)
    };
    groups_of(keys, &by.edges).into_iter().map(group).collect()
}
