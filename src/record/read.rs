//! Reading a record back: a cell, or a study with all its cells. What a run that was killed has not written yet is
//! absent, not an error; what is there and cannot be read names its file.

use super::write::{ORIGIN_MARK, cell_dir};
use super::{
    CellEntry, Cells, Environment, EvaluationRecord, Event, FORMAT, ModelSummary, PairsRecord, Provenance, SampleIndex,
    SearchRecord, Status, StepRecord, status,
};
use serde::de::DeserializeOwned;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{}{} is not a record of this program: {source}", path.display(), at_line(*line))]
    Json { path: PathBuf, line: usize, source: serde_json::Error },
    #[error("{} is missing: not the folder of a run or a study", .0.display())]
    Missing(PathBuf),
    #[error("{} is of format {found}, which is newer than this program (ablate {}) knows ({FORMAT}); use the `ablate` \
             that wrote it. Nothing in its folder was touched", path.display(), env!("CARGO_PKG_VERSION"))]
    Newer { path: PathBuf, found: u32 },
}

fn at_line(line: usize) -> String {
    if line == 0 { String::new() } else { format!(", line {line},") }
}

impl RecordError {
    pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        RecordError::Io { action, path: path.to_owned(), source }
    }

    /// `line` is one-based, 0 where the file is one value.
    pub(super) fn json(path: &Path, line: usize, source: serde_json::Error) -> Self {
        RecordError::Json { path: path.to_owned(), line, source }
    }
}

/// Everything one cell left.
#[derive(Clone, Debug, Default)]
pub struct CellRecord {
    pub dir: PathBuf,
    /// Absent where the cell was never started.
    pub status: Option<Status>,
    pub environment: Option<Environment>,
    pub summary: Option<ModelSummary>,
    pub config: Vec<Provenance>,
    pub events: Vec<Event>,
    pub samples: SampleIndex,
    pub pairs: PairsRecord,
}

impl CellRecord {
    /// Gathers the files of a cell's folder; those that are not there are left out.
    ///
    /// # Errors
    /// A file that is there and cannot be read or parsed; the last line of `records.jsonl` may be torn.
    pub fn read(dir: &Path) -> Result<Self, RecordError> {
        Ok(CellRecord {
            dir: dir.to_owned(),
            status: status::read_whole(dir)?,
            environment: json(&dir.join("environment.json"))?,
            summary: json(&dir.join("summary.json"))?,
            config: config(&dir.join("config.toml"))?,
            events: events(&dir.join("records.jsonl"))?,
            samples: json(&dir.join("samples").join("index.json"))?.unwrap_or_default(),
            pairs: json(&dir.join("pairs.json"))?.unwrap_or_default(),
        })
    }

    pub fn steps(&self) -> impl Iterator<Item = &StepRecord> {
        self.events.iter().filter_map(|e| match e {
            Event::Step(step) => Some(step),
            _ => None,
        })
    }

    pub fn evaluations(&self) -> impl Iterator<Item = &EvaluationRecord> {
        self.events.iter().filter_map(|e| match e {
            Event::Evaluation(evaluation) => Some(evaluation),
            _ => None,
        })
    }
}

/// A study (or a single run, which is a study of one cell) with the records of its cells, in the order of `cells.json`.
#[derive(Clone, Debug, Default)]
pub struct StudyRecord {
    pub dir: PathBuf,
    pub cells: Cells,
    pub records: Vec<(CellEntry, CellRecord)>,
    /// Where the study searched.
    pub search: Option<SearchRecord>,
}

impl StudyRecord {
    /// `study_dir` holds `cells.json`; the cells lie under `runs_root/cells/`.
    pub fn read(study_dir: &Path, runs_root: &Path) -> Result<Self, RecordError> {
        let cells = read_cells(study_dir)?.ok_or_else(|| RecordError::Missing(study_dir.join("cells.json")))?;
        let records = cells
            .cells
            .iter()
            .map(|entry| Ok((entry.clone(), CellRecord::read(&cell_dir(runs_root, &entry.hash))?)))
            .collect::<Result<_, RecordError>>()?;
        let search = json(&study_dir.join("search.json"))?;
        Ok(StudyRecord { dir: study_dir.to_owned(), cells, records, search })
    }
}

