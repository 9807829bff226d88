//! Runs beside each other: what differs in their configuration, in what they ran on, and in what they measured, with the
//! same tests as a table's. The first is what the others are compared with.

mod json;
mod metrics;
mod text;

pub use metrics::{Metric, Why};

use super::ReportError;
use super::tested::Tested;
use crate::record::{CellEntry, CellRecord, Environment, State};
use crate::report::group::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Cells that differ only in their seed, under one name.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// As it was asked for: `9a804b`, `experiments/x.toml:uv-gan`.
    pub name: String,
    /// `UV-GAN`.
    pub title: String,
    pub cells: Vec<(CellEntry, CellRecord)>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    pub runs: Vec<Told>,
    /// Keys that some run has, and those of them that differ.
    pub keys: usize,
    pub configuration: Vec<Differing>,
    pub environment: Vec<Differing>,
    /// Runs that left a configuration, and an environment; what only one has cannot be compared.
    pub known: [usize; 2],
    pub metrics: Vec<Metric>,
    /// What a reader must know of the metrics.
    pub notes: Vec<String>,
}

/// A run, for the head of the comparison.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub name: String,
    pub title: String,
    pub experiment: String,
    pub cells: Vec<CellTold>,
}

#[derive(Clone, Debug, Default)]
pub struct CellTold {
    pub hash: String,
    pub seed: u64,
    /// Absent where it was never started.
    pub state: Option<State>,
}

/// A key and its value in each run; `None` where it is unset.
#[derive(Clone, Debug, PartialEq)]
pub struct Differing {
    pub key: String,
    pub values: Vec<Option<String>>,
}

/// Compares two runs or more.
pub fn compare(sides: &[Side]) -> Compared {
    let configurations: Vec<_> = sides.iter().map(configuration).collect();
    let environments: Vec<_> = sides.iter().map(environment).collect();
    let (metrics, notes) = metrics::metrics(sides);
    Compared {
        runs: sides.iter().map(told).collect(),
        keys: configurations.iter().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>().len(),
        configuration: differing(&configurations),
        environment: differing(&environments),
        known: [&configurations, &environments].map(|all| all.iter().filter(|values| !values.is_empty()).count()),
        metrics,
        notes,
    }
}

impl Compared {
    /// Whether nothing differs: keys, environment, numbers.
    pub fn identical(&self) -> bool {
        let equal = |m: &Metric| m.values.windows(2).all(|pair| mean(&pair[0]) == mean(&pair[1]));
        let measured = self.metrics.iter().filter(|m| !m.cost);
        let known = self.known.iter().all(|known| *known == self.runs.len());
        known && self.configuration.is_empty() && self.environment.is_empty() && measured.into_iter().all(equal)
    }

    /// For people: lines of at most `width` characters, the last without an end.
    pub fn text(&self, width: usize, colour: bool) -> String {
        text::text(self, width, colour)
    }

    /// For machines.
    ///
    /// # Errors
    /// None that its values allow.
    pub fn json(&self) -> Result<String, ReportError> {
        json::json(self)
    }
}

fn mean(value: &Option<Value>) -> Option<f64> {
    value.map(|v| v.mean)
}

/// `A`, `B`, .. `Z`, `AA`.
pub fn letter(i: usize) -> String {
    let last = char::from(b'A' + (i % 26) as u8);
    if i < 26 { last.to_string() } else { format!("{}{last}", letter(i / 26 - 1)) }
}

fn told(side: &Side) -> Told {
    let status = side.cells.iter().find_map(|(_, r)| r.status.as_ref());
    let cell = |(entry, record): &(CellEntry, CellRecord)| CellTold {
        hash: entry.hash.clone(),
        seed: entry.seed,
        state: record.status.as_ref().map(|s| s.state),
    };
    Told {
        name: side.name.clone(),
        title: side.title.clone(),
        experiment: status.map(|s| s.experiment.clone()).unwrap_or_default(),
        cells: side.cells.iter().map(cell).collect(),
    }
}

type Values = BTreeMap<String, String>;

/// Every key of a run; where its cells differ (their seeds do), each value once.
fn configuration(side: &Side) -> Values {
    let values = side.cells.iter().flat_map(|(_, record)| &record.config);
    joined(values.map(|v| (v.key.clone(), v.value.clone())))
}

fn environment(side: &Side) -> Values {
    joined(side.cells.iter().filter_map(|(_, record)| record.environment.as_ref()).flat_map(facts))
}

/// When and by which command a cell ran is its own; all else may explain a difference.
fn facts(e: &Environment) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = [
        ("ablate", e.version.clone()),
        ("commit", e.commit.clone()),
        ("device", e.device.clone()),
        ("processor", e.cpu.clone()),
        ("cores", e.cores.to_string()),
        ("threads", e.threads.to_string()),
        ("memory", super::page::bytes(e.memory_bytes)),
        ("system", e.os.clone()),
        ("data", e.data.clone()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    all.extend(e.crates.iter().map(|(name, version)| (format!("crate {name}"), version.clone())));
    all.extend(e.weights.iter().map(|w| (format!("weights of {}", w.node), w.file.clone())));
    all.retain(|(_, value)| !value.is_empty());
    all
}

fn joined(values: impl Iterator<Item = (String, String)>) -> Values {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in values {
        let known = all.entry(key).or_default();
        if !known.contains(&value) {
            known.push(value);
        }
    }
    all.into_iter().map(|(key, values)| (key, values.join(", "))).collect()
}

/// Keys that not all have, or not with one value. A run without any key (it was never started) says nothing.
fn differing(all: &[Values]) -> Vec<Differing> {
    let keys: BTreeSet<&String> = all.iter().flat_map(BTreeMap::keys).collect();
    let known: Vec<&Values> = all.iter().filter(|values| !values.is_empty()).collect();
    let differs = |key: &&String| known.iter().any(|values| values.get(*key) != known[0].get(*key));
    let row = |key: &String| Differing {
        key: key.clone(),
        values: all.iter().map(|values| values.get(key).cloned()).collect(),
    };
    keys.into_iter().filter(differs).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Provenance;

    fn side(values: &[(&str, &str)]) -> Side {
        let config = values.iter().map(|(key, value)| Provenance {
            key: (*key).into(),
            value: (*value).into(),
            origin: String::new(),
        });
        let record = CellRecord { config: config.collect(), ..CellRecord::default() };
        Side { cells: vec![(CellEntry::default(), record)], ..Side::default() }
    }

    #[test]
    fn only_what_differs_is_told() {
        let mut first = side(&[("a", "1"), ("b", "2"), ("run.seed", "0")]);
        first.cells.extend(side(&[("a", "1"), ("b", "2"), ("run.seed", "1")]).cells);
        let compared = compare(&[first, side(&[("a", "1"), ("c", "3"), ("run.seed", "0")]), Side::default()]);
        let told: Vec<(&str, &[Option<String>])> =
            compared.configuration.iter().map(|d| (d.key.as_str(), d.values.as_slice())).collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                ("b", &[some("2"), None, None][..]),
                ("c", &[None, some("3"), None][..]),
                ("run.seed", &[some("0, 1"), some("0"), None][..])
            ]
        );
        assert_eq!(compared.keys, 4);
        assert!(!compared.identical() && compared.known == [2, 0]);
    }

    #[test]
    fn runs_have_letters() {
        assert_eq!([0, 25, 26, 52].map(letter), ["A", "Z", "AA", "BA"]);
    }
}
