//! One photo: fitted, unwrapped, completed, written.

use super::complete;
use super::files::{self, hexadecimal};
use super::model::Model;
use super::photos::Photo;
use super::{pictures, sheet};
use crate::components::raster;
use crate::face::blend::patchwork::Patchwork;
use crate::face::camera::{Camera, Orthographic};
use crate::face::fit::Fit;
use crate::face::mesh::Vec3;
use crate::face::picture::Picture;
use crate::face::unwrap::{Scene, Settings, Unwrapped, unwrap};
use crate::record::write_atomic;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Instant;

/// Of what is written; another number makes every photo be done again.
const REVISION: u32 = 2;
/// How many pixels of a photo there are for a texel, along an axis, at most: more would alias.
const PIXELS: f32 = 1.25;

/// What holds for all photos.
pub struct Shared<'a> {
    pub model: &'a Model,
    pub out: &'a Path,
    /// A complete texture for what no side of a face shows.
    pub texture: Option<&'a Picture>,
    /// Settings, model and texture, as a digest.
    pub digest: String,
    /// The least share of the atlas that a photo has to show.
    pub least_coverage: f64,
    /// Whether pictures of all kinds are drawn.
    pub pictures: bool,
}

/// A photo and its fit.
pub struct Fitted<'a> {
    pub photo: &'a Photo,
    pub fit: Fit,
    /// Of photo, landmarks, model and settings.
    pub digest: String,
}

/// `fit/NAME.json`: written last, it says that a photo is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub fingerprint: String,
    pub name: String,
    pub photo: String,
    pub model: String,
    /// Texels along a side of the maps.
    pub size: usize,
    /// Degrees: yaw to the image's right, pitch down, roll counter-clockwise.
    pub yaw: f32,
    pub pitch: f32,
    pub roll: f32,
    /// Pixels of the photo for one unit of the model; rows of the rotation; where the model's origin falls.
    pub scale: f32,
    pub rotation: [Vec3; 3],
    pub centre: [f32; 2],
    pub identity: Vec<f32>,
    pub expression: Vec<f32>,
    /// Mean distance of the landmarks, in % of the distance between the outer corners of the eyes.
    pub residual: f64,
    /// % of the atlas that the photo shows; from the other side, the texture, interpolated.
    pub coverage: f64,
    pub mirrored: f64,
    pub textured: f64,
    pub interpolated: f64,
    pub seconds: f64,
}

/// A photo's fit, or why it has none.
pub fn fitted<'a>(model: &Model, photo: &'a Photo, most_residual: f64) -> Result<Fitted<'a>, String> {
    let points = photo.landmarks.as_ref().map_err(String::clone)?;
    let bytes = std::fs::read(&photo.path).map_err(|e| format!("cannot be read: {e}"))?;
    let fitter = if points.solid { &model.solid } else { &model.outline };
    let fit = fitter.fit(&points.points, &[]).map_err(|e| e.to_string())?;
    let residual = fit.relative_residual();
    if residual > most_residual {
        let (found, most) = (100.0 * residual, 100.0 * most_residual);
        return Err(format!("the fit is off by {found:.1} % of the distance between the eyes, more than {most:.1} %"));
    }
    let mut sum = Sha256::new();
    sum.update(&bytes);
    let places = points.points.as_flattened().iter().flat_map(|v| v.to_le_bytes());
    sum.update(places.collect::<Vec<u8>>());
    sum.update([u8::from(points.solid)]);
    Ok(Fitted { photo, fit, digest: hexadecimal(&sum.finalize()) })
}

/// The photo of a face, cut around it and not much finer than the atlas, and the map read off it.
pub fn unwrapped(model: &Model, fitted: &Fitted) -> Result<(Framed, Unwrapped), String> {
    let framed = Framed::new(model, fitted, |points, _| (footprint(model, points) / PIXELS).max(1.0))?;
    let Framed { photo, positions, camera } = &framed;
    let scene = Scene { photo, topology: &model.morphable.topology, positions, camera, mask: None };
    let seen = unwrap(&scene, &model.atlas, &Settings::default()).ok_or("model and photo do not belong together")?;
    Ok((framed, seen))
}

/// A face before its photo.
pub struct Framed {
    pub photo: Picture,
    pub positions: Vec<Vec3>,
    pub camera: Camera,
}

