//! Directions of a model from arrays, scaled so that their coefficients lie as the prior says.

use super::array::Array;
use super::error::Result;
use crate::face::mesh::Vec3;
use crate::face::morphable::{Basis, Prior};

/// No directions for a mesh of the vertices in `mean`.
pub fn none(mean: &Array, prior: Prior, vertices: usize) -> Result<Basis> {
    basis(mean, prior, vertices, Vec::new())
}

/// A basis of points that `array` holds, mode after mode.
pub fn basis(array: &Array, prior: Prior, vertices: usize, deltas: Vec<Vec3>) -> Result<Basis> {
    let found = deltas.len();
    Basis::new(prior, vertices, deltas)
        .ok_or_else(|| array.wrong(format!("holds {found} points, expected a multiple of the {vertices} vertices")))
}

/// From a `3V x K` array whose columns are modes `x0 y0 z0 x1 ...`, each times its deviation.
pub fn columns(array: &Array, prior: Prior, vertices: usize, deviations: &[f32]) -> Result<Basis> {
    array.expect(&[Some(3 * vertices), Some(deviations.len())])?;
    let mut values = array.columns()?;
    for (mode, deviation) in values.chunks_exact_mut(3 * vertices.max(1)).zip(deviations) {
        mode.iter_mut().for_each(|value| *value *= deviation);
    }
    basis(array, prior, vertices, values.as_chunks::<3>().0.to_vec())
}

/// Deviations from variances, none of which may be negative.
pub fn deviations(variances: &Array) -> Result<Vec<f32>> {
    let values = variances.rows()?;
    match values.iter().find(|variance| **variance < 0.0) {
        Some(negative) => Err(variances.wrong(format!("holds the variance {negative}, expected none below 0"))),
        None => Ok(values.into_iter().map(f32::sqrt).collect()),
    }
}

/// Triangles of a `T x 3` array, vertices counted from `first`.
pub fn triangles(array: &Array, first: i64, vertices: usize) -> Result<Vec<[u32; 3]>> {
    array.expect(&[None, Some(3)])?;
    Ok(array.vertices(first, vertices)?.as_chunks::<3>().0.to_vec())
}

/// The other way round.
pub fn turned(triangles: Vec<[u32; 3]>) -> Vec<[u32; 3]> {
    triangles.into_iter().map(|[a, b, c]| [a, c, b]).collect()
}

/// 68 landmarks of an array, vertices counted from 0.
pub fn landmarks(array: &Array, vertices: usize) -> Result<Vec<Option<u32>>> {
    array.expect(&[Some(68)])?;
    Ok(array.vertices(0, vertices)?.into_iter().map(Some).collect())
}
