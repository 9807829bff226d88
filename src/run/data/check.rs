//! `check --data`: every dataset opened, every sample read, every split that is asked for not empty.

use super::{Opened, RunError, datasets_of, models, surroundings};
use crate::components::dataset::Dataset;
use crate::components::parametric;
use crate::components::sample::Split;
use crate::graph::plan::Plan;
use crate::random::Stream;
use crate::run::train::drawn;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// How many samples a dataset holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    pub dataset: String,
    /// In the order of [`Split::ALL`].
    pub samples: [usize; 3],
}

/// Reads everything that a plan's datasets hold, as a run would. Gives the counts of those that could be opened, and
/// everything that is wrong.
pub fn check(plan: &Plan, cache: &Path) -> (Vec<Counts>, Vec<RunError>) {
    let mut around = surroundings(cache, None);
    let (mut counts, mut problems) = (vec![], vec![]);
    let asked = asked(plan);
    for (index, part) in plan.datasets.iter().enumerate() {
        let opened = match Opened::new(part, &mut around) {
            Ok(opened) => opened,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        counts.push(Counts { dataset: part.name.clone(), samples: Split::ALL.map(|s| opened.dataset.len(s)) });
        let empty =
            Split::ALL.into_iter().filter(|s| asked.contains(&(index, s.name())) && opened.dataset.is_empty(*s));
        problems.extend(empty.map(|split| {
            let message = format!("split `{}` holds no samples", split.name());
            RunError::Data { dataset: part.name.clone(), message }
        }));
        problems.extend(Split::ALL.into_iter().flat_map(|split| unreadable(&part.name, &*opened.dataset, split)));
    }
    for (owner, component) in models(plan) {
        if let Err(error) = parametric::files(&component.settings) {
            problems.push(RunError::Component { place: owner.into(), message: format!("its model: {error}") });
        }
    }
    (counts, problems)
}

/// What is wrong with the samples of a split, in their order. A sample's draw is of no matter here.
fn unreadable(name: &str, dataset: &dyn Dataset, split: Split) -> Vec<RunError> {
    let read = |index: usize| {
        let draw = Stream::new(0, name).named(split.name()).fork(index as u64);
        let error = dataset.sample(split, index, draw).err()?;
        Some(RunError::Data { dataset: name.into(), message: error.to_string() })
    };
    (0..dataset.len(split)).into_par_iter().filter_map(read).collect()
}

/// Datasets and splits that training and evaluations read.
fn asked(plan: &Plan) -> BTreeSet<(usize, &'static str)> {
    let mut found = BTreeSet::new();
    for stage in &plan.stages {
        for dataset in drawn(plan, stage) {
            let read = stage.data.iter().find(|(named, _)| *named == dataset).map_or(dataset, |(_, read)| *read);
            found.insert((read, Split::Train.name()));
        }
    }
    for evaluation in &plan.evaluations {
        let splits = Split::ALL.into_iter().filter(|s| evaluation.splits.iter().any(|name| name == s.name()));
        let datasets = datasets_of(plan, evaluation.inputs.iter().map(|(_, value)| value));
        for split in splits {
            for dataset in &datasets {
                match evaluation.data.iter().find(|(named, _)| named == dataset) {
                    Some((_, others)) => found.extend(others.iter().map(|other| (*other, split.name()))),
                    None => drop(found.insert((*dataset, split.name()))),
                }
            }
        }
    }
    found
}