impl Framed {
    /// The photo is cut around the face and reduced by the factor that `finer` says of the face's points and the longer side
    /// of the cut, in pixels of the photo; enlarged by one below 1.
    fn new(model: &Model, fitted: &Fitted, finer: impl Fn(&[Vec3], usize) -> f32) -> Result<Framed, String> {
        let fit = &fitted.fit;
        let whole = raster::read(&fitted.photo.path, 3).map_err(|e| match e {
            crate::components::sample::DataError::File { why, .. } => format!("cannot be read: {why}"),
            other => other.to_string(),
        })?;
        let positions = model.morphable.shape(&fit.identity, &fit.expression);
        let (height, width) = whole.frame();
        let points = Camera::Orthographic(fit.camera).project(&positions).points;
        let range = |k: usize, len: usize| {
            let of = || points.iter().map(|p| p[k]);
            let (low, high) = (of().fold(f32::MAX, f32::min), of().fold(f32::MIN, f32::max));
            let margin = 0.08 * (high - low);
            let from = (low - margin).floor().clamp(0.0, len as f32) as usize;
            (from, ((high + margin).ceil().clamp(0.0, len as f32) as usize).saturating_sub(from))
        };
        let ((left, across), (top, down)) = (range(0, width), range(1, height));
        if across < 8 || down < 8 {
            return Err(format!("the landmarks lie outside the photo of {width} x {height} pixels"));
        }
        let cut = raster::crop(&whole, top, left, down, across);
        let finer = finer(&points, across.max(down));
        let smaller = |len: usize| ((len as f32 / finer).round() as usize).max(8);
        let (rows, columns) = (smaller(down), smaller(across));
        let factor = columns as f32 / across as f32;
        let centre = [(fit.camera.centre[0] - left as f32) * factor, (fit.camera.centre[1] - top as f32) * factor];
        let camera = Camera::Orthographic(Orthographic { scale: fit.camera.scale * factor, centre, ..fit.camera });
        Ok(Framed { photo: files::picture(&raster::resize(&cut, rows, columns)), positions, camera })
    }
}

/// Pixels of the photo along a texel's side: the median of the texels that face the camera.
fn footprint(model: &Model, points: &[Vec3]) -> f32 {
    let places = model.atlas.interpolate(&model.morphable.topology.triangles, points, [f32::NAN; 3]);
    let size = model.atlas.width;
    let area = |t: usize| {
        let ([x, y, _], [a, b, _], [c, d, _]) = (places[t], *places.get(t + 1)?, *places.get(t + size)?);
        let area = (a - x) * (d - y) - (b - y) * (c - x);
        (!(t + 1).is_multiple_of(size) && area > 0.0).then_some(area)
    };
    let mut areas: Vec<f32> = (0..places.len()).filter_map(area).collect();
    areas.sort_by(f32::total_cmp);
    areas.get(areas.len() / 2).map_or(1.0, |area| area.sqrt())
}

/// What was made of a photo before, if it is whole and would be the same now.
pub fn done_before(shared: &Shared, fitted: &Fitted) -> Option<Record> {
    let name = &fitted.photo.name;
    let text = std::fs::read(shared.out.join(format!("fit/{name}.json"))).ok()?;
    let record: Record = serde_json::from_slice(&text).ok()?;
    let drawn = pictures::KINDS.iter().filter(|_| shared.pictures).map(|kind| format!("pictures/{kind}/{name}.jpg"));
    let mut files = FILES.iter().map(|(folder, end)| format!("{folder}/{name}.{end}")).chain(drawn);
    let whole = files.all(|file| shared.out.join(file).is_file());
    (record.fingerprint == fingerprint(shared, fitted) && whole).then_some(record)
}

/// Besides the record.
const FILES: [(&str, &str); 10] = [
    ("incomplete", "png"),
    ("missing", "png"),
    ("sight", "png"),
    ("complete", "png"),
    ("origin", "png"),
    ("mesh", "mtl"),
    ("mesh", "obj"),
    ("photo", "jpg"),
    ("overlay", "jpg"),
    ("strips", "jpg"),
];

fn fingerprint(shared: &Shared, fitted: &Fitted) -> String {
    hexadecimal(&Sha256::digest(format!("{REVISION} {} {}", shared.digest, fitted.digest)))
}

