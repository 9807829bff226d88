//! Which files are for training: `split` of `image-folder`.

use crate::components::sample::{DataError, Split};
use crate::random::Stream;

/// `split`: shares of the files drawn by their names, or folders.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shares {
    pub train: f64,
    pub validation: f64,
    pub test: f64,
    pub seed: u64,
    /// Read `root/train`, `root/validation`, `root/test` instead.
    pub folders: bool,
}

impl Default for Shares {
    fn default() -> Self {
        Shares { train: 0.8, validation: 0.1, test: 0.1, seed: 0, folders: false }
    }
}

impl Shares {
    /// Reads and checks the setting.
    pub fn read(table: &crate::registry::Settings) -> Result<Shares, DataError> {
        let shares: Shares = serde_json::from_value(serde_json::Value::Object(table.clone()))
            .map_err(|e| DataError::setting("split", e))?;
        let all = [shares.train, shares.validation, shares.test];
        if all.iter().any(|s| !(0.0..=1.0).contains(s)) || all.iter().sum::<f64>() > 1.0 + 1e-9 {
            let why = format!(
                "train {}, validation {} and test {} must be shares that sum to 1 at most",
                all[0], all[1], all[2]
            );
            return Err(DataError::setting("split", why));
        }
        Ok(shares)
    }

    /// Indices of `names` in each split. Files are put in the order of a hash of their names and cut by the shares, so
    /// that one more file moves at most one other across each cut. A share above 0 gets a file where there are three.
    pub fn draw(&self, names: &[String]) -> [Vec<usize>; 3] {
        let mut order: Vec<(u64, usize)> =
            names.iter().enumerate().map(|(i, name)| (Stream::new(self.seed, name).at(0), i)).collect();
        order.sort_unstable();
        let count = |share: f64| {
            let least = usize::from(share > 0.0 && names.len() >= 3);
            ((share * names.len() as f64).round() as usize).max(least)
        };
        let (validation, test) = (count(self.validation), count(self.test));
        let train = count(self.train).min(names.len().saturating_sub(validation + test));
        let mut rest = order.into_iter().map(|(_, i)| i);
        let mut take = |n: usize| {
            let mut part: Vec<usize> = rest.by_ref().take(n).collect();
            part.sort_unstable();
            part
        };
        let (test, validation) = (take(test), take(validation));
        [take(train), validation, test]
    }
}

/// Position of a split in arrays of three.
pub fn position(split: Split) -> usize {
    match split {
        Split::Train => 0,
        Split::Validation => 1,
        Split::Test => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("photo-{i}.jpg")).collect()
    }

    #[test]
    fn shares_are_kept_and_one_more_file_moves_hardly_any() {
        let before = Shares::default().draw(&names(100));
        assert_eq!(before.each_ref().map(Vec::len), [80, 10, 10]);
        let after = Shares::default().draw(&names(101));
        for (b, a) in before.iter().zip(&after) {
            assert!(b.iter().filter(|i| !a.contains(i)).count() <= 1, "{b:?} {a:?}");
        }
        assert_ne!(before, Shares { seed: 1, ..Shares::default() }.draw(&names(100)));
    }

    #[test]
    fn small_folders_have_all_three_splits() {
        assert_eq!(Shares::default().draw(&names(3)).map(|s| s.len()), [1, 1, 1]);
        assert_eq!(Shares { train: 1.0, validation: 0.0, test: 0.0, ..Shares::default() }.draw(&names(2))[0].len(), 2);
    }

    #[test]
    fn shares_past_one_are_refused() {
        let table = serde_json::json!({"train": 0.9, "validation": 0.2}).as_object().unwrap().clone();
        let error = Shares::read(&table).unwrap_err().to_string();
        assert!(error.contains("sum to 1 at most"), "{error}");
        let table = serde_json::json!({"tran": 0.9}).as_object().unwrap().clone();
        assert!(Shares::read(&table).unwrap_err().to_string().contains("unknown field `tran`"));
    }
}
