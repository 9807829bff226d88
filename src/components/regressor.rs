//! Regressors: an image of a face becomes the coefficients of its model, normalised: a coefficient is its distance from
//! the mean in standard deviations, as the model's files say both (`face::tddfa`).
//!
//! A cascade is several of them in a row, each of which adds to what the one before it found (na2020, equation 5):
//! `regressor/cascade-step` is one step of it.

mod mean;
mod mobilenet_v1;

use super::NodeEntry;
use crate::tensor::Backend;

pub fn entries<D: Backend>() -> Vec<NodeEntry<D>> {
    vec![mean::entry(), mobilenet_v1::entry()]
}
