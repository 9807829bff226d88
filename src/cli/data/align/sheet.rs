//! A sheet of photos with their points, and what became of them.

use super::work::Record;
use crate::cli::data::files;
use crate::cli::data::sheet::{ROWS, SIDE, boxed, short};
use crate::components::raster;
use crate::face::picture::Picture;
use crate::record::write_atomic;
use crate::report::sheet;
use image::RgbImage;
use std::path::{Path, PathBuf};

const HEADS: [&str; 2] = ["photo", "aligned"];
/// Of points, 0 to 1.
const GREEN: [f32; 3] = [0.1, 1.0, 0.2];
/// Pixels of a tile from a dot's middle to its side.
const REACH: i64 = 1;

/// Writes `contact-sheet.png`: all photos, or a choice of them spread over their names. Gives the file.
pub fn write(out: &Path, photos: &Path, records: &[Record]) -> anyhow::Result<PathBuf> {
    let count = records.len().min(ROWS);
    let chosen = (0..count).map(|i| &records[i * (records.len() - 1) / (count - 1).max(1)]);
    let mut rows = Vec::with_capacity(count);
    for record in chosen {
        let photo = files::picture(&raster::read(&photos.join(&record.photo), 3)?);
        let aligned = files::picture(&raster::read(&out.join(format!("images/{}.png", record.name)), 3)?);
        let mut label = format!("{}\nscale {:.2}", short(&record.name), record.a.hypot(record.b));
        if let Some(side) = &record.side {
            label.push_str(&format!("\n{side} half{}", if record.mirrored { ", mirrored" } else { "" }));
        }
        if let Some(score) = record.score {
            label.push_str(&format!("\nscore {score:.3}"));
        }
        rows.push((label, vec![tile(&photo, &record.points), tile(&aligned, &record.aligned)]));
    }
    let file = out.join("contact-sheet.png");
    write_atomic(&file, &sheet::png(&HEADS, rows)?)?;
    Ok(file)
}

/// A picture as a tile with dots of one size on its points.
fn tile(picture: &Picture, points: &[[f32; 2]]) -> RgbImage {
    let mut tile = boxed(picture);
    let factor = SIDE as f32 / picture.width.max(picture.height).max(1) as f32;
    let start = [picture.width, picture.height].map(|length| (SIDE as f32 - (length as f32 * factor).round()) / 2.0);
    for point in points.iter().filter(|point| point.iter().all(|v| v.is_finite())) {
        let [x, y] = [0, 1].map(|k| (start[k].floor() + point[k] * factor).floor() as i64);
        for (dx, dy) in (-REACH..=REACH).flat_map(|dx| (-REACH..=REACH).map(move |dy| (dx, dy))) {
            let (x, y) = (x + dx, y + dy);
            let inside = (0..SIDE as i64).contains(&x) && (0..SIDE as i64).contains(&y);
            if inside {
                tile.at_mut(x as usize, y as usize).copy_from_slice(&GREEN);
            }
        }
    }
    let pixel = |x: u32, y: u32| image::Rgb([0, 1, 2].map(|c: usize| files::byte(tile.at(x as usize, y as usize)[c])));
    RgbImage::from_fn(tile.width as u32, tile.height as u32, pixel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_where_the_points_are_whatever_the_pictures_size() {
        for (width, height) in [(64, 32), (256, 128), (100, 50)] {
            let mut picture = Picture::new(width, height, 3);
            let place = [width / 4, height / 2];
            let points = [[place[0] as f32 + 0.5, place[1] as f32 + 0.5]];
            picture.at_mut(place[0], place[1]).copy_from_slice(&[1.0; 3]);
            let tile = tile(&picture, &points);
            let green: Vec<(u32, u32)> =
                tile.enumerate_pixels().filter(|(_, _, p)| p.0 == [26, 255, 51]).map(|(x, y, _)| (x, y)).collect();
            assert_eq!(green.len(), 9);
            // A quarter of the width, and the middle of the tile.
            let (x, y) = green[4];
            assert!(x.abs_diff(64) <= 2 && y.abs_diff(128) <= 2, "{width}: {x} {y}");
        }
    }
}
