//! Published numbers, kept apart from ours: `registry/papers.toml`.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A paper of the file.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Paper {
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub authors: Vec<String>,
    #[serde(default)]
    pub year: i64,
    #[serde(default)]
    pub venue: String,
    /// `table-1` and the like.
    #[serde(flatten)]
    pub tables: BTreeMap<String, Table>,
}

/// A table of a paper.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Table {
    pub place: String,
    /// The paper's column to ours.
    pub columns: BTreeMap<String, String>,
    /// What it was measured on.
    #[serde(default)]
    pub data: String,
    /// Row label to values by the paper's columns: a number, or mean and deviation.
    pub rows: BTreeMap<String, BTreeMap<String, Number>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub enum Number {
    Mean(f64),
    MeanAndDeviation([f64; 2]),
}

impl Number {
    pub fn pair(self) -> (f64, Option<f64>) {
        match self {
            Number::Mean(mean) => (mean, None),
            Number::MeanAndDeviation([mean, deviation]) => (mean, Some(deviation)),
        }
    }
}

/// All papers by key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Papers(pub BTreeMap<String, Paper>);

impl Papers {
    /// The file that the binary carries; a test reads it, so that a failure here means a broken build.
    pub fn embedded() -> Result<Papers, toml::de::Error> {
        toml::from_str(include_str!("../../registry/papers.toml"))
    }

    /// `na2020`, `na2020/table-1`, ...
    pub fn keys(&self) -> Vec<String> {
        let tables = |(key, paper): (&String, &Paper)| {
            let tables = paper.tables.keys().map(|t| format!("{key}/{t}")).collect::<Vec<_>>();
            std::iter::once(key.clone()).chain(tables)
        };
        self.0.iter().flat_map(tables).collect()
    }
}

impl Paper {
    /// `Na et al. (2020). Facial UV map completion ..`.
    pub fn citation(&self) -> String {
        let surname = self.authors.first().and_then(|a| a.split_whitespace().last()).unwrap_or("");
        let authors = if self.authors.len() > 1 { format!("{surname} et al.") } else { surname.to_string() };
        format!("{authors} ({}). {}", self.year, self.title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read() {
        let papers = Papers::embedded().unwrap();
        assert!(papers.keys().contains(&"na2020/table-1".to_string()));
        let table = &papers.0["na2020"].tables["table-1"];
        // Table 1 of na2020, last row.
        assert_eq!(table.rows["Attention ResCUNet-GAN"]["psnr"].pair(), (15.974, None));
        assert!(papers.0["na2020"].citation().starts_with("Na et al. (2020). Facial"));
    }
}
