//! Identity of a cell (language.md, section 8): a hash of its resolved form, free of the order of keys.

mod form;
mod revisions;
mod sorted;

use crate::graph::library::Library;
use crate::graph::plan::{Canonical, Plan, Run};
use serde::Serialize;
use serde_json::json;
use sorted::text;
use std::collections::BTreeMap;

/// Sets the canonical form, everything that a cell's results depend on, by name, and its hash.
pub fn settle(plan: &mut Plan, library: &Library) {
    let mut form = Canonical::default();
    form::sections(plan, &mut form);
    form.set("run", run(&plan.run));
    let revised = revisions::used(plan, library);
    // Left out where all are first ones: a cell of old keeps its identity.
    if !revised.is_empty() {
        form.set("revisions", text(&revised));
    }
    plan.hash = form.hash();
    plan.canonical = form;
}

/// The same for a plan of which only `run` is another.
pub fn settle_run(plan: &mut Plan) {
    plan.canonical.set("run", run(&plan.run));
    plan.hash = plan.canonical.hash();
}

/// Adds what the data are: a digest for each dataset and each file of weights that was looked at.
pub fn with_data(plan: &mut Plan, data: BTreeMap<String, String>) {
    if !data.is_empty() {
        plan.canonical.set("data", json!(data).to_string());
        plan.hash = plan.canonical.hash();
    }
}

fn run(run: &Run) -> String {
    #[derive(Serialize)]
    struct Form<'a> {
        precision: &'a str,
        seed: u64,
    }
    text(&Form { precision: &run.precision, seed: run.seed })
}
