//! The manifest of the synthetic faces: a row a picture, held by a fingerprint.

use super::{FORMAT, MANIFEST};
use crate::components::sample::{DataError, Split};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Columns of the manifest.
pub const COLUMNS: [&str; 15] = [
    "file",
    "split",
    "identity",
    "view",
    "camera",
    "light",
    "yaw",
    "pitch",
    "roll",
    "occluders",
    "missing",
    "face_pixels",
    "expression",
    "visible_landmarks",
    "digest",
];

/// A row of the manifest.
pub struct Row {
    /// `ID/NAME`.
    pub file: PathBuf,
    pub split: Split,
    pub who: String,
    /// Yaw, pitch and roll in degrees.
    pub pose: [f32; 3],
    /// Yaw and pitch that the camera stands for, as `15/0`.
    pub camera: String,
}

/// The manifest is the one that was written last, and of this format.
pub fn check(file: &Path, manifest: &[u8]) -> Result<(), DataError> {
    let said = std::fs::read_to_string(file).map_err(|e| DataError::file(file, e))?;
    let Some(print) = said.trim().strip_prefix(FORMAT) else {
        return Err(DataError::file(
            file,
            format!("it is not of the format `{FORMAT}`; write the folder anew with `ablate data synth`"),
        ));
    };
    let found: String = Sha256::digest(manifest).iter().map(|b| format!("{b:02x}")).collect();
    match print.trim() == found {
        true => Ok(()),
        false => Err(DataError::file(
            file,
            format!("it does not fit `{MANIFEST}`, which was changed: its SHA-256 is {found}"),
        )),
    }
}

/// The rows; with `bare` without those that have an occluder.
pub fn rows(path: &Path, bytes: &[u8], bare: bool) -> Result<Vec<Row>, DataError> {
    let mut table = csv::Reader::from_reader(bytes);
    let heads = table.headers().map_err(|e| DataError::file(path, e))?;
    if heads.iter().ne(COLUMNS) {
        return Err(DataError::file(path, format!("its columns are not {}", COLUMNS.join(","))));
    }
    let mut rows = Vec::new();
    for (number, record) in table.records().enumerate() {
        let line = |why: String| DataError::file(path, format!("row {}: {why}", number + 1));
        let record = record.map_err(|e| line(e.to_string()))?;
        let cell = |k: usize| record.get(k).unwrap_or_default();
        let split = match cell(1) {
            "train" => Split::Train,
            "validation" => Split::Validation,
            "test" => Split::Test,
            other => return Err(line(format!("`{other}` is no split"))),
        };
        let inside = |part: &str| !part.is_empty() && part != ".." && part != "." && !part.contains(['\\', ':']);
        let parts: Vec<&str> = cell(0).split('/').collect();
        if parts.len() != 2 || !parts.iter().all(|part| inside(part)) {
            return Err(line(format!("`{}` is not ID/NAME", cell(0))));
        }
        let angle = |k: usize| cell(k).parse::<f32>().ok().filter(|v| v.is_finite());
        let (Some(yaw), Some(pitch), Some(roll)) = (angle(6), angle(7), angle(8)) else {
            return Err(line("yaw, pitch and roll are no numbers".into()));
        };
        if !bare || cell(9).is_empty() {
            let (file, who, camera) = (cell(0).into(), cell(2).into(), cell(4).into());
            rows.push(Row { file, split, who, pose: [yaw, pitch, roll], camera });
        }
    }
    match rows.is_empty() {
        true => Err(DataError::file(path, "it has no picture")),
        false => Ok(rows),
    }
}
