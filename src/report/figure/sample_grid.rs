//! Samples: a row a sample, a column a wire, a block a row of the study; with `error`, beside each picture its absolute
//! difference from the row's last.

use super::tiles::{Bar, Block, draw as draw_blocks};
use super::{Figure, Scene, picked, texts};
use crate::record::{CellRecord, FigurePlan, SampleRow};
use crate::report::ReportError;
use crate::report::palette::heat;
use crate::report::raster::read;
use image::{Rgb, RgbImage};

pub fn draw(scene: &Scene<'_>, plan: &FigurePlan) -> Result<Figure, ReportError> {
    let wires = texts(plan, "show");
    let error = plan.settings.get("error").and_then(serde_json::Value::as_bool).unwrap_or(false) && wires.len() > 1;
    let mut loaded = Vec::new();
    for group in &scene.groups {
        let Some(record) = group.shown() else { continue };
        let rows = record.samples.figures.get(&plan.name).map_or(&[][..], Vec::as_slice);
        if !rows.is_empty() {
            loaded.push((group.title.clone(), load(record, rows, &wires)?));
        }
    }
    if loaded.is_empty() {
        return Ok(Figure::nothing("no samples were written"));
    }
    let scale = if error { scale(&loaded) } else { 1.0 };
    let blocks: Vec<Block> = loaded
        .into_iter()
        .map(|(title, rows)| {
            let heads = heads(&wires, error);
            let rows =
                rows.into_iter().map(|(label, tiles)| (label, if error { with_errors(tiles, scale) } else { tiles }));
            Block { title, heads, rows: rows.collect() }
        })
        .collect();
    let bar = error.then(|| Bar {
        low: 0.0,
        high: scale,
        label: "absolute difference from the last column, mean over channels, of a range of 0 to 1".into(),
    });
    let mut caption = format!("Samples of the test split, picked {}.", picked(plan));
    if error {
        caption.push_str(" Beside each picture: where it differs from the last of its row.");
    }
    let note = missing(scene, plan);
    let figure = Figure::one(&plan.name, draw_blocks(&blocks, bar.as_ref())?.finish("Samples"), caption);
    Ok(Figure { note, ..figure })
}

/// Rows of the study that have no samples.
fn missing(scene: &Scene<'_>, plan: &FigurePlan) -> String {
    let without = |g: &&crate::report::group::Group<'_>| {
        g.shown().is_none_or(|r| r.samples.figures.get(&plan.name).is_none_or(Vec::is_empty))
    };
    let names: Vec<&str> = scene.groups.iter().filter(without).map(|g| g.title.as_str()).collect();
    if names.is_empty() { String::new() } else { format!("no samples of {}", names.join(", ")) }
}

type Rows = Vec<(String, Vec<Option<RgbImage>>)>;

fn load(record: &CellRecord, rows: &[SampleRow], wires: &[String]) -> Result<Rows, ReportError> {
    let tile = |row: &SampleRow, wire: &String| {
        let tile = row.tiles.iter().find(|t| t.wire == *wire && !t.file.is_empty());
        tile.map(|t| read(&record.dir.join("samples").join(&t.file))).transpose()
    };
    rows.iter()
        .map(|row| {
            let tiles = wires.iter().map(|wire| tile(row, wire)).collect::<Result<_, _>>()?;
            Ok((label(&row.label), tiles))
        })
        .collect()
}

/// `missing.psnr 14.2` on two lines.
pub(super) fn label(text: &str) -> String {
    text.replacen(' ', "\n", 1)
}

fn heads(wires: &[String], error: bool) -> Vec<String> {
    let last = wires.len().saturating_sub(1);
    wires
        .iter()
        .enumerate()
        .flat_map(|(i, wire)| {
            let name = wire.rsplit_once('.').map_or(wire.as_str(), |(_, port)| port);
            let mut all = vec![wire.clone()];
            if error && i < last {
                all.push(format!("difference.{name}"));
            }
            all
        })
        .collect()
}

/// Differences of 0 to 1, mean over channels; `None` where the sizes differ.
fn difference(a: &RgbImage, b: &RgbImage) -> Option<Vec<f64>> {
    let one = |(a, b): (&Rgb<u8>, &Rgb<u8>)| (0..3).map(|c| f64::from(a.0[c].abs_diff(b.0[c]))).sum::<f64>() / 765.0;
    (a.dimensions() == b.dimensions()).then(|| a.pixels().zip(b.pixels()).map(one).collect())
}

/// End of the error scale: the value that 99.5 % of the pixels stay below, rounded up to one that reads well.
fn scale(loaded: &[(String, Rows)]) -> f64 {
    let mut all: Vec<f64> = Vec::new();
    for (_, tiles) in loaded.iter().flat_map(|(_, rows)| rows) {
        if let Some((Some(last), others)) = tiles.split_last() {
            all.extend(others.iter().flatten().filter_map(|t| difference(t, last)).flatten());
        }
    }
    all.sort_by(f64::total_cmp);
    let high = all.get(all.len().saturating_sub(1) * 995 / 1000).copied().unwrap_or(1.0);
    [0.05, 0.1, 0.2, 0.3, 0.5].into_iter().find(|s| *s >= high).unwrap_or(1.0)
}

fn with_errors(tiles: Vec<Option<RgbImage>>, scale: f64) -> Vec<Option<RgbImage>> {
    let last = tiles.last().cloned().flatten();
    let count = tiles.len();
    let mut out = Vec::with_capacity(2 * count);
    for (i, tile) in tiles.into_iter().enumerate() {
        let error = match (&tile, &last) {
            (Some(tile), Some(last)) => difference(tile, last).map(|d| {
                RgbImage::from_fn(tile.width(), tile.height(), |x, y| {
                    Rgb(heat(d[(y * tile.width() + x) as usize] / scale))
                })
            }),
            _ => None,
        };
        out.push(tile);
        if i + 1 < count {
            out.push(error);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_measured_against_the_last_tile() {
        let flat = |v: u8| RgbImage::from_pixel(2, 1, Rgb([v, v, v]));
        assert_eq!(difference(&flat(51), &flat(0)).unwrap(), [0.2, 0.2]);
        assert!(difference(&flat(0), &RgbImage::new(1, 1)).is_none());
        let tiles = with_errors(vec![Some(flat(51)), None, Some(flat(0))], 0.2);
        assert_eq!(tiles.len(), 5);
        assert_eq!(tiles[1].as_ref().unwrap().get_pixel(0, 0).0, heat(1.0));
        assert!(tiles[3].is_none() && tiles[4].is_some());
        assert_eq!(heads(&["a.x".into(), "b".into()], true), ["a.x", "difference.x", "b"]);
    }
}
