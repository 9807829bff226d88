//! The datasets of a run: opened once, loaded ahead of the step.

mod check;
mod contents;
mod people;
mod transformed;

pub use crate::components::dataset::made_by;
pub use check::{Counts, check};
pub use contents::{Contents, contents, models};
pub use people::check as check_people;

use super::loader::{Evaluation, LoadError, Loader, Source};
use super::{Draw, RunError};
use crate::components::dataset::{self, Dataset, People, Progress, Surroundings};
use crate::components::holes;
use crate::components::sample::{Batch, DataError, Split};
use crate::components::transform::Pipeline;
use crate::graph::plan::{self, Plan, Stage, Value};
use crate::random::Stream;
use crate::tensor::{Backend, Share};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use transformed::Transformed;

/// An opened dataset with its transforms.
struct Opened {
    name: String,
    dataset: Arc<dyn Dataset>,
    transforms: Arc<Pipeline>,
}

impl Opened {
    /// Opens a dataset and adds it to what lies around the next.
    fn new(part: &plan::Dataset, around: &mut Surroundings) -> Result<Opened, RunError> {
        let failed = |error: DataError| {
            let root = part.component.settings.get("root").and_then(|root| root.as_str());
            let hint = match (&error, root) {
                (DataError::NoFolder(folder), Some(root)) if *folder == dataset::resolve(&part.base, root) => {
                    let made = made_by(&part.component.name, folder);
                    let made = made.map(|command| format!(", or make it: {command}")).unwrap_or_default();
                    format!("; say where it is with `--set datasets.{}.root=DIR`{made}", part.name)
                }
                _ => String::new(),
            };
            RunError::Data { dataset: part.name.clone(), message: format!("{error}{hint}") }
        };
        around.base = part.base.clone();
        let dataset = dataset::open(&part.component.name, &part.component.settings, around).map_err(failed)?;
        check_classes(part, &*dataset)?;
        let steps: Vec<_> = part.transforms.iter().map(|t| (t.name.clone(), t.settings.clone())).collect();
        let transforms = Arc::new(Pipeline::open(&steps).map_err(failed)?);
        // A union reads its parts as their transforms leave them.
        let read: Arc<dyn Dataset> = match part.transforms.is_empty() {
            true => dataset.clone(),
            false => Arc::new(Transformed::new(dataset.clone(), transforms.clone(), &part.ports)),
        };
        around.datasets.insert(part.name.clone(), read);
        Ok(Opened { name: part.name.clone(), dataset, transforms })
    }
}

/// A label must not have more classes than the graph reckoned with: a union of datasets that name unlike people has.
fn check_classes(part: &plan::Dataset, dataset: &dyn Dataset) -> Result<(), RunError> {
    let reckoned = |port: &str| part.ports.iter().find(|(name, _)| name == port).map_or(0, |(_, edge)| edge.classes);
    let more = dataset.ports().iter().find(|(name, edge)| edge.classes > reckoned(name));
    more.map_or(Ok(()), |(port, edge)| {
        let (found, expected) = (edge.classes, reckoned(port));
        let message =
            format!("`{port}` has {found} classes, where {expected} are reckoned with: its parts name unlike ones");
        Err(RunError::Data { dataset: part.name.clone(), message })
    })
}

fn surroundings(cache: &Path, progress: Option<Progress>) -> Surroundings {
    let (cache, base) = (cache.to_path_buf(), cache.to_path_buf());
    Surroundings { cache, progress, base, holes: holes::open, datasets: BTreeMap::new() }
}

/// Every dataset of a plan.
pub struct Data {
    all: Vec<Opened>,
    seed: u64,
}

impl Data {
    /// Opens all datasets; a procedural one renders or reads its cache now.
    pub fn open(plan: &Plan, cache: &Path, progress: Option<Progress>) -> Result<Data, RunError> {
        let mut around = surroundings(cache, progress);
        let mut all = Vec::with_capacity(plan.datasets.len());
        for part in &plan.datasets {
            all.push(Opened::new(part, &mut around)?);
        }
        Ok(Data { all, seed: plan.run.seed })
    }

    pub fn len(&self, dataset: usize, split: Split) -> usize {
        self.all[dataset].dataset.len(split)
    }

    /// Names of the classes of a label port, where it has names.
    pub fn classes(&self, dataset: usize, port: &str) -> Option<Vec<String>> {
        self.all[dataset].dataset.classes(port)
    }

    /// Sets of samples that a protocol compares.
    pub fn pairings(&self, dataset: usize, split: Split) -> &[(usize, usize, bool)] {
        self.all[dataset].dataset.pairings(split)
    }

    /// Who is seen in a split, where that is known.
    fn people(&self, dataset: usize, split: Split) -> Option<People> {
        self.all[dataset].dataset.people(split)
    }

    fn source(&self, dataset: usize, split: Split) -> Source {
        let opened = &self.all[dataset];
        let (dataset, transforms) = (opened.dataset.clone(), opened.transforms.clone());
        Source { dataset, transforms, split, name: opened.name.clone() }
    }

    fn failed(&self, dataset: usize) -> impl Fn(LoadError) -> RunError {
        let dataset = self.all[dataset].name.clone();
        move |error| RunError::Data { dataset: dataset.clone(), message: error.to_string() }
    }

