//! A sheet of photos with their points, and what became of them.

use super::work::Record;
use crate::cli::data::files;
use crate::cli::data::sheet::{ROWS, boxed, short};
use crate::components::raster;
use crate::face::picture::Picture;
use crate::record::write_atomic;
use crate::report::sheet;
use image::RgbImage;
use std::path::{Path, PathBuf};

const HEADS: [&str; 2] = ["photo", "aligned"];
/// Of points, 0 to 1.
const GREEN: [f32; 3] = [0.1, 1.0, 0.2];

/// Writes `contact-sheet.png`: all photos, or a choice of them spread over their names. Gives the file.
pub fn write(out: &Path, photos: &Path, records: &[Record]) -> anyhow::Result<PathBuf> {
    let count = records.len().min(ROWS);
    let chosen = (0..count).map(|i| &records[i * (records.len() - 1) / (count - 1).max(1)]);
    let mut rows = Vec::with_capacity(count);
    for record in chosen {
        let mut photo = files::picture(&raster::read(&photos.join(&record.photo), 3)?);
        let mut aligned = files::picture(&raster::read(&out.join(format!("images/{}.png", record.name)), 3)?);
        mark(&mut photo, &record.points);
        mark(&mut aligned, &record.aligned);
        let mut label = format!("{}\nscale {:.2}", short(&record.name), record.a.hypot(record.b));
        if let Some(side) = &record.side {
            label.push_str(&format!("\n{side} half{}", if record.mirrored { ", mirrored" } else { "" }));
        }
        if let Some(score) = record.score {
            label.push_str(&format!("\nscore {score:.3}"));
        }
        rows.push((label, vec![tile(&photo), tile(&aligned)]));
    }
    let file = out.join("contact-sheet.png");
    write_atomic(&file, &sheet::png(&HEADS, rows)?)?;
    Ok(file)
}

/// Dots on points, as large as the picture asks for.
fn mark(picture: &mut Picture, points: &[[f32; 2]]) {
    let reach = (picture.width.max(picture.height) / 160) as i64;
    for [x, y] in points.iter().filter(|point| point.iter().all(|v| v.is_finite())) {
        for (dx, dy) in (-reach..=reach).flat_map(|dx| (-reach..=reach).map(move |dy| (dx, dy))) {
            let (x, y) = (x.floor() as i64 + dx, y.floor() as i64 + dy);
            let inside = (0..picture.width as i64).contains(&x) && (0..picture.height as i64).contains(&y);
            if inside {
                picture.at_mut(x as usize, y as usize).copy_from_slice(&GREEN);
            }
        }
    }
}

fn tile(picture: &Picture) -> RgbImage {
    let tile = boxed(picture);
    let pixel = |x: u32, y: u32| image::Rgb([0, 1, 2].map(|c: usize| files::byte(tile.at(x as usize, y as usize)[c])));
    RgbImage::from_fn(tile.width as u32, tile.height as u32, pixel)
}
