//! Published numbers, kept apart from ours: `registry/papers.toml`.

use indexmap::IndexMap;
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
    /// Row label to values by the paper's columns, in the paper's order.
    pub rows: IndexMap<String, BTreeMap<String, Number>>,
}

/// A mean, or a mean and its deviation.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Number {
    Mean(Digits),
    MeanAndDeviation([Digits; 2]),
}

/// A number as it is printed: text where it ends in a zero, which a number of TOML does not keep.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Digits {
    Number(f64),
    Text(String),
}

impl Number {
    /// Mean and deviation, each with its decimals.
    pub fn printed(&self) -> ((f64, usize), Option<(f64, usize)>) {
        match self {
            Number::Mean(mean) => (mean.printed(), None),
            Number::MeanAndDeviation([mean, deviation]) => (mean.printed(), Some(deviation.printed())),
        }
    }
}

impl Digits {
    /// Value and decimals; no number where the text is none, which a test of the file rules out.
    fn printed(&self) -> (f64, usize) {
        let text = match self {
            Digits::Number(value) => value.to_string(),
            Digits::Text(text) => text.clone(),
        };
        (text.parse().unwrap_or(f64::NAN), text.split_once('.').map_or(0, |(_, rest)| rest.len()))
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
        let venue = if self.venue.is_empty() { String::new() } else { format!(". {}", self.venue) };
        format!("{authors} ({}). {}{venue}", self.year, self.title)
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
        assert_eq!(table.rows["Attention ResCUNet-GAN"]["psnr"].printed(), ((15.974, 3), None));
        // Table 3, row of CASIA-arcface: 90.30 ± 1.797, with its last zero.
        let table = &papers.0["na2020"].tables["table-3"];
        assert_eq!(table.rows["CASIA-arcface"]["cplfw"].printed(), ((90.3, 2), Some((1.797, 3))));
        assert!(papers.0["na2020"].citation().starts_with("Na et al. (2020). Facial"));
        let numbers = papers.0.values().flat_map(|p| p.tables.values()).flat_map(|t| t.rows.values().flatten());
        for (column, number) in numbers {
            let ((mean, _), deviation) = number.printed();
            assert!(mean.is_finite() && deviation.is_none_or(|(d, _)| d.is_finite()), "{column}: {number:?}");
        }
        let order: Vec<&str> = papers.0["na2020"].tables["table-1"].rows.keys().map(String::as_str).collect();
        assert_eq!(order, ["UV-GAN", "ResCUNet-GAN", "Attention ResCUNet-GAN"]);
        for table in papers.0.values().flat_map(|p| p.tables.values()) {
            let columns = table.rows.values().flat_map(|r| r.keys());
            assert!(columns.into_iter().all(|c| table.columns.contains_key(c)), "{}", table.place);
        }
    }
}
