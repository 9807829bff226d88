//! Pictures for people: a strip for each photo, and sheets of strips.

use super::files;
use super::model::Model;
use super::pictures::turned;
use super::work::{Framed, Record};
use crate::components::raster;
use crate::face::camera::Camera;
use crate::face::draw;
use crate::face::mesh::{Topology, Vec3};
use crate::face::picture::Picture;
use crate::face::raster::{Faces, rasterize};
use crate::record::write_atomic;
use crate::report::sheet;
use anyhow::Context;
use image::{RgbImage, codecs::jpeg::JpegEncoder, imageops};
use std::path::{Path, PathBuf};

/// Pixels along a tile's side.
pub const SIDE: usize = 256;
/// Photos on a sheet.
pub const ROWS: usize = 24;
const HEADS: [&str; 7] = ["photo", "fitted mesh", "seen", "completed", "yaw -45", "yaw 0", "yaw 45"];
const YAWS: [f32; 3] = [-45.0, 0.0, 45.0];
pub const PAPER: [f32; 3] = [1.0; 3];

/// The photo and the fitted mesh before it, as tiles.
pub fn pair(model: &Model, framed: &Framed) -> [Picture; 2] {
    let Framed { photo, positions, camera } = framed;
    let scene = draw::Scene { topology: &model.morphable.topology, positions, camera };
    [boxed(photo), boxed(&draw::shaded(photo, &scene, 0.6))]
}

/// Tiles of a photo, side by side; `pair` are the first two.
pub fn strip(
    model: &Model,
    pair: [Picture; 2],
    positions: &[Vec3],
    seen: &Picture,
    mask: &[bool],
    complete: &Picture,
) -> Picture {
    let mut whole = complete.clone();
    for (texel, atlas) in whole.data.chunks_exact_mut(3).zip(&model.on_atlas) {
        if !atlas {
            texel.copy_from_slice(&PAPER);
        }
    }
    let mut tiles = Vec::from(pair);
    tiles.extend([boxed(&draw::visibility(&model.atlas, mask, Some(seen))), boxed(&whole)]);
    tiles.extend(turned(model, positions, complete, &YAWS, SIDE));
    draw::strip(&tiles, 0)
}

/// Changes a pixel's colour by its normal before the camera.
pub type Shade<'a> = dyn Fn(&mut [f32], Vec3) + Sync + 'a;

/// Pixels along a side that one of the picture is drawn from.
const OVER: usize = 2;

/// A textured mesh's colours times how much of each pixel it covers, and that share. `shade` changes a pixel's colour by
/// its normal before the camera.
pub fn face(
    topology: &Topology,
    positions: &[Vec3],
    camera: &Camera,
    texture: &Picture,
    side: usize,
    shade: Option<&Shade>,
) -> (Picture, Picture) {
    let camera = camera.enlarged(OVER as f32);
    let size = side * OVER;
    let drawn = rasterize(&camera.project(positions), &topology.triangles, (size, size), Faces::Front);
    let normals = shade.map(|_| drawn.directions(&topology.triangles, &camera.turned(&topology.normals(positions))));
    let places = drawn.interpolate(&topology.triangles, &topology.uv, [f32::NAN; 2]);
    let mut colours = Picture::new(size, size, 3);
    for (p, pixel) in colours.data.chunks_exact_mut(3).enumerate().filter(|(p, _)| drawn.covers(*p)) {
        let [u, v] = places[p];
        texture.sample(u * texture.width as f32, v * texture.height as f32, pixel);
        if let (Some(shade), Some(normals)) = (shade, &normals) {
            shade(pixel, normals[p]);
        }
    }
    (colours.reduced(OVER), drawn.coverage().reduced(OVER))
}

/// A face over a ground of the same size.
pub fn over(face: &Picture, share: &Picture, ground: &Picture) -> Picture {
    let mut out = ground.clone();
    for ((pixel, face), share) in out.data.chunks_exact_mut(3).zip(face.data.chunks_exact(3)).zip(&share.data) {
        pixel.iter_mut().zip(face).for_each(|(to, from)| *to = *to * (1.0 - share) + from);
    }
    out
}

