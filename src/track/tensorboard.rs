//! TensorBoard: one event file a cell, in `runs/<experiment>/tensorboard/<variant>-seed-<n>/`, written from the cell's
//! record. A run that is taken up again gets a new file from the record as it was cut, in the place of the old one, so
//! that no point is shown twice and none that the run no longer has.

mod frames;
mod messages;

use super::scalars::scalars;
use super::tail::{Tail, now};
use super::{Ending, Facts, Sink};
use crate::protobuf::Message;
use crate::record::{SampleIndex, SampleRow};
use messages::{Status, Value};
use std::fs::File;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The tracker of one cell.
pub struct TensorBoard {
    facts: Facts,
    open: Open,
}

enum Open {
    Not,
    Log(Log),
    /// Something failed and was told.
    Failed,
}

/// An event file and the record that it is made from.
struct Log {
    file: File,
    tail: Tail,
    step: u64,
    time: f64,
}

impl TensorBoard {
    pub fn new(facts: Facts) -> Self {
        TensorBoard { facts, open: Open::Not }
    }

    fn try_to(&mut self, work: impl FnOnce(&Facts, &mut Log) -> Result<()>) -> Vec<String> {
        if matches!(self.open, Open::Not) {
            self.open = match Log::begin(&self.facts) {
                Ok(log) => Open::Log(log),
                Err(error) => return self.fail(&error),
            };
        }
        let Open::Log(log) = &mut self.open else { return vec![] };
        match log.gained().and_then(|()| work(&self.facts, log)) {
            Ok(()) => vec![],
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &Error) -> Vec<String> {
        self.open = Open::Failed;
        let folder = folder(&self.facts);
        vec![format!("cannot write the events for TensorBoard in {}: {error}; the run goes on", folder.display())]
    }
}

impl Sink for TensorBoard {
    fn look(&mut self) -> Vec<String> {
        self.try_to(|_, _| Ok(()))
    }

    fn end(&mut self, ending: Ending) -> Vec<String> {
        self.try_to(|facts, log| log.end(facts, ending))
    }

    fn pause(&self) -> Duration {
        Duration::from_secs(1)
    }
}

/// Folder of a cell's events: the name that TensorBoard shows.
fn folder(facts: &Facts) -> PathBuf {
    facts.study.join("tensorboard").join(&facts.name)
}

/// Whether the events of a finished cell were written to their end.
pub fn is_whole(facts: &Facts) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|m| m.modified()).ok();
    let status = changed(&facts.cell.join("status.json"));
    let of_this_cell = |path: &PathBuf| path.to_string_lossy().contains(&facts.hash);
    events(&folder(facts)).iter().filter(|p| of_this_cell(p)).any(|path| changed(path) >= status)
}

/// The event files of a folder.
fn events(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    all.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(".tfevents."))).collect()
}

impl Log {
    fn begin(facts: &Facts) -> Result<Self> {
        let folder = folder(facts);
        std::fs::create_dir_all(&folder)?;
        let tail = Tail::open(&facts.cell)?;
        let time = now();
        let path = folder.join(format!("events.out.tfevents.{time:010.0}.{}", facts.hash));
        let file = File::create(&path)?;
        for old in events(&folder).into_iter().filter(|old| *old != path) {
            std::fs::remove_file(old)?;
        }
        let mut log = Log { file, tail, step: 0, time };
        log.write(messages::version(time))?;
        log.write(messages::start(time))?;
        let texts = [("experiment", about(facts)), ("config", config(facts))];
        let texts = texts.map(|(tag, markdown)| messages::text(tag, &markdown));
        log.write(messages::summary(time, 0, &texts))?;
        let session = messages::session(&parameters(facts), time);
        log.write(messages::summary(time, 0, &[session]))?;
        Ok(log)
    }

    fn write(&mut self, event: Message) -> Result<()> {
        frames::write(&mut self.file, &event.into_bytes())
    }

    /// What the record has gained.
    fn gained(&mut self) -> Result<()> {
        loop {
            let lines = self.tail.read()?;
            if lines.is_empty() {
                return Ok(());
            }
            for line in lines {
                self.time = line.time;
                let Some((step, values)) = scalars(&line.event) else { continue };
                self.step = step;
                let values: Vec<Message> = values.iter().map(|(tag, x)| messages::scalar(tag, *x)).collect();
                self.write(messages::summary(line.time, step, &values))?;
            }
        }
    }

    fn end(&mut self, facts: &Facts, ending: Ending) -> Result<()> {
        let (time, step) = (now(), self.step);
        let status = match ending {
            Ending::Done => {
                for pictures in pictures(&facts.cell.join("samples"))? {
                    self.write(messages::summary(self.time, step, &[pictures]))?;
                }
                Status::Success
            }
            Ending::Failed | Ending::Interrupted => Status::Failure,
        };
        self.write(messages::summary(time, step, &[messages::session_end(status, time)]))?;
        self.file.sync_data()
    }
}

/// Title, question, and where the record is.
fn about(facts: &Facts) -> String {
    let question = if facts.question.is_empty() { String::new() } else { format!("\n\n{}", facts.question) };
    let Facts { title, experiment, seed, hash, .. } = facts;
    format!("# {title}{question}\n\nExperiment `{experiment}`, seed {seed}, cell `{hash}`.")
}

/// The resolved values, as a block of code.
fn config(facts: &Facts) -> String {
    facts.values.iter().map(|(key, value)| format!("    {key} = {value}\n")).collect()
}

/// What the table of hyperparameters compares runs by.
fn parameters(facts: &Facts) -> Vec<(String, Value)> {
    let read = |text: &str| match text {
        "true" | "false" => Value::Boolean(text == "true"),
        _ => match text.parse() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Text(text.trim_matches('"').to_string()),
        },
    };
    facts.varied.iter().map(|(key, text)| (key.clone(), read(text))).collect()
}

/// The tiles of the sample figures: one tag a figure and wire, a picture a row.
fn pictures(samples: &Path) -> Result<Vec<Message>> {
    let index = match std::fs::read(samples.join("index.json")) {
        Ok(bytes) => serde_json::from_slice::<SampleIndex>(&bytes)?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(e) => return Err(e),
    };
    let mut all = Vec::new();
    for (figure, rows) in &index.figures {
        let columns = rows.first().map_or(0, |row| row.tiles.len());
        for column in 0..columns {
            all.extend(column_of(samples, figure, rows, column)?);
        }
    }
    Ok(all)
}

fn column_of(samples: &Path, figure: &str, rows: &[SampleRow], column: usize) -> Result<Option<Message>> {
    let tiles: Vec<_> = rows.iter().filter_map(|row| row.tiles.get(column)).filter(|t| !t.file.is_empty()).collect();
    let files = tiles.iter().map(|tile| std::fs::read(samples.join(&tile.file))).collect::<Result<Vec<_>>>()?;
    let size = files.first().and_then(|file| size_of_png(file));
    Ok(tiles.first().zip(size).map(|(tile, size)| messages::images(&format!("{figure}/{}", tile.wire), size, &files)))
}

/// Width and height: the first fields of a PNG's first chunk.
fn size_of_png(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    Some((number(16)?, number(20)?))
}
