//! How far a cell's run on the server came: `mlflow.json` in the cell's folder.

use super::Settings;
use super::api::Run;
use crate::record;
use crate::track::Facts;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Kept {
    pub url: String,
    /// Its name.
    pub experiment: String,
    pub run: Run,
    /// Lines of the record with numbers that the server has: a run that is taken up again writes the same ones.
    pub lines: u64,
    pub parameters: bool,
    /// Files of the record that the server has.
    pub files: Vec<String>,
    /// The run is finished there too.
    pub ended: bool,
}

impl Kept {
    /// Nothing was sent.
    pub fn new(facts: &Facts, settings: &Settings) -> Self {
        let experiment = if settings.experiment.is_empty() { &facts.experiment } else { &settings.experiment };
        Kept { url: settings.url.clone(), experiment: experiment.clone(), ..Default::default() }
    }

    /// What an earlier attempt left, if it spoke to the same server of the same experiment.
    pub fn read(facts: &Facts, settings: &Settings) -> Self {
        let new = Kept::new(facts, settings);
        let text = std::fs::read(file(&facts.cell)).unwrap_or_default();
        match serde_json::from_slice::<Kept>(&text) {
            Ok(kept) if (&kept.url, &kept.experiment) == (&new.url, &new.experiment) => kept,
            _ => new,
        }
    }

    pub fn write(&self, facts: &Facts) {
        // Without it a run that is taken up again sends its lines once more: no reason to stop it.
        let _ = record::write_json(&file(&facts.cell), self);
    }
}

fn file(cell: &Path) -> PathBuf {
    cell.join("mlflow.json")
}

/// Whether the server has all of a finished cell.
pub fn is_whole(facts: &Facts, settings: &serde_json::Map<String, serde_json::Value>) -> bool {
    Settings::read(settings).is_none_or(|settings| Kept::read(facts, &settings).ended)
}

/// The record's files, with the names that they have on the server; checkpoints stay here.
pub fn files(cell: &Path) -> Vec<(String, PathBuf)> {
    const TOP: [&str; 6] =
        ["config.toml", "environment.json", "records.jsonl", "resolved.json", "status.json", "summary.json"];
    let top = TOP.iter().map(|name| (name.to_string(), cell.join(name)));
    let samples = std::fs::read_dir(cell.join("samples")).into_iter().flatten().filter_map(|entry| {
        let path = entry.ok()?.path();
        Some((format!("samples/{}", path.file_name()?.to_string_lossy()), path))
    });
    let mut all: Vec<_> = top.chain(samples).filter(|(_, path)| path.is_file()).collect();
    all.sort();
    all
}
