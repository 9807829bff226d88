//! An attention map beside its picture: the picture, the map as heat over it in grey, the map alone, one scale for the
//! whole figure (na2020, Fig. 13).

use super::sample_grid::label;
use super::tiles::{Bar, Block, Head, draw as draw_blocks};
use super::{Figure, Scene, picked, text};
use crate::record::{CellRecord, FigurePlan, SampleRow, Tile};
use crate::report::ReportError;
use crate::report::palette::heat;
use crate::report::raster::read;
use image::{Rgb, RgbImage, imageops};

/// How much of the heat shows.
const SHARE: f64 = 0.6;

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let (image, map) = (text(plan, "image"), text(plan, "map"));
    let mut rows = Vec::new();
    for group in &scene.groups {
        let Some(record) = group.shown() else { continue };
        for row in record.samples.figures.get(&plan.name).map_or(&[][..], Vec::as_slice) {
            if let Some(pair) = pair(record, row, image, map)? {
                rows.push((group.title.as_str(), label(&row.label), pair));
            }
        }
    }
    if rows.is_empty() {
        return Ok(Figure::nothing(format!("no row of the study has both `{image}` and `{map}`")));
    }
    let ends = rows.iter().flat_map(|(_, _, (_, values))| values.iter().copied());
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let mut blocks: Vec<Block> = Vec::new();
    for (title, label, (picture, values)) in rows {
        let over = overlay(&picture, &values, (low, high));
        let alone = coefficients(&picture, &values, (low, high));
        let row = (label, vec![Some(picture), Some(over), Some(alone)]);
        match blocks.iter_mut().find(|b| b.title == title) {
            Some(block) => block.rows.push(row),
            None => {
                let heads = [image, "overlay", map].map(Head::of_wire).to_vec();
                blocks.push(Block { title: title.into(), heads, rows: vec![row] });
            }
        }
    }
    let bar = Bar { low, high: high.max(low + 1e-9), label: format!("value of {map}") };
    let caption = format!(
        "`{image}`, `{map}` over it and alone, enlarged to its size; samples of the test split, picked {}.",
        picked(plan)
    );
    Ok(Figure::one(&plan.name, draw_blocks(&blocks, Some(&bar))?.finish("Attention"), caption))
}

type Pair = (RgbImage, Vec<f64>);

/// The picture and the map's values at its size, or `None` where this row of the study lacks one.
fn pair(record: &CellRecord, row: &SampleRow, image: &str, map: &str) -> Result<Option<Pair>, ReportError> {
    let tile = |wire: &str| row.tiles.iter().find(|t| t.wire == wire && !t.file.is_empty());
    let (Some(image), Some(map)) = (tile(image), tile(map)) else { return Ok(None) };
    let open = |tile: &Tile| read(&record.dir.join("samples").join(&tile.file));
    let (picture, grey) = (open(image)?, open(map)?);
    let grey = imageops::resize(&grey, picture.width(), picture.height(), imageops::FilterType::Triangle);
    let (low, high) = if map.high > map.low { (map.low, map.high) } else { (0.0, 1.0) };
    let values = grey.pixels().map(|p| low + f64::from(p.0[0]) / 255.0 * (high - low)).collect();
    Ok(Some((picture, values)))
}

fn overlay(picture: &RgbImage, values: &[f64], ends: (f64, f64)) -> RgbImage {
    let grey = imageops::grayscale(picture);
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let (base, hot) = (f64::from(grey.get_pixel(x, y).0[0]), hot(picture, values, ends, x, y));
        Rgb(hot.map(|c| (base * (1.0 - SHARE) + f64::from(c) * SHARE).round() as u8))
    })
}

fn coefficients(picture: &RgbImage, values: &[f64], ends: (f64, f64)) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| Rgb(hot(picture, values, ends, x, y)))
}

fn hot(picture: &RgbImage, values: &[f64], (low, high): (f64, f64), x: u32, y: u32) -> [u8; 3] {
    heat((values[(y * picture.width() + x) as usize] - low) / (high - low).max(1e-12))
}
