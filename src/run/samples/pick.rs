//! Which samples of the test split a figure shows, and what their rows are called.

use super::evaluate;
use crate::components::sample::Split;
use crate::graph::plan::{Pick, Plan, Shown, Value};
use crate::random::Stream;
use crate::record::Status;
use crate::run::RunError;
use crate::run::data::{Data, datasets_of};
use crate::run::train::Trainer;
use crate::tensor::Backend;

/// Picks the samples of one figure.
pub struct Picker<'a, 't, D: Backend> {
    pub plan: &'a Plan,
    pub trainer: &'a Trainer<'t, D>,
    pub data: &'a Data,
    pub shown: &'a Shown,
    pub status: &'a Status,
}

impl<D: Backend> Picker<'_, '_, D> {
    /// Indices in the test split, with their labels: `sample 12 · yaw 60° · PSNR 14.2 dB`.
    pub fn rows(&self) -> Result<Vec<(usize, String)>, RunError> {
        let count = self.shown.count;
        let picked: Vec<(usize, Option<f64>)> = match &self.shown.pick {
            // The same samples for every variant and seed, so that rows can be compared.
            Pick::Random => {
                let order = Stream::new(0, "pick").permutation(self.samples());
                order.into_iter().take(count).map(|i| (i, None)).collect()
            }
            Pick::Indices(indices) => indices.iter().filter(|i| **i < self.samples()).map(|i| (*i, None)).collect(),
            Pick::Near { value, at } => {
                let all: Vec<usize> = (0..self.samples()).collect();
                near(&self.values(value, &all)?, at, count).into_iter().map(|i| (i, None)).collect()
            }
            Pick::Best(column) => self.ranked(column, Rank::Best),
            Pick::Median(column) => self.ranked(column, Rank::Median),
            Pick::Worst(column) => self.ranked(column, Rank::Worst),
        };
        let indices: Vec<usize> = picked.iter().map(|(i, _)| *i).collect();
        let mut labels: Vec<Vec<String>> = indices.iter().map(|i| vec![format!("sample {i}")]).collect();
        if let (Some(value), false) = (self.told(), indices.is_empty()) {
            let name = evaluate::value_name(self.plan, value);
            for (label, number) in labels.iter_mut().zip(self.values(value, &indices)?) {
                label.push(named(name, f64::from(number)));
            }
        }
        for (label, (_, number)) in labels.iter_mut().zip(&picked) {
            label.extend(number.map(|number| self.measured(number)));
        }
        Ok(indices.into_iter().zip(labels).map(|(i, label)| (i, label.join(" · "))).collect())
    }

    /// Samples of the test split that all datasets of the figure have.
    fn samples(&self) -> usize {
        let near = match &self.shown.pick {
            Pick::Near { value, .. } => Some(value),
            _ => None,
        };
        let wires = self.shown.wires.iter().filter_map(|(_, v)| v.as_ref()).chain(near);
        datasets_of(self.plan, wires).into_iter().map(|d| self.data.len(d, Split::Test)).min().unwrap_or(0)
    }

    /// What a row is told by: the value that it was picked by, else what an evaluation groups the same dataset by.
    fn told(&self) -> Option<&Value> {
        if let Pick::Near { value, .. } = &self.shown.pick {
            return Some(value);
        }
        let own = datasets_of(self.plan, self.shown.wires.iter().filter_map(|(_, v)| v.as_ref()));
        let groups = self.plan.evaluations.iter().filter_map(|e| e.group_by.as_ref()).map(|g| &g.value);
        groups.into_iter().find(|value| match value {
            Value::Dataset { dataset, .. } => own.contains(dataset),
            Value::Node { .. } => false,
        })
    }

    /// The first number of a value for each of these samples, a batch at a time.
    fn values(&self, value: &Value, indices: &[usize]) -> Result<Vec<f32>, RunError> {
        let mut all = Vec::with_capacity(indices.len());
        for batch in indices.chunks(self.plan.evaluate.batch.max(1)) {
            let read = evaluate::values_of(self.plan, &self.trainer.models, self.data, &[value], batch)?;
            for (shape, numbers) in &read {
                all.extend(numbers.chunks((shape[1] * shape[2] * shape[3]).max(1)).filter_map(|n| n.first()));
            }
        }
        Ok(all)
    }

