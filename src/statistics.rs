//! Statistics for claims: moments and intervals, paired tests, correction for many comparisons. Pure functions of
//! numbers; what is compared with what is the report's business.
//!
//! Values are checked against scipy's (`tests/parity/significance.py`). Every sum runs in the order of its values, and the
//! bootstrap draws by counter, so results do not depend on the number of threads.

mod bootstrap;
pub mod distributions;
mod holm;
mod interval;
pub mod map;
mod roc;
mod special;
mod symmetric;
pub mod verification;
mod wilcoxon;

pub use bootstrap::{Bootstrap, RESAMPLES, bootstrap};
pub use holm::holm;
pub use interval::{Moments, mean_interval, paired_t};
pub use roc::{Operating, Roc};
pub use wilcoxon::{SignedRank, signed_rank};

/// What `tests/parity/significance.py` made.
#[cfg(test)]
fn parity() -> serde_json::Value {
    serde_json::from_str(include_str!("../tests/parity/significance.json")).unwrap()
}

#[cfg(test)]
fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}
