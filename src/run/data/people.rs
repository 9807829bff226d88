//! Whether people of the training are seen in a test that must not see them.

use super::{Data, RunError, datasets_of};
use crate::components::dataset::People;
use crate::components::metric;
use crate::components::sample::Split;
use crate::graph::plan::{Evaluation, Plan};
use crate::run::train::drawn;
use std::collections::BTreeSet;

/// Names that a message tells.
const TOLD: usize = 3;

/// The first evaluation whose protocol compares people of the training and does not allow it.
pub fn check(plan: &Plan, data: &Data) -> Result<(), RunError> {
    let guarded: Vec<&Evaluation> = plan.evaluations.iter().filter(|e| keeps_apart(e)).collect();
    if guarded.is_empty() {
        return Ok(());
    }
    let training = training(plan);
    for evaluation in guarded {
        for split in Split::ALL.into_iter().filter(|s| evaluation.splits.iter().any(|name| name == s.name())) {
            for test in read(plan, evaluation) {
                let Some(tested) = data.people(test, split) else { continue };
                for trained in &training {
                    let Some(known) = data.people(*trained, Split::Train) else { continue };
                    apart(plan, &evaluation.name, (*trained, &known), (test, &tested))?;
                }
            }
        }
    }
    Ok(())
}

fn keeps_apart(evaluation: &Evaluation) -> bool {
    let guards = |m: &crate::graph::plan::Metric| {
        metric::open(&m.component.name, &m.component.settings).is_ok_and(|metric| !metric.shares_people())
    };
    evaluation.metrics.iter().any(guards)
}

/// Datasets that some stage draws from.
fn training(plan: &Plan) -> BTreeSet<usize> {
    let of = |stage: &crate::graph::plan::Stage| {
        let read = |d: usize| stage.data.iter().find(|(from, _)| *from == d).map_or(d, |(_, to)| *to);
        drawn(plan, stage).into_iter().map(read).collect::<Vec<_>>()
    };
    plan.stages.iter().flat_map(of).collect()
}

/// Datasets that an evaluation reads.
fn read(plan: &Plan, evaluation: &Evaluation) -> BTreeSet<usize> {
    let named = datasets_of(plan, evaluation.inputs.iter().map(|(_, value)| value));
    let others = |d: usize| match evaluation.data.iter().find(|(from, _)| *from == d) {
        Some((_, others)) => others.clone(),
        None => vec![d],
    };
    named.into_iter().flat_map(others).collect()
}

fn apart(
    plan: &Plan,
    evaluation: &str,
    (trained, known): (usize, &People),
    (test, tested): (usize, &People),
) -> Result<(), RunError> {
    let (known, tested) = (known.present(), tested.present());
    let shared: Vec<&str> = known.intersection(&tested).copied().collect();
    if shared.is_empty() {
        return Ok(());
    }
    let told = shared.iter().take(TOLD).copied().collect::<Vec<_>>().join(", ");
    let more = if shared.len() > TOLD { ", .." } else { "" };
    let message = format!(
        "{} of its {} people are in the training data `{}` too ({told}{more}): numbers of such a test say little of people \
         who were never seen. Leave them out of the training, or set `allow-shared-identities = true` in the metric of \
         `evaluations.{evaluation}`",
        shared.len(),
        tested.len(),
        plan.datasets[trained].name,
    );
    Err(RunError::Data { dataset: plan.datasets[test].name.clone(), message })
}
