//! ICT-FaceKit, the face model of the USC Institute for Creative Technologies (Li et al., "Learning Formation of
//! Physically-Based Face Attributes", CVPR 2020): one `.npz` file, or the folder `FaceXModel` of OBJ files.
//!
//! Centimetres; x to the image's right, y up, z towards the viewer. Coefficients of identity are normal, those of
//! expression blend shapes. The texture of the face has no seam; its narrow part is symmetric about u = 0.5.

use super::archive::Npz;
use super::bytes::whole_file;
use super::error::{ReadError, Result};
use super::{modes, obj, seams};
use crate::face::mesh::{Topology, Vec3};
use crate::face::morphable::{Basis, Morphable, Prior};
use std::path::{Path, PathBuf};

/// Vertices and polygons of the face, which come first among those of the whole head (table "Face Model Topology" of
/// its README).
const FACE: (usize, usize) = (9409, 9230);
/// Vertices and triangles of the face without ears, hair and neck.
const NARROW: (usize, usize) = (6706, 13_120);

/// Vertices of the 68 landmarks, their jaw the outline that a camera sees (README, "Facial Landmarks").
const LANDMARKS: [u32; 68] = [
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443, 268, 493, 1914,
    2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360, 1507, 1542, 1537,
    1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732, 5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518,
    5957, 5841, 5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
];

/// The jaw line from ear to chin, right and left (README, "extended jawline").
const JAW: [[u32; 17]; 2] = [
    [1280, 1278, 1275, 1272, 1248, 12, 820, 1834, 1902, 243, 844, 781, 1673, 2199, 801, 1447, 800],
    [3041, 3661, 3042, 4390, 3880, 3022, 3085, 2484, 4102, 4036, 3061, 2253, 3466, 3490, 3493, 3496, 3498],
];

/// Expressions that were added to the model last; they stand behind the others, which are in order of their names.
const LATE: [&str; 4] = ["PupilDilate_L", "PupilDilate_R", "cheekRaiser_L", "cheekRaiser_R"];

/// The neutral head of the folder of OBJ files.
pub const NEUTRAL: &str = "generic_neutral_mesh.obj";

/// From an `.npz` file with the arrays mean, identity, expression, triangles, uv (v up) and landmarks68.
pub fn npz(file: &str, data: &[u8]) -> Result<Morphable> {
    let arrays = Npz::new(file, data)?;
    let mean = arrays.need("mean")?;
    mean.expect(&[None, Some(3)])?;
    let mean = mean.points()?;
    let vertices = mean.len();
    let read = |name: &str, prior| {
        let array = arrays.need(name)?;
        array.expect(&[None, Some(vertices), Some(3)])?;
        modes::basis(&array, prior, vertices, array.points()?)
    };
    let (identity, expression) = (read("identity", Prior::Normal)?, read("expression", Prior::Blendshape)?);
    let uv = arrays.need("uv")?;
    uv.expect(&[Some(vertices), Some(2)])?;
    let uv = seams::v_down(seams::pairs(&uv)?);
    let triangles = modes::triangles(&arrays.need("triangles")?, 0, vertices)?;
    let landmarks = modes::landmarks(&arrays.need("landmarks68")?, vertices)?;
    let (topology, contours) = (Topology { triangles, uv }, contours(vertices));
    Ok(Morphable { name: "ict".into(), topology, mean, identity, expression, landmarks, contours })
}

/// The jaw's vertices, if the mesh is this model's.
fn contours(vertices: usize) -> [Vec<u32>; 2] {
    JAW.map(|side| if vertices >= FACE.0 { side.to_vec() } else { Vec::new() })
}

