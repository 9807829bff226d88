//! Models in the form of FLAME (Li et al., "Learning a model of facial shape and expression from 4D scans", 2017) as an
//! `.npz` file: `v_template` V x 3, `shapedirs` V x 3 x K, `f` T x 3, with a texture `vt` (v up) and `ft` where present.
//! Joints, pose correctives and weights are passed over.
//!
//! Metres; x to the image's right, y up, z towards the viewer. Coefficients are normal.

use super::archive::Npz;
use super::array::Array;
use super::error::Result;
use super::modes;
use super::seams::{self, Corner};
use crate::face::mesh::Vec3;
use crate::face::morphable::{Basis, Morphable, Prior};

/// The first modes are of identity, those behind them of expression.
const IDENTITIES: usize = 300;

/// From the bytes of an `.npz` file. `landmarks68`, vertices from 0, is read where present.
pub fn npz(file: &str, data: &[u8]) -> Result<Morphable> {
    let arrays = Npz::new(file, data)?;
    let template = arrays.need("v_template")?;
    template.expect(&[None, Some(3)])?;
    let template = template.points()?;
    let vertices = template.len();
    let faces = modes::triangles(&arrays.need("f")?, 0, vertices)?;
    let triangles: Vec<[Corner; 3]>;
    let mut uv = Vec::new();
    match (arrays.get("vt")?, arrays.get("ft")?) {
        (Some(vt), Some(ft)) => {
            uv = seams::v_down(seams::pairs(&vt)?);
            ft.expect(&[Some(faces.len()), Some(3)])?;
            let places = modes::triangles(&ft, 0, uv.len())?;
            let corners = |(face, place): (&[u32; 3], &[u32; 3])| [0, 1, 2].map(|i| (face[i], Some(place[i])));
            triangles = faces.iter().zip(&places).map(corners).collect();
        }
        _ => triangles = faces.iter().map(|face| face.map(|vertex| (vertex, None))).collect(),
    }
    let mut mesh = seams::split(vertices, &triangles, &uv);
    let mean = mesh.of(&template);
    if uv.is_empty() {
        mesh.topology.uv = seams::cylinder(&mean);
    }

    let directions = arrays.need("shapedirs")?;
    directions.expect(&[Some(vertices), Some(3), None])?;
    let count = directions.shape[2];
    let values = directions.rows()?;
    let basis = |from: usize, to: usize| directed(&directions, &values, &mesh.source, from.min(count)..to.min(count));
    let (identity, expression) = (basis(0, IDENTITIES)?, basis(IDENTITIES, count)?);
    let landmarks = match arrays.get("landmarks68")? {
        Some(array) => modes::landmarks(&array, vertices)?,
        None => vec![None; 68],
    };
    let contours = [Vec::new(), Vec::new()];
    let topology = mesh.topology;
    Ok(Morphable { name: "flame".into(), topology, mean, identity, expression, landmarks, contours })
}

/// Some of the modes, for the vertices of the mesh. `values` are V x 3 x K row after row.
fn directed(array: &Array, values: &[f32], source: &[u32], range: std::ops::Range<usize>) -> Result<Basis> {
    let count = array.shape[2];
    let delta = |vertex: &u32, mode: usize| -> Vec3 {
        [0, 1, 2].map(|axis| values[(*vertex as usize * 3 + axis) * count + mode])
    };
    let deltas = range.flat_map(|mode| source.iter().map(move |vertex| (vertex, mode))).map(|(v, mode)| delta(v, mode));
    modes::basis(array, Prior::Normal, source.len(), deltas.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_and_mean_follow_a_doubled_vertex() {
        // tests/parity/face_files.py
        let model = npz("f.npz", include_bytes!("../../../tests/fixtures/faces/flame.npz")).unwrap();
        assert_eq!((model.mean.len(), model.mean[4]), (5, [10.0, 0.0, 1.0]));
        assert_eq!(model.topology.triangles, [[0, 1, 2], [2, 4, 3]]);
        assert_eq!(model.topology.uv[4], [0.5, 0.5]);
        assert_eq!(model.topology.uv[2], [0.0, 0.0]);
        // shapedirs.reshape(12, 2)[row, mode] = (2 row + mode) / 8
        assert_eq!((model.identity.len(), model.expression.len()), (2, 0));
        assert_eq!(model.identity.mode(1)[4], [7.0, 9.0, 11.0].map(|v| v / 8.0));
        assert_eq!(model.identity.mode(1)[1], model.identity.mode(1)[4]);
    }
}
