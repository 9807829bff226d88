//! `pairs.json` of a cell: what its verifications compared on the test split.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Verifications by the column of their accuracy (`verification.lfw.accuracy`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct PairsRecord {
    pub verifications: BTreeMap<String, PairScores>,
}

/// The pairs of one verification, in the split's order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct PairScores {
    /// Cosine similarities.
    pub scores: Vec<f32>,
    /// 1 where both pictures show one person.
    pub same: Vec<u8>,
    /// From 0.
    pub folds: Vec<u16>,
    /// Cosine from which on each fold accepted a pair.
    pub thresholds: Vec<f64>,
    /// What the evaluation groups by, of each pair; empty without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<f32>,
    /// Yaws of both pictures in degrees; empty where these were not said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub yaws: Vec<[f32; 2]>,
    /// Pictures of the pairs that were judged most wrongly, where a figure shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hardest: Vec<HardPair>,
    /// Vectors of some pictures in two dimensions, where a figure shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub map: Vec<MapPoint>,
}

/// A pair that was judged wrongly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct HardPair {
    /// Which pair of the split.
    pub pair: usize,
    /// File names under `samples/`.
    pub first: String,
    pub second: String,
}

/// One picture's vector in two dimensions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct MapPoint {
    pub person: String,
    /// On the first two principal components.
    pub pca: [f32; 2],
    pub tsne: [f32; 2],
}