/// From the folder of OBJ files: `generic_neutral_mesh.obj`, `identity000.obj` and on, and one file an expression. Of
/// the whole head only the face is kept, without eyes, teeth and neck.
pub fn objects(folder: &Path) -> Result<Morphable> {
    let neutral_path = folder.join(NEUTRAL);
    let mut neutral = obj::read(&neutral_path.display().to_string(), &whole_file(&neutral_path)?)?;
    if neutral.positions.len() > FACE.0 && neutral.polygons.len() > FACE.1 {
        neutral.polygons.truncate(FACE.1);
        if neutral.polygons.iter().flatten().any(|(vertex, _)| *vertex as usize >= FACE.0) {
            let what = format!("its first {} polygons reach beyond the face's {} vertices", FACE.1, FACE.0);
            return Err(ReadError::whole(&neutral_path.display().to_string(), what));
        }
        neutral.positions.truncate(FACE.0);
    }
    let mesh = neutral.mesh();
    let vertices = mesh.positions.len();
    let shapes = |paths: &[PathBuf]| -> Result<Vec<Vec3>> {
        let mut deltas = Vec::new();
        for path in paths {
            let mode = obj::positions(&path.display().to_string(), &whole_file(path)?)?;
            if mode.len() < neutral.positions.len() {
                let what =
                    format!("has {} vertices, expected the {} of {NEUTRAL}", mode.len(), neutral.positions.len());
                return Err(ReadError::whole(&path.display().to_string(), what));
            }
            let moved = mesh.seamed.of(&mode);
            deltas.extend(moved.iter().zip(&mesh.positions).map(|(to, from)| crate::face::mesh::sub(*to, *from)));
        }
        Ok(deltas)
    };
    let (identities, expressions) = mode_files(folder)?;
    let basis = |prior, paths: &[PathBuf]| {
        let empty = || ReadError::whole(&neutral_path.display().to_string(), "has no vertices");
        Basis::new(prior, vertices, shapes(paths)?).ok_or_else(empty)
    };
    let identity = basis(Prior::Normal, &identities)?;
    let expression = basis(Prior::Blendshape, &expressions)?;
    let landmarks = LANDMARKS.map(|vertex| (vertices >= FACE.0).then_some(vertex)).to_vec();
    let (contours, topology) = (contours(vertices), mesh.seamed.topology);
    Ok(Morphable { name: "ict".into(), topology, mean: mesh.positions, identity, expression, landmarks, contours })
}

/// Files of the identity modes, without a gap in their numbers, and of the expressions.
fn mode_files(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let place = folder.display().to_string();
    let listed = std::fs::read_dir(folder).map_err(|e| ReadError::whole(&place, format!("cannot be listed: {e}")))?;
    let names = listed.filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.to_string()));
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".obj") && name != NEUTRAL).collect();
    // As in `expression_names.txt`: by name, the four that came later behind.
    names.sort_by_key(|name| (LATE.iter().position(|late| name.strip_suffix(".obj") == Some(late)), name.clone()));
    let (identities, expressions): (Vec<String>, Vec<String>) =
        names.into_iter().partition(|n| n.starts_with("identity"));
    for (place, name) in identities.iter().enumerate() {
        if *name != format!("identity{place:03}.obj") {
            let what = format!("lacks `identity{place:03}.obj`, found `{name}`");
            return Err(ReadError::whole(&folder.display().to_string(), what));
        }
    }
    let paths = |names: Vec<String>| names.into_iter().map(|name| folder.join(name)).collect();
    Ok((paths(identities), paths(expressions)))
}

/// The face without ears, hair and neck, whose texture is symmetric; `None` where the model is not ICT-FaceKit's face.
pub fn narrow(model: &Morphable) -> Option<Morphable> {
    if model.mean.len() != FACE.0 {
        return None;
    }
    let kept = NARROW.0;
    let cut = |basis: &Basis| {
        let deltas = (0..basis.len()).flat_map(|mode| basis.mode(mode)[..kept].iter().copied()).collect();
        Basis::new(basis.prior, kept, deltas)
    };
    let triangles = model.topology.triangles.get(..NARROW.1)?.to_vec();
    let inside = |vertex: &u32| (*vertex as usize) < kept;
    triangles.iter().flatten().all(inside).then_some(())?;
    Some(Morphable {
        name: model.name.clone(),
        topology: Topology { triangles, uv: model.topology.uv[..kept].to_vec() },
        mean: model.mean[..kept].to_vec(),
        identity: cut(&model.identity)?,
        expression: cut(&model.expression)?,
        landmarks: model.landmarks.iter().map(|vertex| vertex.filter(inside)).collect(),
        contours: model.contours.clone().map(|side| side.into_iter().filter(inside).collect()),
    })
}

#[cfg(test)]
#[path = "ict_tests.rs"]
mod tests;
