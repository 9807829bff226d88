//! MLflow: a run on a tracking server for each cell, with its values as parameters, its numbers as metrics and its record
//! as artifacts. What a server that is down, slow or refusing did not take stays in the record: it is sent later, at the
//! end, or by the next run of the same file. `mlflow.json` in the cell's folder says how far it came.

mod api;
mod kept;

use super::scalars::scalars;
use super::tail::{Line, Tail, now};
use super::{Ending, Facts, Sink};
use api::{Api, Failure, Metric};
use kept::Kept;
pub use kept::is_whole;
use std::time::{Duration, Instant};

/// What the server takes in one request.
const METRICS: usize = 1000;
const PARAMETERS: usize = 100;
/// Characters of a parameter's value that every version takes, and of a name.
const VALUE: usize = 500;
const KEY: usize = 250;

/// Longest work between two looks whether the run has ended.
const LOOK: Duration = Duration::from_secs(3);
/// Longest work at the end, while the server takes what it is given.
const END: Duration = Duration::from_secs(60);

/// The tracker of one cell.
pub struct Mlflow {
    facts: Facts,
    settings: Settings,
    api: Api,
    kept: Kept,
    /// Connected: the experiment and the run are there.
    connected: bool,
    tail: Option<Tail>,
    /// Lines of this attempt's record that the server has from an earlier one.
    skip: u64,
    /// Lines read and not yet sent, as metrics; how many lines, and how many of the metrics are sent.
    pending: Vec<Metric>,
    pending_lines: u64,
    pending_sent: usize,
    failures: u32,
    /// Notes are told once each.
    told: Vec<&'static str>,
}

/// `{ use = "mlflow", .. }`; the graph has checked and completed it.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settings {
    pub url: String,
    pub experiment: String,
    pub artifacts: bool,
    pub timeout: f64,
}

impl Settings {
    fn read(settings: &serde_json::Map<String, serde_json::Value>) -> Option<Self> {
        serde_json::from_value(settings.clone().into()).ok()
    }
}

impl Mlflow {
    /// `resumed`: what an earlier attempt sent is not sent again; else the cell gets a new run.
    ///
    /// `None`: settings that the checks let through and that cannot be read.
    pub fn new(facts: Facts, settings: &serde_json::Map<String, serde_json::Value>, resumed: bool) -> Option<Self> {
        let settings = Settings::read(settings)?;
        let api = Api::new(&settings.url, Duration::from_secs_f64(settings.timeout));
        let kept = if resumed { Kept::read(&facts, &settings) } else { Kept::new(&facts, &settings) };
        let (skip, tail) = (kept.lines, None);
        let (pending, pending_lines, pending_sent) = (Vec::new(), 0, 0);
        let (connected, failures, told) = (false, 0, Vec::new());
        Some(Mlflow {
            facts,
            settings,
            api,
            kept,
            connected,
            tail,
            skip,
            pending,
            pending_lines,
            pending_sent,
            failures,
            told,
        })
    }

    /// A note, where it was not told before.
    fn once(&mut self, what: &'static str, note: String) -> Vec<String> {
        if self.told.contains(&what) {
            return vec![];
        }
        self.told.push(what);
        vec![format!("MLflow at {}: {note}", self.settings.url)]
    }

    /// Sends what the record has gained, until `deadline`. Whether all of it was sent.
    fn send(&mut self, deadline: Instant, notes: &mut Vec<String>) -> bool {
        match self.try_to_send(deadline) {
            Ok(all) => {
                self.failures = 0;
                all
            }
            Err(failure) => {
                self.failures += 1;
                notes.extend(self.failed(&failure));
                false
            }
        }
    }

    fn failed(&mut self, failure: &Failure) -> Vec<String> {
        match failure {
            Failure::Later(error) => self.once("later", format!("{error}; the run goes on, and tries again later")),
            Failure::Refused { .. } => self.once("refused", format!("{failure}; the run goes on")),
        }
    }

    fn try_to_send(&mut self, deadline: Instant) -> Result<bool, Failure> {
        self.connect()?;
        while self.fill()? {
            while self.pending_sent < self.pending.len() {
                if Instant::now() > deadline {
                    return Ok(false);
                }
                let to = (self.pending_sent + METRICS).min(self.pending.len());
                self.api.log_metrics(&self.kept.run.id, &self.pending[self.pending_sent..to])?;
                self.pending_sent = to;
            }
            self.kept.lines += std::mem::take(&mut self.pending_lines);
            self.pending.clear();
            self.pending_sent = 0;
            self.kept.write(&self.facts);
        }
        Ok(true)
    }

    /// Whether there is something to send.
    fn fill(&mut self) -> Result<bool, Failure> {
        let unreadable = |e: std::io::Error| Failure::Later(format!("the record cannot be read: {e}"));
        while self.pending_lines == 0 {
            let tail = match &mut self.tail {
                Some(tail) => tail,
                None => self.tail.insert(Tail::open(&self.facts.cell).map_err(unreadable)?),
            };
            let lines = tail.read().map_err(unreadable)?;
            if lines.is_empty() {
                return Ok(false);
            }
            for (step, values, time) in lines.iter().filter_map(numbers) {
                if self.skip > 0 {
                    self.skip -= 1;
                    continue;
                }
                self.pending_lines += 1;
                let metric = |(key, value): (String, f64)| Metric { key: cut(&key, KEY), value, timestamp: time, step };
                self.pending.extend(values.into_iter().map(metric));
            }
        }
        Ok(true)
    }

