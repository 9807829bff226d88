//! The albedo sheets of `synthetic-uv`: drawn once in parallel, kept on disk under a key of settings and version.
//!
//! A file is a line of text (key, SHA-256 of the rest), then the sheets. What does not fit its digest is drawn anew.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::synthetic_uv::{SyntheticUv, VERSION, stream};
use super::{Progress, digest};
use crate::components::sample::DataError;
use crate::face::procedural::{Person, albedo};

/// What the sheets depend on.
pub fn key(settings: &SyntheticUv) -> String {
    let text = format!("synthetic-uv {VERSION} size {} identities {}", settings.size, settings.identities);
    digest(text.as_bytes())
}

/// Sheets of all identities, 3 bytes a texel, from the cache or drawn into it.
pub fn albedos(settings: &SyntheticUv, cache: &Path, progress: Option<&Progress>) -> Result<Vec<u8>, DataError> {
    let key = key(settings);
    let file = cache.join(format!("synthetic-uv-{key}.bin"));
    let length = settings.identities * settings.size * settings.size * 3;
    if let Some(sheets) = stored(&file, &key).filter(|s| s.len() == length) {
        return Ok(sheets);
    }
    // Whoever comes second waits for what the first one draws; where there are no locks, both draw.
    let drawing = file.with_extension("lock");
    let lock = std::fs::create_dir_all(cache).and_then(|()| std::fs::File::create(drawing));
    let _held = lock.and_then(|lock| lock.lock().map(|()| lock));
    if let Some(sheets) = stored(&file, &key).filter(|s| s.len() == length) {
        return Ok(sheets);
    }
    let sheets = draw(settings, progress);
    store(&file, &key, &sheets).map_err(|e| DataError::Write { file, why: e.to_string() })?;
    Ok(sheets)
}

fn draw(settings: &SyntheticUv, progress: Option<&Progress>) -> Vec<u8> {
    let (done, all) = (AtomicUsize::new(0), settings.identities);
    let one = |identity: usize| {
        let sheet = albedo(&Person::new(stream(identity)), settings.size);
        let bytes: Vec<u8> = sheet.iter().flatten().map(|v| (v * 255.0).round().clamp(0.0, 255.0) as u8).collect();
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(progress) = progress {
            progress("drawing faces", done, all);
        }
        bytes
    };
    let sheets: Vec<Vec<u8>> = (0..all).into_par_iter().map(one).collect();
    sheets.concat()
}

fn head(key: &str, sheets: &[u8]) -> String {
    let sum: String = Sha256::digest(sheets).iter().map(|b| format!("{b:02x}")).collect();
    format!("{key} {sum}\n")
}

/// The sheets of a whole file, `None` for anything else.
fn stored(file: &Path, key: &str) -> Option<Vec<u8>> {
    let mut bytes = std::fs::read(file).ok()?;
    let end = bytes.iter().position(|b| *b == b'\n')? + 1;
    let sheets = bytes.split_off(end);
    (bytes == head(key, &sheets).as_bytes()).then_some(sheets)
}

/// Writes beside the file and renames, so that no other process sees a part.
fn store(file: &Path, key: &str, sheets: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = file.with_extension(format!("part-{}", std::process::id()));
    let written = std::fs::File::create(&part).and_then(|mut f| {
        f.write_all(head(key, sheets).as_bytes())?;
        f.write_all(sheets)?;
        f.sync_all()
    });
    let moved = written.and_then(|()| std::fs::rename(&part, file));
    if moved.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    moved
}