fn text(path: &Path) -> Result<Option<Vec<u8>>, RecordError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(RecordError::io("read", path, e)),
    }
}

pub(super) fn json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RecordError> {
    let Some(bytes) = text(path)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|e| RecordError::json(path, 0, e))
}

/// `cells.json` of a study's folder; `None`: nothing of it was ever begun.
///
/// # Errors
/// A newer format; a file that cannot be read or is none of ours.
pub fn read_cells(study_dir: &Path) -> Result<Option<Cells>, RecordError> {
    of_our_format(&study_dir.join("cells.json"), |c: &Cells| c.format)
}

/// A file that says its format: a newer one is refused as such even where the rest of it cannot be understood.
pub(super) fn of_our_format<T: DeserializeOwned>(
    path: &Path,
    format: impl Fn(&T) -> u32,
) -> Result<Option<T>, RecordError> {
    #[derive(serde::Deserialize)]
    struct Head {
        format: u32,
    }
    let Some(bytes) = text(path)? else { return Ok(None) };
    let newer = |found| RecordError::Newer { path: path.to_owned(), found };
    match serde_json::from_slice::<T>(&bytes) {
        Ok(value) if format(&value) > FORMAT => Err(newer(format(&value))),
        Ok(value) => Ok(Some(value)),
        Err(e) => match serde_json::from_slice::<Head>(&bytes) {
            Ok(head) if head.format > FORMAT => Err(newer(head.format)),
            _ => Err(RecordError::json(path, 0, e)),
        },
    }
}

/// Events of a log, without a last line that a killed run left unfinished.
fn events(path: &Path) -> Result<Vec<Event>, RecordError> {
    let Some(bytes) = text(path)? else { return Ok(vec![]) };
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
    let mut all = Vec::with_capacity(lines.len());
    for (i, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        match serde_json::from_slice(line) {
            Ok(event) => all.push(event),
            // Only the piece after the last newline can be torn: lines are appended whole.
            Err(_) if i + 1 == lines.len() => {}
            Err(e) => return Err(RecordError::json(path, i + 1, e)),
        }
    }
    Ok(all)
}