/// A picture in the middle of a tile, whole: enlarged by whole pixels, else resized.
pub fn boxed(picture: &Picture) -> Picture {
    let longest = picture.width.max(picture.height).max(1);
    let factor = SIDE as f32 / longest as f32;
    let fitted = match (longest, SIDE % longest) {
        (SIDE, _) => picture.clone(),
        (_, 0) => enlarged(picture, SIDE / longest),
        _ => {
            let side = |len: usize| ((len as f32 * factor).round() as usize).clamp(1, SIDE);
            files::picture(&raster::resize(&files::array(picture), side(picture.height), side(picture.width)))
        }
    };
    let mut out = Picture::filled(SIDE, SIDE, &PAPER);
    let (left, top) = ((SIDE - fitted.width) / 2, (SIDE - fitted.height) / 2);
    for y in 0..fitted.height {
        for x in 0..fitted.width {
            out.at_mut(left + x, top + y).copy_from_slice(fitted.at(x, y));
        }
    }
    out
}

pub fn enlarged(picture: &Picture, times: usize) -> Picture {
    let mut out = Picture::new(picture.width * times, picture.height * times, picture.channels);
    for y in 0..out.height {
        for x in 0..out.width {
            out.at_mut(x, y).copy_from_slice(picture.at(x / times, y / times));
        }
    }
    out
}

/// JPEG bytes of a picture of three channels.
pub fn jpeg(picture: &Picture) -> anyhow::Result<Vec<u8>> {
    let bytes: Vec<u8> = picture.data.iter().map(|v| files::byte(*v)).collect();
    let mut out = Vec::new();
    let (width, height) = (picture.width as u32, picture.height as u32);
    JpegEncoder::new_with_quality(&mut out, 92).encode(&bytes, width, height, image::ExtendedColorType::Rgb8)?;
    Ok(out)
}

/// Writes `contact-sheet.png`: all photos, or a choice from the leftmost to the rightmost yaw where there are more than
/// fit on a sheet; then all are on `contact-sheets/NN.png` by name. Gives the files.
pub fn write(out: &Path, records: &[Record]) -> anyhow::Result<Vec<PathBuf>> {
    let sheets = out.join("contact-sheets");
    if sheets.is_dir() {
        std::fs::remove_dir_all(&sheets).with_context(|| format!("cannot empty {}", sheets.display()))?;
    }
    let mut chosen: Vec<&Record> = records.iter().collect();
    let first = out.join("contact-sheet.png");
    if records.len() <= ROWS {
        page(out, &chosen, &first)?;
        return Ok(vec![first]);
    }
    chosen.sort_by(|a, b| a.yaw.total_cmp(&b.yaw));
    let spread: Vec<&Record> = (0..ROWS).map(|i| chosen[i * (chosen.len() - 1) / (ROWS - 1)]).collect();
    page(out, &spread, &first)?;
    let mut written = vec![first];
    for (number, part) in records.chunks(ROWS).enumerate() {
        let file = sheets.join(format!("{:02}.png", number + 1));
        page(out, &part.iter().collect::<Vec<_>>(), &file)?;
        written.push(file);
    }
    Ok(written)
}

fn page(out: &Path, records: &[&Record], file: &Path) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for record in records {
        let path = out.join(format!("strips/{}.jpg", record.name));
        let strip = image::open(&path).with_context(|| format!("cannot read {}", path.display()))?.to_rgb8();
        let side = SIDE as u32;
        let tile = |i: u32| -> RgbImage { imageops::crop_imm(&strip, i * side, 0, side, side).to_image() };
        let (yaw, residual) = (record.yaw, record.residual);
        let label =
            format!("{}\nyaw {yaw:.0}, {:.0} % seen\n{residual:.1} % off", short(&record.name), record.coverage);
        rows.push((label, (0..HEADS.len() as u32).map(tile).collect()));
    }
    write_atomic(file, &sheet::png(&HEADS, rows)?)?;
    Ok(())
}

/// The end of a long name.
pub fn short(name: &str) -> String {
    let count = name.chars().count();
    if count <= 22 { name.into() } else { format!("…{}", name.chars().skip(count - 21).collect::<String>()) }
}
