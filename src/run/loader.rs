//! Batches, prepared ahead of the step: a thread of its own keeps a few in a channel, each made by a pool of threads.
//!
//! Batch `p` is a pure function of seed, dataset's name and `p`: sample k = p * batch + i is entry k mod n of the k / n'th
//! epoch's permutation (or what the dataset's own order has at k), and draws from a stream forked at k. So a loader has no state to save but its position, and
//! gives the same batches on any number of threads.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Instant;

use rayon::prelude::*;

use crate::components::dataset::Dataset;
use crate::components::dataset::order::Shuffled;
use crate::components::sample::{Batch, DataError, Sample, Split};
use crate::components::transform::Pipeline;
use crate::random::Stream;
use crate::registry::Type;

/// Batches that wait in the channel; one more is in the making.
const AHEAD: usize = 2;

/// Why a loader gives no batch.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("loading `{dataset}`: {why}")]
    Data { dataset: String, why: DataError },
    #[error("the thread that loads `{0}` has stopped")]
    Stopped(String),
    #[error("cannot start a thread to load `{0}`: {1}")]
    Start(String, std::io::Error),
}

/// A dataset with its transforms: what both kinds of loaders read samples from.
#[derive(Clone)]
pub struct Source {
    pub dataset: Arc<dyn Dataset>,
    pub transforms: Arc<Pipeline>,
    pub split: Split,
    /// The dataset's name in the experiment: a stream and messages are called after it.
    pub name: String,
}

impl Source {
    /// Transformed samples side by side, in the order of `wanted` (index and stream of each). Made in parallel.
    pub fn batch(&self, wanted: &[(usize, Stream)]) -> Result<Batch, LoadError> {
        let make = || {
            let samples: Vec<Result<Sample, DataError>> =
                wanted.par_iter().map(|(index, draw)| self.sample(*index, *draw)).collect();
            Batch::stack(samples.into_iter().collect::<Result<Vec<_>, _>>()?)
        };
        let made = match pool() {
            // Called from a pool of its own (a test's), it stays there.
            Some(pool) if rayon::current_thread_index().is_none() => pool.install(make),
            _ => make(),
        };
        made.map_err(|why| LoadError::Data { dataset: self.name.clone(), why })
    }

    fn sample(&self, index: usize, draw: Stream) -> Result<Sample, DataError> {
        let mut sample = self.dataset.sample(self.split, index, draw.named("sample"))?;
        let types: Vec<(String, Type)> = self.dataset.ports().iter().map(|(n, e)| (n.clone(), e.ty)).collect();
        self.transforms.apply(&mut sample, &types, self.split == Split::Train, &draw.named("transforms"))?;
        Ok(sample)
    }

    /// The samples of these indices, each as an evaluation sees it.
    pub fn evaluated(&self, indices: impl IntoIterator<Item = usize>) -> Result<Batch, LoadError> {
        let root = Stream::new(0, "evaluation").named(self.split.name());
        let wanted: Vec<(usize, Stream)> = indices.into_iter().map(|i| (i, root.fork(i as u64))).collect();
        self.batch(&wanted)
    }

    fn samples(&self) -> Result<usize, LoadError> {
        match self.dataset.len(self.split) {
            0 => {
                let why = DataError::NoSamples { dataset: self.name.clone(), split: self.split.name() };
                Err(LoadError::Data { dataset: self.name.clone(), why })
            }
            n => Ok(n),
        }
    }
}

/// Threads that decode and warp, as many as compute, but apart from them; `None` (the caller's own) if none can be had.
fn pool() -> Option<&'static rayon::ThreadPool> {
    static POOL: OnceLock<Option<rayon::ThreadPool>> = OnceLock::new();
    POOL.get_or_init(|| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(rayon::current_num_threads())
            .thread_name(|i| format!("loading-{i}"))
            .build()
            .ok()
    })
    .as_ref()
}

/// A thread that makes batches from a position on, until it has no more or nobody listens.
struct Ahead {
    receiver: Option<Receiver<Result<Batch, LoadError>>>,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    fn start(
        name: &str,
        from: u64,
        mut make: impl FnMut(u64) -> Option<Result<Batch, LoadError>> + Send + 'static,
    ) -> Result<Ahead, LoadError> {
        let (sender, receiver) = sync_channel(AHEAD);
        let work = move || {
            for position in from.. {
                let Some(batch) = make(position) else { return };
                let failed = batch.is_err();
                if sender.send(batch).is_err() || failed {
                    return;
                }
            }
        };
        let builder = std::thread::Builder::new().name(format!("load-{name}"));
        let thread = builder.spawn(work).map_err(|e| LoadError::Start(name.into(), e))?;
        Ok(Ahead { receiver: Some(receiver), thread: Some(thread) })
    }