fn config(path: &Path) -> Result<Vec<Provenance>, RecordError> {
    let Some(bytes) = text(path)? else { return Ok(vec![]) };
    Ok(String::from_utf8_lossy(&bytes)
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (key, rest) = line.split_once(" = ")?;
            let (value, origin) = rest.rsplit_once(ORIGIN_MARK).unwrap_or((rest, ""));
            Some(Provenance { key: key.into(), value: value.into(), origin: origin.into() })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::super::{
        EventLog, State, Summary, read_status, truncate_events, write_atomic, write_config, write_json, write_status,
    };
    use super::*;
    use std::collections::BTreeMap;

    /// A fresh folder for one test.
    fn folder(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("ablate-record-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    fn checkpoint(total_step: u64) -> Event {
        Event::Checkpoint { total_step, file: format!("step-{total_step}.safetensors"), best: false }
    }

    #[test]
    fn a_resumed_run_cuts_what_lies_past_its_checkpoint() {
        let dir = folder("cut");
        let mut log = EventLog::open(&dir).unwrap();
        for step in [10, 20, 30] {
            log.append(&checkpoint(step)).unwrap();
        }
        log.sync().unwrap();
        truncate_events(&dir, 20).unwrap();
        let mut log = EventLog::open(&dir).unwrap();
        log.append(&Event::Resumed { total_step: 20 }).unwrap();
        let steps: Vec<u64> = CellRecord::read(&dir).unwrap().events.iter().map(Event::total_step).collect();
        assert_eq!(steps, [10, 20, 20]);
        truncate_events(&folder("no-log"), 5).unwrap();
    }

    #[test]
    fn a_torn_last_line_is_left_out_and_a_torn_middle_one_is_named() {
        let dir = folder("torn");
        let whole = serde_json::to_string(&checkpoint(1)).unwrap();
        let torn = &whole[..whole.len() / 2];
        write_atomic(&dir.join("records.jsonl"), format!("{whole}\n{torn}").as_bytes()).unwrap();
        assert_eq!(CellRecord::read(&dir).unwrap().events, [checkpoint(1)]);
        truncate_events(&dir, 9).unwrap();
        assert_eq!(std::fs::read_to_string(dir.join("records.jsonl")).unwrap(), format!("{whole}\n"));
        write_atomic(&dir.join("records.jsonl"), format!("{torn}\n{whole}\n").as_bytes()).unwrap();
        assert!(CellRecord::read(&dir).unwrap_err().to_string().contains("records.jsonl, line 1,"));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let dir = folder("back");
        let values = vec![
            Provenance { key: "run.seed".into(), value: "3".into(), origin: "--set".into() },
            Provenance { key: "title".into(), value: "\"a # b = c\"".into(), origin: "experiments/x.toml:2".into() },
        ];
        write_config(&dir, &values).unwrap();
        let environment = Environment { device: "cpu".into(), ..Default::default() };
        write_json(&dir.join("environment.json"), &environment).unwrap();
        let cell = CellRecord::read(&dir).unwrap();
        assert_eq!(cell.config, values);
        assert_eq!(cell.environment, Some(environment));
        assert!(cell.status.is_none());
        assert!(std::fs::read_dir(&dir).unwrap().all(|f| f.unwrap().path().extension() != Some("part".as_ref())));
    }

    #[test]
    fn a_study_names_the_file_that_is_missing_or_broken() {
        let dir = folder("study");
        assert!(StudyRecord::read(&dir, &dir).unwrap_err().to_string().contains("cells.json is missing"));
        let entry = CellEntry { hash: "abc".into(), ..Default::default() };
        write_json(&dir.join("cells.json"), &Cells { cells: vec![entry], ..Default::default() }).unwrap();
        assert!(StudyRecord::read(&dir, &dir).unwrap().records[0].1.status.is_none());
        write_atomic(&cell_dir(&dir, "abc").join("status.json"), b"{\"state\": \"done\"").unwrap();
        assert!(StudyRecord::read(&dir, &dir).unwrap_err().to_string().contains("status.json is not a record"));
        assert_eq!(serde_json::to_string(&State::Done).unwrap(), "\"done\"");
    }

    #[test]
    fn a_newer_format_is_refused_by_its_number_whatever_else_it_holds() {
        let dir = folder("newer");
        let path = dir.join("status.json");
        for text in ["{\"format\": 9, \"state\": \"asleep\"}".into(), {
            let newer = Status { format: 9, ..Default::default() };
            serde_json::to_string(&newer).unwrap()
        }] {
            write_atomic(&path, text.as_bytes()).unwrap();
            let said = CellRecord::read(&dir).unwrap_err().to_string();
            assert!(said.contains("status.json is of format 9, which is newer than this program"), "{said}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        write_atomic(&dir.join("cells.json"), b"{\"format\": 9}").unwrap();
        assert!(StudyRecord::read(&dir, &dir).unwrap_err().to_string().contains("cells.json is of format 9"));
    }

    #[test]
    fn single_values_stay_out_of_the_status_and_come_back_with_the_record() {
        let dir = folder("values");
        let summary = Summary { mean: 2.0, n: 2, values: vec![Some(1.0), None, Some(3.0)], ..Default::default() };
        let test = BTreeMap::from([("completion.psnr".to_string(), summary)]);
        let baselines = BTreeMap::from([("mirror".to_string(), test.clone())]);
        let columns = vec![Default::default()];
        let status = Status { format: FORMAT, state: State::Done, columns, test, baselines, ..Default::default() };
        write_status(&dir, &status).unwrap();
        let small = read_status(&dir).unwrap().unwrap();
        assert!(small.test["completion.psnr"].values.is_empty() && small.baselines.is_empty());
        assert_eq!(CellRecord::read(&dir).unwrap().status, Some(status.clone()));
        // Before format 2 the values were in the status itself.
        write_json(&dir.join("status.json"), &Status { format: 1, ..status.clone() }).unwrap();
        std::fs::remove_file(dir.join("results.json")).unwrap();
        assert_eq!(CellRecord::read(&dir).unwrap().status, Some(Status { format: 1, ..status }));
    }
}
