//! Models of eos (Huber et al., "A Multiresolution 3D Morphable Face Model and Fitting Framework", 2016), among them the
//! Surrey Face Model: the model's `.bin` file, the blend shapes, the landmarks' vertices and the contours.
//!
//! Millimetres; x to the image's right, y up, z towards the viewer; v down. Little-endian without padding: a matrix is
//! i32 rows, i32 columns and f32 values column after column; a list is a u64 count and its items.

use super::bytes::{Bytes, text};
use super::error::{ReadError, Result};
use crate::face::mesh::{Topology, Vec3};
use crate::face::morphable::{Basis, Morphable, Prior};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A matrix, column after column.
struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f32>,
}

fn matrix(bytes: &mut Bytes, what: &str) -> Result<Matrix> {
    let start = *bytes;
    let sizes = [bytes.i32(what)?, bytes.i32(what)?];
    let [Ok(rows), Ok(columns)] = sizes.map(usize::try_from) else {
        return Err(start.wrong(format!("{what} has the sizes {sizes:?}, expected none below 0")));
    };
    let values = bytes.f32s(rows as u64 * columns as u64, what)?;
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        return Err(start.wrong(format!("{what} holds {} as value {place}, expected a finite number", values[place])));
    }
    Ok(Matrix { rows, columns, values })
}

/// Mean, basis and variances, then triangles.
fn part(bytes: &mut Bytes, what: &str) -> Result<(Matrix, Matrix, Matrix, Vec<[i32; 3]>)> {
    let mean = matrix(bytes, &format!("the {what}'s mean"))?;
    let basis = matrix(bytes, &format!("the {what}'s basis"))?;
    let variances = matrix(bytes, &format!("the {what}'s variances"))?;
    let named = format!("the {what}'s triangles");
    let count = bytes.u64(&named)?;
    let count = bytes.room(count, 12, &named)?;
    let triangles = bytes.i32s(3 * count as u64, &named)?;
    Ok((mean, basis, variances, triangles.as_chunks::<3>().0.to_vec()))
}

/// The model without expressions, landmarks and contours, which lie in files of their own.
pub fn model(file: &str, data: &[u8]) -> Result<Morphable> {
    let mut bytes = Bytes::new(file, data);
    let version = bytes.u32("the version")?;
    if version != 1 {
        return Err(ReadError::at(file, 0, format!("found version {version}, expected 1")));
    }
    let shape = bytes;
    let (mean, basis, variances, triangles) = part(&mut bytes, "shape")?;
    let (points, rest) = mean.values.as_chunks::<3>();
    let fits = mean.columns == 1 && rest.is_empty() && !points.is_empty() && basis.rows == mean.rows;
    if !fits || variances.values.len() != basis.columns {
        let sizes = [&mean, &basis, &variances].map(|m| format!("{} x {}", m.rows, m.columns)).join(", ");
        return Err(shape.wrong(format!("mean, basis and variances are {sizes}, expected 3V x 1, 3V x K, K x 1")));
    }
    part(&mut bytes, "colour")?;
    let places = bytes;
    let count = bytes.u64("the texture coordinates")?;
    let uv = bytes.f64s(count.saturating_mul(2), "the texture coordinates")?;
    let uv: Vec<[f32; 2]> = uv.as_chunks::<2>().0.iter().map(|uv| uv.map(|v| v as f32)).collect();
    if uv.len() != points.len() || uv.iter().flatten().any(|v| !v.is_finite()) {
        return Err(places.wrong(format!(
            "found {} texture coordinates, expected {} finite ones",
            uv.len(),
            points.len()
        )));
    }
    if bytes.left() > 0 {
        return Err(bytes.wrong(format!("{} bytes follow the texture coordinates, expected none", bytes.left())));
    }
    let mean = points.to_vec();
    let triangles = checked(triangles, mean.len()).map_err(|what| shape.wrong(what))?;
    let negative = variances.values.iter().find(|variance| **variance < 0.0);
    if let Some(variance) = negative {
        return Err(shape.wrong(format!("found the variance {variance}, expected none below 0")));
    }
    let deltas = basis.values.chunks_exact(3 * mean.len()).zip(&variances.values).flat_map(|(mode, variance)| {
        let deviation = variance.sqrt();
        mode.as_chunks::<3>().0.iter().map(move |delta| delta.map(|v| v * deviation))
    });
    let lacking = || shape.wrong("the model has no vertices");
    let identity = Basis::new(Prior::Normal, mean.len(), deltas.collect()).ok_or_else(lacking)?;
    let expression = Basis::new(Prior::Blendshape, mean.len(), Vec::new()).ok_or_else(lacking)?;
    let (landmarks, contours) = (vec![None; 68], [Vec::new(), Vec::new()]);
    let topology = Topology { triangles, uv };
    Ok(Morphable { name: "sfm".into(), topology, mean, identity, expression, landmarks, contours })
}