    fn ranked(&self, column: &str, rank: Rank) -> Vec<(usize, Option<f64>)> {
        let facts = self.status.columns.iter().find(|c| c.name == column);
        let higher = facts.and_then(|c| c.higher_is_better).unwrap_or(true);
        let values = self.status.test.get(column).map_or(&[][..], |s| &s.values);
        ranked(values, higher, self.shown.count, rank)
    }

    /// `PSNR 14.2 dB`, of the column that the figure is picked by.
    fn measured(&self, value: f64) -> String {
        let (Pick::Best(column) | Pick::Median(column) | Pick::Worst(column)) = &self.shown.pick else {
            return String::new();
        };
        let facts = self.status.columns.iter().find(|c| c.name == *column);
        let (label, unit, decimals) =
            facts.map_or((column.as_str(), "", 3), |c| (c.label.as_str(), c.unit.as_str(), c.decimals));
        format!("{label} {value:.decimals$} {unit}").trim_end().to_owned()
    }
}

enum Rank {
    Best,
    Median,
    Worst,
}

fn ranked(values: &[Option<f64>], higher: bool, count: usize, rank: Rank) -> Vec<(usize, Option<f64>)> {
    let mut order: Vec<(usize, f64)> = values.iter().enumerate().filter_map(|(i, v)| v.map(|v| (i, v))).collect();
    order.sort_by(|a, b| if higher { b.1.total_cmp(&a.1) } else { a.1.total_cmp(&b.1) });
    let from = match rank {
        Rank::Best => 0,
        Rank::Median => (order.len() / 2).saturating_sub(count / 2),
        Rank::Worst => order.len().saturating_sub(count),
    };
    let mut rows: Vec<_> = order.into_iter().skip(from).take(count).map(|(i, v)| (i, Some(v))).collect();
    if matches!(rank, Rank::Worst) {
        rows.reverse();
    }
    rows
}

/// `count` samples shared out among the numbers of `at`, the first of these taking what is left over; of each number
/// the nearest samples, the earlier of equals, and no sample twice.
fn near(values: &[f32], at: &[f64], count: usize) -> Vec<usize> {
    let mut picked: Vec<usize> = Vec::new();
    for (i, wanted) in at.iter().enumerate() {
        let share = count / at.len() + usize::from(i < count % at.len());
        let mut order: Vec<usize> = (0..values.len()).filter(|s| !picked.contains(s)).collect();
        let away = |s: &usize| (f64::from(values[*s]) - wanted).abs();
        order.sort_by(|a, b| away(a).total_cmp(&away(b)));
        picked.extend(order.into_iter().take(share));
    }
    picked
}

/// `yaw 60°`, `identity 7`, `scale 0.83`.
fn named(name: &str, value: f64) -> String {
    match value {
        _ if evaluate::is_angle(name) => format!("{name} {value:.0}°"),
        v if v.fract() == 0.0 => format!("{name} {v:.0}"),
        v => format!("{name} {v:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_are_shared_out_and_none_comes_twice() {
        let yaw = [0.0, 61.0, 3.0, 59.5, 30.0, 1.0];
        assert_eq!(near(&yaw, &[0.0, 60.0], 4), [0, 5, 3, 1]);
        assert_eq!(near(&yaw, &[0.0, 60.0], 3), [0, 5, 3]);
        assert_eq!(near(&yaw, &[0.0, 2.0], 4), [0, 5, 2, 4]);
        assert_eq!(near(&yaw, &[0.0], 9).len(), 6);
    }

    #[test]
    fn ranks_run_from_the_end_that_is_asked_for() {
        let values = [Some(3.0), None, Some(9.0), Some(1.0), Some(5.0)];
        let of = |higher, rank| ranked(&values, higher, 2, rank).into_iter().map(|(i, _)| i).collect::<Vec<_>>();
        assert_eq!((of(true, Rank::Best), of(true, Rank::Worst)), (vec![2, 4], vec![3, 0]));
        assert_eq!((of(false, Rank::Best), of(true, Rank::Median)), (vec![3, 0], vec![4, 0]));
    }

    #[test]
    fn rows_are_called_by_what_they_are() {
        assert_eq!(named("yaw", 59.6), "yaw 60°");
        assert_eq!((named("identity", 7.0), named("scale", 0.834)), ("identity 7".into(), "scale 0.83".into()));
    }
}
