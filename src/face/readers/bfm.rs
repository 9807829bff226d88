//! The Basel Face Models: 2009 (Paysan et al., AVSS 2009; `01_MorphableModel.mat`) and 2017 (Gerig et al., "Morphable
//! Face Models - An Open Framework", FG 2018; `model2017-1_*.h5`, and 2019 in the same form).
//!
//! x to the image's right, y up, z towards the viewer; 2009 in micrometres, 2017 in millimetres. They come without
//! texture coordinates, landmarks and contours: these lie in files of other projects, or the texture is a cylinder's.

use super::error::Result;
use super::hdf5::Hdf5;
use super::mat::Mat;
use super::{modes, seams};
use crate::face::mesh::{Topology, Vec3};
use crate::face::morphable::{Basis, Morphable, Prior};

/// A model without landmarks and contours, its texture unrolled from a cylinder.
fn bare(mean: Vec<Vec3>, triangles: Vec<[u32; 3]>, identity: Basis, expression: Basis) -> Morphable {
    let topology = Topology { triangles, uv: seams::cylinder(&mean) };
    let (landmarks, contours) = (vec![None; 68], [Vec::new(), Vec::new()]);
    Morphable { name: "bfm".into(), topology, mean, identity, expression, landmarks, contours }
}

/// The model of 2009, which has no expressions: `shapeMU` 3V x 1, `shapePC` 3V x 199, `shapeEV` 199 x 1 (deviations, in
/// spite of their name) and `tl` T x 3 (vertices from 1, clockwise seen from outside).
pub fn of_2009(file: &str, data: &[u8]) -> Result<Morphable> {
    let read = Mat::read(file, data, Some(&["shapeMU", "shapePC", "shapeEV", "tl"]))?;
    let held = read.need("shapeMU")?;
    let mean = held.points()?;
    let deviations = read.need("shapeEV")?.rows()?;
    let identity = modes::columns(read.need("shapePC")?, Prior::Normal, mean.len(), &deviations)?;
    let triangles = modes::turned(modes::triangles(read.need("tl")?, 1, mean.len())?);
    let expression = modes::none(held, Prior::Normal, mean.len())?;
    Ok(bare(mean, triangles, identity, expression))
}

/// The model of 2017: `shape/model/{mean, pcaBasis, pcaVariance}`, the same of `expression`, and
/// `shape/representer/cells` 3 x T. The mean face holds the mean expression.
pub fn of_2017(file: &str, data: &[u8]) -> Result<Morphable> {
    let read = Hdf5::new(file, data)?;
    let part = |name: &str, vertices: usize| {
        let deviations = modes::deviations(&read.need(&format!("{name}/model/pcaVariance"))?)?;
        modes::columns(&read.need(&format!("{name}/model/pcaBasis"))?, Prior::Normal, vertices, &deviations)
    };
    let mut mean = read.need("shape/model/mean")?.points()?;
    let moved = read.need("expression/model/mean")?;
    moved.expect(&[Some(3 * mean.len())])?;
    for (position, shift) in mean.iter_mut().zip(moved.points()?) {
        position.iter_mut().zip(shift).for_each(|(p, s)| *p += s);
    }
    let (identity, expression) = (part("shape", mean.len())?, part("expression", mean.len())?);
    let cells = read.need("shape/representer/cells")?;
    cells.expect(&[Some(3), None])?;
    let count = cells.shape[1];
    let corners = cells.vertices(0, mean.len())?;
    let triangles = (0..count).map(|t| [corners[t], corners[count + t], corners[2 * count + t]]).collect();
    Ok(bare(mean, triangles, identity, expression))
}

/// Texture coordinates of `BFM_UV.mat` (Bas et al., "3D Morphable Models as Spatial Transformer Networks"): `UV`, V x 2,
/// v up.
pub fn uv(file: &str, data: &[u8], vertices: usize) -> Result<Vec<[f32; 2]>> {
    let read = Mat::read(file, data, Some(&["UV"]))?;
    let uv = read.need("UV")?;
    uv.expect(&[Some(vertices), Some(2)])?;
    Ok(seams::v_down(seams::pairs(uv)?))
}

/// `Landmarks68_*.anl`: the vertex (from 0) of each of the 68 landmarks, one a line.
pub fn landmarks(file: &str, data: &[u8], vertices: usize) -> Result<Vec<Option<u32>>> {
    let mut found = Vec::new();
    for (at, line) in super::bytes::lines(super::bytes::text(file, data)?) {
        if line.trim().is_empty() {
            continue;
        }
        let vertex = line.trim().parse().ok().filter(|vertex: &u32| (*vertex as usize) < vertices);
        let expected =
            || super::ReadError::at(file, at, format!("found `{}`, expected one of {vertices} vertices", line.trim()));
        found.push(Some(vertex.ok_or_else(expected)?));
    }
    if found.len() != 68 {
        return Err(super::ReadError::at(
            file,
            data.len() as u64,
            format!("found {} landmarks, expected 68", found.len()),
        ));
    }
    Ok(found)
}

#[cfg(test)]
#[path = "bfm_tests.rs"]
mod tests;
