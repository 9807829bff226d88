//! Contact sheets: rows of pictures with labels, as the grids of samples are drawn.

use super::ReportError;
use super::figure::tiles::{Block, Head, draw};
use super::raster::png_of_svg;
use image::RgbImage;

/// PNG bytes of a sheet: what stands over each column, and rows of a label (of one or more lines) and its pictures.
pub fn png(heads: &[&str], rows: Vec<(String, Vec<RgbImage>)>) -> Result<Vec<u8>, ReportError> {
    let heads = heads.iter().map(|head| Head { above: String::new(), below: (*head).into() }).collect();
    let rows = rows.into_iter().map(|(label, tiles)| (label, tiles.into_iter().map(Some).collect())).collect();
    let svg = draw(&[Block { title: String::new(), heads, rows }], None)?;
    png_of_svg(&svg.finish("contact sheet"))
}
