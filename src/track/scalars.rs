//! The numbers of an event, with the names under which trackers show them: `<group>/..`.

use crate::record::{Event, Summary};
use std::collections::BTreeMap;

/// Step and named numbers of an event that has some.
///
/// `loss/<update>/<loss>` is weighted, `loss-raw/..` is not; `validation/<column>` and `test/<column>` are means, those of
/// baselines are under `<split>-<baseline>/`.
pub fn scalars(event: &Event) -> Option<(u64, Vec<(String, f64)>)> {
    let mut all = Vec::new();
    let mut put = |name: String, value: f64| all.push((clean(&name), value));
    match event {
        Event::Step(step) => {
            for (update, record) in &step.updates {
                for (loss, term) in &record.terms {
                    put(format!("loss/{update}/{loss}"), term.weighted);
                    put(format!("loss-raw/{update}/{loss}"), term.raw);
                }
                put(format!("learning-rate/{update}"), record.learning_rate);
                put(format!("gradient-norm/{update}"), record.gradient_norm);
                put(format!("seconds/{update}"), record.seconds);
            }
            put("seconds/step".into(), step.step_seconds);
            put("seconds/loading".into(), step.loading_seconds);
            put("progress/epoch".into(), step.epoch);
        }
        Event::Evaluation(evaluation) => {
            let split = &evaluation.split;
            columns(split, &evaluation.columns, &mut put);
            for (row, found) in &evaluation.baselines {
                columns(&format!("{split}-{row}"), found, &mut put);
            }
            put(format!("seconds/{split}"), evaluation.seconds);
        }
        Event::Checkpoint { .. } | Event::Resumed { .. } => return None,
    }
    Some((event.total_step(), all))
}

fn columns(under: &str, all: &BTreeMap<String, Summary>, put: &mut impl FnMut(String, f64)) {
    for (column, summary) in all {
        put(format!("{under}/{column}"), summary.mean);
    }
}

/// Names that both trackers take: letters, digits, `_-./ `.
fn clean(name: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || "_-./ ".contains(c);
    name.chars().map(|c| if allowed(c) { c } else { '_' }).collect()
}