    /// These samples of a split, of several datasets side by side.
    pub fn samples(
        &self,
        datasets: &[(usize, usize)],
        split: Split,
        indices: &[usize],
    ) -> Result<Vec<(usize, Batch)>, RunError> {
        let of = |(named, read): &(usize, usize)| {
            let batch = self.source(*read, split).evaluated(indices.iter().copied()).map_err(self.failed(*read))?;
            Ok((*named, batch))
        };
        datasets.iter().map(of).collect()
    }

    /// All samples of a split in order: the graph's dataset and the one read in its place.
    pub fn evaluation(&self, datasets: &[(usize, usize)], split: Split, batch: usize) -> Result<Walk, RunError> {
        let lengths: BTreeSet<usize> = datasets.iter().map(|(_, read)| self.len(*read, split)).collect();
        if lengths.len() > 1 {
            let names: Vec<&str> = datasets.iter().map(|(_, read)| self.all[*read].name.as_str()).collect();
            let message = format!(
                "one evaluation reads {} together, but their {} splits differ in length",
                names.join(" and "),
                split.name()
            );
            return Err(RunError::Data { dataset: names[0].into(), message });
        }
        let open = |(named, read): &(usize, usize)| {
            let walk = Evaluation::new(self.source(*read, split), batch).map_err(self.failed(*read))?;
            Ok((*named, *read, walk))
        };
        Ok(Walk {
            parts: datasets.iter().map(open).collect::<Result<_, RunError>>()?,
            samples: lengths.first().copied().unwrap_or(0),
        })
    }

    /// Loaders of what a stage draws; of a share of each batch, where other processes have the others.
    pub fn loaders(
        &self,
        plan: &Plan,
        stage: &Stage,
        drawn: &BTreeSet<usize>,
        share: Option<&Share>,
    ) -> Result<Loaders, RunError> {
        let (rank, ranks) = share.map_or((0, 1), |share| (share.group.rank(), share.group.ranks()));
        let open = |&named: &usize| {
            let read = stage.data.iter().find(|(from, _)| *from == named).map_or(named, |(_, to)| *to);
            let Source { dataset, transforms, split, name } = self.source(read, Split::Train);
            let loader =
                Loader::new(dataset, transforms, split, stage.batch, self.seed, &format!("{}/{name}", stage.name));
            let loader = loader.map_err(self.failed(read))?.part(rank, ranks);
            Ok((named, plan.datasets[named].name.clone(), loader))
        };
        let parts = drawn.iter().map(open).collect::<Result<Vec<_>, RunError>>()?;
        Ok(Loaders { parts, waited: 0.0, share: share.cloned() })
    }
}

/// A pass over a split.
pub struct Walk {
    parts: Vec<(usize, usize, Evaluation)>,
    pub samples: usize,
}

impl Walk {
    /// The next batch of each dataset; `None` at the end.
    pub fn next(&mut self, data: &Data) -> Result<Option<Vec<(usize, Batch)>>, RunError> {
        let mut batches = Vec::with_capacity(self.parts.len());
        for (named, read, walk) in &mut self.parts {
            match walk.next() {
                Some(batch) => batches.push((*named, batch.map_err(data.failed(*read))?.0)),
                None => return Ok(None),
            }
        }
        Ok((!batches.is_empty()).then_some(batches))
    }
}

/// The training batches of a stage.
pub struct Loaders {
    parts: Vec<(usize, String, Loader)>,
    /// Seconds waited for data since last asked.
    waited: f64,
    share: Option<Share>,
}

impl Loaders {
    /// One batch of each dataset.
    pub fn draw<D: Backend>(&mut self, device: &D, stream: Stream) -> Result<Draw<D>, RunError> {
        let mut batches = Vec::with_capacity(self.parts.len());
        for (named, name, loader) in &mut self.parts {
            let (batch, seconds) =
                loader.next().map_err(|e| RunError::Data { dataset: name.clone(), message: e.to_string() })?;
            self.waited += seconds;
            batches.push((*named, batch));
        }
        Ok(Draw::new(device, batches, stream)?.sharing(self.share.clone()))
    }

    pub fn take_waited(&mut self) -> f64 {
        std::mem::take(&mut self.waited)
    }

    pub fn positions(&self) -> BTreeMap<String, u64> {
        self.parts.iter().map(|(_, name, loader)| (name.clone(), loader.position())).collect()
    }

    pub fn seek(&mut self, positions: &BTreeMap<String, u64>) {
        for (_, name, loader) in &mut self.parts {
            loader.seek(positions.get(name).copied().unwrap_or(0));
        }
    }
}

/// Datasets that values depend on.
pub fn datasets_of<'a>(plan: &Plan, values: impl IntoIterator<Item = &'a Value>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open: Vec<Value> = values.into_iter().cloned().collect();
    let mut seen = BTreeSet::new();
    while let Some(value) = open.pop() {
        match value {
            Value::Dataset { dataset, .. } => {
                found.insert(dataset);
            }
            Value::Node { application, .. } if seen.insert(application) => {
                open.extend(plan.applications[application].inputs.iter().cloned());
            }
            Value::Node { .. } => {}
        }
    }
    found
}
