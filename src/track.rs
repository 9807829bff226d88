//! Trackers: the numbers, texts and pictures of a run, handed on to tools that people already use. They read the cell's
//! record as it grows, each on a thread of its own; whatever happens to them, the run goes on.

mod mlflow;
mod scalars;
mod tail;
mod tensorboard;
mod worker;

use crate::record::{Observer, Progress};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use worker::Worker;

/// The trackers of this program, by the names of their components.
pub const NAMES: [&str; 2] = ["mlflow", "tensorboard"];

/// A tracker that `run.track` asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub name: String,
    pub settings: serde_json::Map<String, serde_json::Value>,
}

/// What trackers are told of a cell besides its record.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Stem of the file.
    pub experiment: String,
    /// Of the cell within the experiment, `attention-seed-0`; good as a file name.
    pub name: String,
    pub title: String,
    pub question: String,
    pub hash: String,
    pub seed: u64,
    /// `runs/cells/<hash>`.
    pub cell: PathBuf,
    /// `runs/<experiment>`.
    pub study: PathBuf,
    /// What tells the experiment's cells apart, as TOML: `losses.identity.weight`, `0.02`.
    pub varied: Vec<(String, String)>,
    /// Every value in force, as TOML.
    pub values: Vec<(String, String)>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Done,
    Failed,
    Interrupted,
}

/// One tracker of one cell. What it returns are notes for whoever watches.
trait Sink: Send {
    /// Hands on what the record has gained.
    fn look(&mut self) -> Vec<String>;

    /// Hands on the rest, and says how the run ended.
    fn end(&mut self, ending: Ending) -> Vec<String>;

    /// How long until the next look.
    fn pause(&self) -> Duration;
}

/// The trackers of a cell while it runs.
pub struct Tracking {
    /// Opened by the first stage or evaluation: only then the record holds nothing of an earlier attempt.
    waiting: Vec<Wanted>,
    facts: Facts,
    resumed: bool,
    workers: Vec<Worker>,
    say: Sender<String>,
    said: Receiver<String>,
}

impl Tracking {
    /// `resumed`: the run may go on with what an earlier attempt began.
    pub fn new(wanted: Vec<Wanted>, facts: Facts, resumed: bool) -> Self {
        let (say, said) = channel();
        Tracking { waiting: wanted, facts, resumed, workers: vec![], say, said }
    }

    fn begin(&mut self) {
        for wanted in self.waiting.drain(..) {
            let facts = self.facts.clone();
            let sink: Option<Box<dyn Sink>> = match wanted.name.as_str() {
                "tensorboard" => Some(Box::new(tensorboard::TensorBoard::new(facts))),
                "mlflow" => match mlflow::Mlflow::new(facts, &wanted.settings, self.resumed) {
                    Some(sink) => Some(Box::new(sink)),
                    None => None,
                },
                _ => None,
            };
            self.workers.extend(sink.map(|sink| Worker::start(sink, self.say.clone())));
        }
    }

    /// Whoever watches the run, with the trackers beside.
    pub fn beside<'a>(&'a mut self, observer: &'a mut dyn Observer) -> impl Observer + 'a {
        Beside { tracking: self, observer }
    }

    /// Waits for the trackers, for a bounded time; what they say goes to `observer`.
    pub fn finish(self, ending: Ending, observer: &mut dyn Observer) {
        self.workers.into_iter().for_each(|worker| worker.finish(ending));
        drop(self.say);
        self.said.iter().for_each(|note| observer.observe(&Progress::Note(note)));
    }
}

/// Hands on the record of a cell that is done already, where a tracker lacks some of it.
pub fn catch_up(wanted: Vec<Wanted>, facts: Facts, observer: &mut dyn Observer) {
    let lacking = wanted.into_iter().filter(|wanted| match wanted.name.as_str() {
        "tensorboard" => !tensorboard::is_whole(&facts),
        "mlflow" => !mlflow::is_whole(&facts, &wanted.settings),
        _ => false,
    });
    let mut tracking = Tracking::new(lacking.collect(), facts.clone(), true);
    tracking.begin();
    tracking.finish(Ending::Done, observer);
}

struct Beside<'a> {
    tracking: &'a mut Tracking,
    observer: &'a mut dyn Observer,
}

impl Observer for Beside<'_> {
    fn observe(&mut self, progress: &Progress) {
        if matches!(progress, Progress::StageStarted { .. } | Progress::EvaluationStarted { .. }) {
            self.tracking.begin();
        }
        self.tracking.said.try_iter().for_each(|note| self.observer.observe(&Progress::Note(note)));
        self.observer.observe(progress);
    }
}