    /// The experiment and the run, made or taken up again, and its parameters.
    fn connect(&mut self) -> Result<(), Failure> {
        if self.connected {
            return Ok(());
        }
        if !self.kept.run.id.is_empty() {
            match self.api.update_run(&self.kept.run.id, "RUNNING", None) {
                // Deleted there: begun anew.
                Err(Failure::Refused { code: 404, .. }) => {
                    self.kept = Kept::new(&self.facts, &self.settings);
                    (self.skip, self.tail) = (0, None);
                }
                other => other?,
            }
        }
        if self.kept.run.id.is_empty() {
            let experiment = self.api.experiment(&self.kept.experiment)?;
            let seed = self.facts.seed.to_string();
            let tags = [
                ("mlflow.note.content", self.facts.question.as_str()),
                ("mlflow.source.name", "ablate"),
                ("ablate.title", &self.facts.title),
                ("ablate.cell", &self.facts.hash),
                ("ablate.seed", &seed),
            ];
            self.kept.run = self.api.create_run(&experiment, &self.facts.name, milliseconds(now()), &tags)?;
            self.kept.write(&self.facts);
        }
        if !self.kept.parameters {
            for batch in parameters(&self.facts.values).chunks(PARAMETERS) {
                self.api.log_parameters(&self.kept.run.id, batch)?;
            }
            self.kept.parameters = true;
            self.kept.write(&self.facts);
        }
        self.connected = true;
        Ok(())
    }

    /// The record's files, those that are not there yet.
    fn files(&mut self) -> Result<Vec<String>, Failure> {
        if !self.settings.artifacts {
            return Ok(vec![]);
        }
        if !Api::takes_files(&self.kept.run) {
            let note = format!("its artifacts are in {}, so the record's files stay here", self.kept.run.artifacts);
            return Ok(self.once("files", note));
        }
        for (name, path) in kept::files(&self.facts.cell) {
            if self.kept.files.contains(&name) {
                continue;
            }
            let bytes = std::fs::read(&path).map_err(|e| Failure::Later(format!("cannot read {name}: {e}")))?;
            self.api.put_file(&self.kept.run, &name, &bytes)?;
            self.kept.files.push(name);
        }
        Ok(vec![])
    }

    fn close(&mut self, ending: Ending) -> Result<Vec<String>, Failure> {
        let (status, said) = match ending {
            Ending::Done => ("FINISHED", self.files()?),
            Ending::Failed => ("FAILED", vec![]),
            Ending::Interrupted => ("KILLED", vec![]),
        };
        self.api.update_run(&self.kept.run.id, status, Some(milliseconds(now())))?;
        self.kept.ended = ending == Ending::Done;
        self.kept.write(&self.facts);
        Ok(said)
    }

    /// Lines with numbers that the server has not got.
    fn lacking(&mut self) -> u64 {
        let mut lacking = self.pending_lines;
        // The record is read to its end, a chunk at a time, only to be counted.
        while let Some(Ok(lines)) =
            self.tail.as_mut().map(Tail::read).filter(|l| l.as_ref().is_ok_and(|l| !l.is_empty()))
        {
            lacking += lines.iter().filter_map(numbers).count() as u64;
        }
        lacking.saturating_sub(self.skip)
    }
}

impl Sink for Mlflow {
    fn look(&mut self) -> Vec<String> {
        let mut notes = Vec::new();
        self.send(Instant::now() + LOOK, &mut notes);
        notes
    }

    fn end(&mut self, ending: Ending) -> Vec<String> {
        let mut notes = Vec::new();
        let closed = self.send(Instant::now() + END, &mut notes)
            && match self.close(ending) {
                Ok(said) => {
                    notes.extend(said);
                    true
                }
                Err(failure) => {
                    notes.extend(self.failed(&failure));
                    false
                }
            };
        if !closed {
            if self.tail.is_none() {
                self.tail = Tail::open(&self.facts.cell).ok();
            }
            let lacking = self.lacking();
            notes.push(format!(
                "MLflow at {}: {lacking} lines of the record and the run's end were not sent; the next `ablate run` of \
                 this file (`--resume` where the run is unfinished) sends them",
                self.settings.url
            ));
        }
        notes
    }

    /// Longer while the server does not answer.
    fn pause(&self) -> Duration {
        Duration::from_secs(1 << self.failures.clamp(1, 5))
    }
}

fn numbers(line: &Line) -> Option<(u64, Vec<(String, f64)>, u64)> {
    let (step, values) = scalars(&line.event)?;
    Some((step, values, milliseconds(line.time)))
}

fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0) as u64
}

/// Names and values as the server takes them: no other characters, no longer, none empty, none twice.
fn parameters(values: &[(String, String)]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::with_capacity(values.len());
    for (key, value) in values {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_-./ ".contains(c);
        let key: String = key.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
        let plain = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).filter(|v| !v.is_empty());
        let (key, value) = (cut(&key, KEY), cut(plain.unwrap_or(value), VALUE));
        if all.iter().all(|(k, _)| *k != key) {
            all.push((key, value));
        }
    }
    all
}

/// A text of so many characters at most.
fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.into();
    }
    text.chars().take(limit - 3).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_the_servers_limits() {
        let long = format!("[{}]", "1, ".repeat(400));
        let given = [("a[0]", "\"text\""), ("a_0_", "2"), ("b", "\"\""), ("c", &long)];
        let given = given.map(|(k, v)| (k.to_string(), v.to_string()));
        let sent = parameters(&given);
        let plain: Vec<_> = sent.iter().map(|(k, v)| (k.as_str(), v.len())).collect();
        assert_eq!(plain, [("a_0_", 4), ("b", 2), ("c", VALUE)]);
        assert!(sent[2].1.ends_with("..."));
    }
}