    /// The next batch and the seconds it was waited for; `None` when the thread has ended.
    fn next(&self) -> Option<(Result<Batch, LoadError>, f64)> {
        let start = Instant::now();
        let batch = self.receiver.as_ref()?.recv().ok()?;
        Some((batch, start.elapsed().as_secs_f64()))
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        // Without a receiver the thread's next send fails, so that joining it waits for one batch at most.
        self.receiver = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Training batches without end.
pub struct Loader {
    source: Source,
    batch: usize,
    /// This process's number, and how many share each batch.
    part: (usize, usize),
    seed: u64,
    position: u64,
    ahead: Option<Ahead>,
}

impl Loader {
    /// A loader at position 0. Nothing is read before the first [`next`](Loader::next).
    pub fn new(
        dataset: Arc<dyn Dataset>,
        transforms: Arc<Pipeline>,
        split: Split,
        batch: usize,
        seed: u64,
        name: &str,
    ) -> Result<Loader, LoadError> {
        let source = Source { dataset, transforms, split, name: name.into() };
        source.samples()?;
        Ok(Loader { source, batch: batch.max(1), part: (0, 1), seed, position: 0, ahead: None })
    }

    /// Gives of every batch the share of one of so many processes: rank 0 the first samples, the last rank the last.
    pub fn part(self, rank: usize, ranks: usize) -> Loader {
        Loader { part: (rank, ranks.max(1)), ..self }
    }

    /// Number of batches given so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Goes to a position: the next batch is that of `position`.
    pub fn seek(&mut self, position: u64) {
        if position != self.position {
            self.ahead = None;
            self.position = position;
        }
    }

    /// The batch at the position, and the seconds that it was waited for.
    #[allow(clippy::should_implement_trait, reason = "it never ends and may fail")]
    pub fn next(&mut self) -> Result<(Batch, f64), LoadError> {
        if self.ahead.is_none() {
            self.ahead = Some(self.start()?);
        }
        let got = self.ahead.as_ref().and_then(Ahead::next);
        let (batch, seconds) = got.ok_or_else(|| LoadError::Stopped(self.source.name.clone()))?;
        let batch = batch.inspect_err(|_| self.ahead = None)?;
        self.position += 1;
        Ok((batch, seconds))
    }

    fn start(&self) -> Result<Ahead, LoadError> {
        let (source, batch, (rank, ranks)) = (self.source.clone(), self.batch, self.part);
        let (from, to) = (batch * rank / ranks, batch * (rank + 1) / ranks);
        let order = Stream::new(self.seed, &format!("shuffle/{}", source.name));
        let draws = Stream::new(self.seed, &format!("draw/{}", source.name));
        let samples = source.samples()?;
        let mut order = source.dataset.order(order).unwrap_or_else(|| {
            let mut each = Shuffled::new(order, samples);
            Box::new(move |k| each.at(k))
        });
        Ahead::start(&self.source.name, self.position, move |position| {
            let first = position as usize * batch;
            let wanted: Vec<(usize, Stream)> =
                (first + from..first + to).map(|k| (order(k), draws.fork(k as u64))).collect();
            Some(source.batch(&wanted))
        })
    }
}

/// All samples of a split once, in order; the last batch may be smaller.
pub struct Evaluation {
    ahead: Ahead,
    name: String,
    rest: usize,
}

impl Evaluation {
    /// Starts to read at once.
    pub fn new(source: Source, batch: usize) -> Result<Evaluation, LoadError> {
        let (samples, batch, name) = (source.samples()?, batch.max(1), source.name.clone());
        let ahead = Ahead::start(&name, 0, move |position| {
            let first = position as usize * batch;
            (first < samples).then(|| source.evaluated(first..samples.min(first + batch)))
        })?;
        Ok(Evaluation { ahead, name, rest: samples.div_ceil(batch) })
    }
}

impl Iterator for Evaluation {
    /// A batch and the seconds that it was waited for.
    type Item = Result<(Batch, f64), LoadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest = self.rest.checked_sub(1)?;
        let got = self.ahead.next().ok_or_else(|| LoadError::Stopped(self.name.clone()));
        let made = got.and_then(|(batch, seconds)| batch.map(|b| (b, seconds)));
        if made.is_err() {
            self.rest = 0;
        }
        Some(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::sample::Array;
    use crate::registry::Edge;
    use std::path::PathBuf;

    /// Numbers: the index and a draw. Fails or panics where it is told to.
    struct Numbers {
        ports: Vec<(String, Edge)>,
        count: usize,
        fails: Option<usize>,
        panics: Option<usize>,
    }

    fn numbers(count: usize) -> Numbers {
        let ports = ["index", "draw"].map(|name| (name.to_string(), Edge::scalar())).to_vec();
        Numbers { ports, count, fails: None, panics: None }
    }

    impl Dataset for Numbers {
        fn len(&self, split: Split) -> usize {
            if split == Split::Test { 0 } else { self.count }
        }
        fn sample(&self, _: Split, index: usize, mut draw: Stream) -> Result<Sample, DataError> {
            assert!(self.panics != Some(index), "told to");
            if self.fails == Some(index) {
                return Err(DataError::File { file: PathBuf::from("bad.png"), why: "told to".into() });
            }
            let index = Array::scalar(index as f32);
            Ok(Sample::default().with("index", index).with("draw", Array::scalar(draw.uniform() as f32)))
        }
        fn ports(&self) -> &[(String, Edge)] {
            &self.ports
        }
        fn draws(&self) -> bool {
            true
        }
    }

    fn loader(data: Numbers, seed: u64) -> Loader {
        Loader::new(Arc::new(data), Arc::default(), Split::Train, 4, seed, "pairs").unwrap()
    }

    fn indices(batch: &Batch) -> Vec<usize> {
        batch.get("index").unwrap().1.iter().map(|v| *v as usize).collect()
    }

    fn take(loader: &mut Loader, n: usize) -> Vec<Batch> {
        (0..n).map(|_| loader.next().unwrap().0).collect()
    }

    #[test]
    fn an_epoch_holds_every_sample_once_and_the_next_is_shuffled_anew() {
        let all: Vec<usize> = take(&mut loader(numbers(10), 0), 5).iter().flat_map(indices).collect();
        let sorted = |part: &[usize]| {
            let mut part = part.to_vec();
            part.sort_unstable();
            part
        };
        assert_eq!(sorted(&all[..10]), (0..10).collect::<Vec<_>>());
        assert_eq!(sorted(&all[10..]), (0..10).collect::<Vec<_>>());
        assert_ne!(all[..10], all[10..]);
    }

    #[test]
    fn the_shares_of_a_batch_make_it_whole() {
        let whole = take(&mut loader(numbers(10), 3), 6);
        let shares: Vec<Vec<Batch>> = (0..2).map(|rank| take(&mut loader(numbers(10), 3).part(rank, 2), 6)).collect();
        for (i, batch) in whole.iter().enumerate() {
            let together: Vec<f32> = shares.iter().flat_map(|s| s[i].get("draw").unwrap().1.to_vec()).collect();
            assert_eq!(together, batch.get("draw").unwrap().1);
        }
    }

    #[test]
    fn seeking_gives_what_an_uninterrupted_loader_gives() {
        let whole = take(&mut loader(numbers(10), 3), 9);
        let mut sought = loader(numbers(10), 3);
        sought.seek(5);
        assert_eq!(take(&mut sought, 4), whole[5..]);
        assert_eq!(sought.position(), 9);
        sought.seek(0);
        assert_eq!(take(&mut sought, 1), whole[..1]);
        assert_ne!(take(&mut loader(numbers(10), 4), 9), whole);
    }

    #[test]
    fn batches_do_not_depend_on_the_number_of_threads() {
        let batch_with = |threads: usize| {
            let source = Source {
                dataset: Arc::new(numbers(100)),
                transforms: Arc::default(),
                split: Split::Train,
                name: "pairs".into(),
            };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let wanted: Vec<(usize, Stream)> = (0..100).map(|i| (i, Stream::new(0, "draw").fork(i as u64))).collect();
            pool.install(|| source.batch(&wanted).unwrap())
        };
        assert_eq!(batch_with(1), batch_with(3));
        assert_eq!(take(&mut loader(numbers(10), 0), 6), take(&mut loader(numbers(10), 0), 6));
    }

    #[test]
    fn evaluation_goes_through_in_order_and_ends_with_a_part() {
        let source = |name: &str| Source {
            dataset: Arc::new(numbers(10)),
            transforms: Arc::default(),
            split: Split::Validation,
            name: name.into(),
        };
        let all: Vec<Batch> = Evaluation::new(source("a"), 4).unwrap().map(|b| b.unwrap().0).collect();
        assert_eq!(all.iter().map(|b| b.count).collect::<Vec<_>>(), [4, 4, 2]);
        assert_eq!(all.iter().flat_map(indices).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        // Draws come from the index alone: neither the batch size nor the name matters.
        let other: Vec<f32> = Evaluation::new(source("b"), 3)
            .unwrap()
            .flat_map(|b| b.unwrap().0.get("draw").unwrap().1.to_vec())
            .collect();
        assert_eq!(all.iter().flat_map(|b| b.get("draw").unwrap().1.to_vec()).collect::<Vec<_>>(), other);
    }

    #[test]
    fn failures_are_errors_and_never_panics() {
        let mut failing = loader(Numbers { fails: Some(2), ..numbers(3) }, 0);
        let error = failing.next().unwrap_err();
        assert!(matches!(error, LoadError::Data { ref why, .. } if why.to_string().contains("bad.png")), "{error}");
        assert!(failing.next().is_err(), "and goes on saying so");
        let mut dead = loader(Numbers { panics: Some(2), ..numbers(3) }, 0);
        assert!(matches!(dead.next(), Err(LoadError::Stopped(name)) if name == "pairs"));
        let empty = Loader::new(Arc::new(numbers(5)), Arc::default(), Split::Test, 4, 0, "pairs").err().unwrap();
        assert!(empty.to_string().contains("loading `pairs`"), "{empty}");
    }
}

#[cfg(test)]
#[path = "photos_tests.rs"]
mod photos;
