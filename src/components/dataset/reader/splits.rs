//! Which samples are for training: drawn by seeded shares of people or photos, or out of official lists.

use std::collections::BTreeSet;

use crate::components::dataset::split::Shares;
use crate::components::sample::DataError;
use crate::registry::Settings;

/// The setting `split` where nothing is said.
pub fn shares(train: f64, validation: f64, test: f64) -> Settings {
    let table = serde_json::json!({ "train": train, "validation": validation, "test": test, "seed": 0 });
    table.as_object().cloned().unwrap_or_default()
}

/// Draws by `split`. What has the same key (a person, a photo in its variants) is never parted.
pub fn by_shares(table: &Settings, keys: &[String]) -> Result<[Vec<usize>; 3], DataError> {
    let shares = Shares::read(table)?;
    if shares.folders {
        return Err(DataError::setting("split", "`folders` is for `image-folder`; this dataset has its own"));
    }
    Ok(by_key(&shares, keys, 0..keys.len()))
}

fn by_key(shares: &Shares, keys: &[String], all: impl Iterator<Item = usize> + Clone) -> [Vec<usize>; 3] {
    let unique: BTreeSet<&String> = all.clone().map(|i| &keys[i]).collect();
    let unique: Vec<String> = unique.into_iter().cloned().collect();
    shares.draw(&unique).map(|drawn| {
        let chosen: BTreeSet<&String> = drawn.into_iter().map(|i| &unique[i]).collect();
        all.clone().filter(|i| chosen.contains(&keys[*i])).collect()
    })
}

/// An official training part, of which a share is drawn for validation, and the official test part.
pub fn held_out(
    keys: &[String],
    training: &[usize],
    test: Vec<usize>,
    validation: f64,
    seed: usize,
) -> [Vec<usize>; 3] {
    let shares = Shares { train: 1.0 - validation, validation, test: 0.0, seed: seed as u64, folders: false };
    let [train, validation, _] = by_key(&shares, keys, training.iter().copied());
    [train, validation, test]
}
