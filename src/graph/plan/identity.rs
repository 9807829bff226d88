//! Identity of a cell (language.md, section 8): a hash of its resolved form, free of the order of keys. It is worked out
//! where somebody asks for it: checking a study does not.

mod form;
mod sorted;

use super::{Canonical, Common, Plan, Run};
use serde::Serialize;
use serde_json::json;
use sorted::text;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The canonical form and its hash, once known.
#[derive(Clone, Debug, Default)]
pub struct Identity(OnceLock<(Canonical, String)>);

impl From<Canonical> for Identity {
    fn from(form: Canonical) -> Self {
        let hash = form.hash();
        Identity::known(form, hash)
    }
}

impl Identity {
    /// Of a cell that bears this hash already.
    pub fn known(form: Canonical, hash: String) -> Identity {
        Identity(OnceLock::from((form, hash)))
    }
}

impl Plan {
    /// Identity of the cell: hash of the canonical form, 16 hexadecimal digits. That of its data is in it only after
    /// [`Plan::add_data`].
    pub fn hash(&self) -> &str {
        &self.identified().1
    }

    /// The canonical form itself, everything that a cell's results depend on, by name.
    pub fn canonical(&self) -> &Canonical {
        &self.identified().0
    }

    /// Adds what the data are: a digest for each dataset and each file of weights that was looked at.
    pub fn add_data(&mut self, digests: BTreeMap<String, String>) {
        if !digests.is_empty() {
            let mut form = self.canonical().clone();
            form.set("data", json!(digests).to_string());
            self.identity = form.into();
        }
    }

    fn identified(&self) -> &(Canonical, String) {
        self.identity.0.get_or_init(|| {
            let mut form = self.common.form.get_or_init(|| common(&self.common)).clone();
            form.set("run", run(&self.run));
            let hash = form.hash();
            (form, hash)
        })
    }
}

/// All sections but `run`.
fn common(common: &Common) -> Canonical {
    let mut form = Canonical::default();
    form::sections(common, &mut form);
    // Left out where all are first ones: a cell of old keeps its identity.
    if !common.revisions.is_empty() {
        form.set("revisions", text(&common.revisions));
    }
    form
}

fn run(run: &Run) -> String {
    #[derive(Serialize)]
    struct Form<'a> {
        precision: &'a str,
        seed: u64,
        /// Of how many processes each has statistics of its own.
        #[serde(skip_serializing_if = "Option::is_none")]
        statistics: Option<usize>,
    }
    let processes = run.processes();
    let statistics = (processes > 1 && !run.sync_batch_norm).then_some(processes);
    text(&Form { precision: &run.precision, seed: run.seed, statistics })
}
