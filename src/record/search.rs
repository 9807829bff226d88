//! `search.json`: the rounds of a search, made from the records of its cells.

use serde::{Deserialize, Serialize};

/// `search.json` beside `cells.json`: what a search made of its points.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct SearchRecord {
    /// Validation column that ranked the points.
    pub column: String,
    pub groups: Vec<SearchGroup>,
}

/// The points of one variant, which compete with each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SearchGroup {
    /// The variant's title and labels of axes; empty without either.
    pub name: String,
    pub rounds: Vec<SearchRound>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SearchRound {
    /// Of the whole training.
    pub share: f64,
    /// Best first.
    pub points: Vec<SearchPoint>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SearchPoint {
    /// `rate=0.0032, gate=cbam`.
    pub label: String,
    /// Best validated value so far, mean over the seeds; absent where a seed failed.
    pub value: Option<f64>,
    /// It went on to the next round; of the last round: it won.
    pub kept: bool,
}