fn checked(triangles: Vec<[i32; 3]>, vertices: usize) -> std::result::Result<Vec<[u32; 3]>, String> {
    let vertex = |v: i32| u32::try_from(v).ok().filter(|v| (*v as usize) < vertices);
    let triangle = |t: [i32; 3]| {
        let [Some(a), Some(b), Some(c)] = t.map(vertex) else {
            return Err(format!("found the triangle {t:?} in a model of {vertices} vertices"));
        };
        Ok([a, b, c])
    };
    triangles.into_iter().map(triangle).collect()
}

/// Names and displacements of the blend shapes of a model with this many vertices.
pub fn blendshapes(file: &str, data: &[u8], vertices: usize) -> Result<(Vec<String>, Basis)> {
    let mut bytes = Bytes::new(file, data);
    let count = bytes.u64("the number of blend shapes")?;
    // The least that one takes: its name's length and its matrix's sizes.
    bytes.room(count, 16, "the blend shapes")?;
    let (mut names, mut deltas) = (Vec::new(), Vec::<Vec3>::new());
    for _ in 0..count {
        let length = bytes.u64("a blend shape's name")?;
        let length = bytes.room(length, 1, "a blend shape's name")?;
        let name = bytes.take(length, "a blend shape's name")?;
        let start = bytes;
        let moved = matrix(&mut bytes, "a blend shape")?;
        if (moved.rows, moved.columns) != (3 * vertices, 1) {
            let found = format!("found a blend shape of {} x {}", moved.rows, moved.columns);
            return Err(start.wrong(format!("{found}, expected {} x 1 for {vertices} vertices", 3 * vertices)));
        }
        names.push(String::from_utf8_lossy(name).into_owned());
        deltas.extend_from_slice(moved.values.as_chunks::<3>().0);
    }
    if bytes.left() > 0 {
        return Err(bytes.wrong(format!("{} bytes follow the blend shapes, expected none", bytes.left())));
    }
    let basis = Basis::new(Prior::Blendshape, vertices, deltas);
    Ok((names, basis.ok_or_else(|| ReadError::at(file, 0, "the model has no vertices"))?))
}

/// `ibug_to_*.txt`: a TOML table from points (1 to 68) to vertices (from 0). Points that are not named have none.
pub fn landmarks(file: &str, data: &[u8], vertices: usize) -> Result<Vec<Option<u32>>> {
    #[derive(Deserialize)]
    struct File {
        landmark_mappings: BTreeMap<String, toml::Spanned<i64>>,
    }
    let read: std::result::Result<File, toml::de::Error> = toml::from_str(text(file, data)?);
    let read =
        read.map_err(|e| ReadError::at(file, e.span().map_or(0, |s| s.start) as u64, e.message().to_string()))?;
    let mut found = vec![None; 68];
    for (point, vertex) in read.landmark_mappings {
        let place = vertex.span().start as u64;
        let slot = point.parse::<usize>().ok().and_then(|point| found.get_mut(point.checked_sub(1)?));
        let slot = slot.ok_or_else(|| ReadError::at(file, place, format!("found point {point}, expected 1 to 68")))?;
        let vertex = vertex.into_inner();
        let within = u32::try_from(vertex).ok().filter(|vertex| (*vertex as usize) < vertices);
        let outside = || ReadError::at(file, place, format!("found vertex {vertex}, expected one of {vertices}"));
        *slot = Some(within.ok_or_else(outside)?);
    }
    Ok(found)
}

/// `*model_contours.json`: the vertices (from 0) along which the jaw's landmarks slide, right and left.
pub fn contours(file: &str, data: &[u8], vertices: usize) -> Result<[Vec<u32>; 2]> {
    #[derive(Deserialize)]
    struct Sides {
        right_contour: Vec<u32>,
        left_contour: Vec<u32>,
    }
    #[derive(Deserialize)]
    struct File {
        model_contour: Sides,
    }
    let text = text(file, data)?;
    let read: File = serde_json::from_str(text).map_err(|e| {
        let before: usize = text.split_inclusive('\n').take(e.line().saturating_sub(1)).map(str::len).sum();
        ReadError::at(file, (before + e.column()) as u64, e.to_string())
    })?;
    let sides = [read.model_contour.right_contour, read.model_contour.left_contour];
    match sides.iter().flatten().find(|vertex| **vertex as usize >= vertices) {
        Some(vertex) => {
            let at = text.find(&vertex.to_string()).unwrap_or_default();
            Err(ReadError::at(file, at as u64, format!("found vertex {vertex}, expected one of {vertices}")))
        }
        None => Ok(sides),
    }
}

#[cfg(test)]
#[path = "eos_tests.rs"]
mod tests;
