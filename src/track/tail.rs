//! `records.jsonl` of a cell, read as it grows.

use crate::record::Event;
use std::fs::File;
use std::io::{BufRead, BufReader, Result, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// An event and when it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Seconds since 1970. The record holds durations only: counted back from the file's last change.
    pub time: f64,
    pub event: Event,
}

/// The reading end of a log.
pub struct Tail {
    path: PathBuf,
    offset: u64,
    elapsed: Elapsed,
    /// When the log began.
    origin: f64,
}

/// Events read at once, at most: the memory that a tracker takes is bounded, whatever it waits for.
pub const CHUNK: usize = 500;

impl Tail {
    /// The log of a cell from its first line, which need not be there yet.
    ///
    /// # Errors
    /// What the file system says of a log that is there.
    pub fn open(cell: &Path) -> Result<Self> {
        let path = cell.join("records.jsonl");
        let mut tail = Tail { path, offset: 0, elapsed: Elapsed::default(), origin: now() };
        let mut total = Elapsed::default();
        if let Some(reader) = tail.reader()? {
            whole_lines(reader, usize::MAX, |_, event| event.map(|e| total.add(&e)))?;
        }
        tail.origin = tail.changed() - total.seconds;
        Ok(tail)
    }

    /// The next events, [`CHUNK`] at most; none where nothing was added. A line that is being written is left for later.
    ///
    /// # Errors
    /// What the file system says of a log that is there.
    pub fn read(&mut self) -> Result<Vec<Line>> {
        let Some(reader) = self.reader()? else { return Ok(vec![]) };
        let (mut lines, mut offset, mut elapsed) = (Vec::new(), self.offset, self.elapsed.clone());
        whole_lines(reader, CHUNK, |bytes, event| {
            offset += bytes as u64;
            let event = event?;
            elapsed.add(&event);
            lines.push(Line { time: elapsed.seconds, event });
            Some(())
        })?;
        if lines.len() < CHUNK {
            // What takes time besides steps and evaluations (checkpoints) moves the origin on.
            self.origin = self.origin.max(self.changed() - elapsed.seconds);
        }
        lines.iter_mut().for_each(|line| line.time += self.origin);
        (self.offset, self.elapsed) = (offset, elapsed);
        Ok(lines)
    }

    fn reader(&self) -> Result<Option<BufReader<File>>> {
        match File::open(&self.path) {
            Ok(mut file) => {
                file.seek(SeekFrom::Start(self.offset))?;
                Ok(Some(BufReader::new(file)))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn changed(&self) -> f64 {
        std::fs::metadata(&self.path).and_then(|m| m.modified()).map_or_else(|_| now(), seconds)
    }
}

/// Each whole line's length and event (`None`: of another program's version), `limit` lines at most.
fn whole_lines(
    mut reader: impl BufRead,
    limit: usize,
    mut take: impl FnMut(usize, Option<Event>) -> Option<()>,
) -> Result<()> {
    let mut line = Vec::new();
    for _ in 0..limit {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            break;
        }
        take(length, serde_json::from_slice(&line).ok());
    }
    Ok(())
}

/// Seconds that a log tells of.
#[derive(Clone, Debug, Default)]
struct Elapsed {
    seconds: f64,
    steps: u64,
}

impl Elapsed {
    fn add(&mut self, event: &Event) {
        match event {
            Event::Step(step) => {
                self.seconds += step.step_seconds * step.total_step.saturating_sub(self.steps) as f64;
                self.steps = step.total_step;
            }
            Event::Evaluation(evaluation) => self.seconds += evaluation.seconds,
            Event::Checkpoint { .. } | Event::Resumed { .. } => {}
        }
    }
}

/// Seconds since 1970.
pub fn now() -> f64 {
    seconds(SystemTime::now())
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::StepRecord;
    use std::io::Write;

    fn step(total_step: u64) -> Event {
        Event::Step(StepRecord {
            stage: "a".into(),
            step: total_step,
            total_step,
            epoch: 0.0,
            updates: Default::default(),
            loading_seconds: 0.0,
            step_seconds: 0.5,
        })
    }

    #[test]
    fn a_log_is_followed_line_by_line_with_times_counted_back() {
        let cell = std::env::temp_dir().join(format!("ablate-tail-{}", std::process::id()));
        std::fs::create_dir_all(&cell).unwrap();
        let mut tail = Tail::open(&cell).unwrap();
        assert_eq!(tail.read().unwrap(), []);
        let mut file = File::create(cell.join("records.jsonl")).unwrap();
        let text = |event: &Event| serde_json::to_string(event).unwrap();
        writeln!(file, "{}\n{}", text(&step(10)), text(&step(20))).unwrap();
        write!(file, "{}", &text(&step(30))[..20]).unwrap();
        let lines = tail.read().unwrap();
        assert_eq!(lines.iter().map(|l| l.event.total_step()).collect::<Vec<_>>(), [10, 20]);
        // Ten steps of half a second lie between the two.
        assert!((lines[1].time - lines[0].time - 5.0).abs() < 1e-3, "{lines:?}");
        assert!((lines[1].time - now()).abs() < 60.0, "{lines:?}");
        writeln!(file, "{}", &text(&step(30))[20..]).unwrap();
        assert_eq!(tail.read().unwrap().len(), 1);
        assert_eq!(tail.read().unwrap(), []);
        // Opened anew, the same lines have the same distances.
        let again = Tail::open(&cell).unwrap().read().unwrap();
        assert!((again[2].time - again[0].time - 10.0).abs() < 1e-3, "{again:?}");
        std::fs::remove_dir_all(&cell).unwrap();
    }
}