/// Makes and writes all of a photo.
pub fn make(shared: &Shared, fitted: &Fitted) -> Result<Record, String> {
    let started = Instant::now();
    let Shared { model, out, .. } = *shared;
    let (framed, seen) = unwrapped(model, fitted)?;
    let mask = seen.seen();
    let own = Patchwork::of_view(&seen.map, &mask).map_err(|e| e.to_string())?;
    let coverage = own.share(&model.on_atlas, |_| true) - own.share(&model.on_atlas, |o| o == Default::default());
    if coverage < shared.least_coverage {
        let (found, least) = (100.0 * coverage, 100.0 * shared.least_coverage);
        return Err(format!("shows {found:.1} % of the face, less than {least:.1} %"));
    }
    let complete = complete::fill(model, &own, shared.texture).map_err(|e| e.to_string())?;
    let of_side = |side: usize| Framed::new(model, fitted, move |_, longest| longest as f32 / side as f32);
    let pair = sheet::pair(model, &of_side(sheet::SIDE)?);
    let pictures = match shared.pictures {
        true => Some(pictures::draw(model, &of_side(pictures::SIDE)?, &mask, &complete.map)),
        false => None,
    };
    let write = || -> anyhow::Result<Record> {
        let name = &fitted.photo.name;
        let size = model.atlas.width;
        let path = |folder: &str, end: &str| out.join(format!("{folder}/{name}.{end}"));
        let alpha: Vec<f32> = mask.iter().map(|seen| f32::from(u8::from(*seen))).collect();
        files::write_png(&path("incomplete", "png"), &seen.map, Some(&alpha))?;
        let missing = mask.iter().zip(&model.on_atlas).map(|(seen, atlas)| f32::from(u8::from(*atlas && !seen)));
        files::write_grey(&path("missing", "png"), missing.collect(), size)?;
        files::write_grey(&path("sight", "png"), seen.sight.iter().map(|s| sight_level(*s)).collect(), size)?;
        let face: Vec<f32> = model.on_atlas.iter().map(|on| f32::from(u8::from(*on))).collect();
        files::write_png(&path("complete", "png"), &complete.map, Some(&face))?;
        files::write_png(&path("origin", "png"), &complete.origins(), None)?;
        files::write_mesh(out, name, &model.morphable.topology, &framed.positions)?;
        for (folder, picture) in ["photo", "overlay"].into_iter().zip(&pair) {
            write_atomic(&path(folder, "jpg"), &sheet::jpeg(picture)?)?;
        }
        for (kind, picture) in pictures::KINDS.into_iter().zip(pictures.iter().flatten()) {
            write_atomic(&path(&format!("pictures/{kind}"), "jpg"), &sheet::jpeg(picture)?)?;
        }
        let strip = sheet::strip(model, pair, &framed.positions, &seen.map, &mask, &complete.map);
        write_atomic(&path("strips", "jpg"), &sheet::jpeg(&strip)?)?;
        let [_, mirrored, textured, interpolated] = complete::shares(model, &complete).map(|share| 100.0 * share);
        let fit = &fitted.fit;
        let record = Record {
            fingerprint: fingerprint(shared, fitted),
            name: name.clone(),
            photo: fitted.photo.file.clone(),
            model: model.morphable.name.clone(),
            size,
            yaw: fit.pose.yaw,
            pitch: fit.pose.pitch,
            roll: fit.pose.roll,
            scale: fit.camera.scale,
            rotation: fit.camera.rotation.0,
            centre: fit.camera.centre,
            identity: fit.identity.clone(),
            expression: fit.expression.clone(),
            residual: 100.0 * fit.relative_residual(),
            coverage: 100.0 * coverage,
            mirrored,
            textured,
            interpolated,
            seconds: started.elapsed().as_secs_f64(),
        };
        write_atomic(&path("fit", "json"), &serde_json::to_vec_pretty(&record)?)?;
        Ok(record)
    };
    write().map_err(|e| format!("{e:#}"))
}

/// A sight as it is stored: what is seen at all stays above 0 in 8 bits.
fn sight_level(sight: f32) -> f32 {
    if sight > 0.0 { sight.clamp(1.0 / 255.0, 1.0) } else { 0.0 }
}
