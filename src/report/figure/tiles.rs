//! Blocks of tiles: rows of samples, columns of wires, a block a row of the study. Tiles are shown at whole multiples of
//! half their size, enlarged by whole pixels, so that a 64 x 64 picture stays sharp at any resolution.

use crate::report::ReportError;
use crate::report::palette::{FAINT_INK, GRID, heat};
use crate::report::plot::Axis;
use crate::report::raster::{at_width, data_uri};
use crate::report::svg::{Style, Svg, fit, text_width};
use image::{Rgb, RgbImage};

/// Widest picture that a page shows without shrinking it.
const WIDTH: f64 = 1120.0;
const LARGEST: f64 = 128.0;
const SMALLEST: f64 = 96.0;
const GAP: f64 = 3.0;
const LABEL: f64 = 11.0;

#[derive(Clone, Debug)]
pub struct Block {
    pub title: String,
    pub heads: Vec<Head>,
    pub rows: Vec<(String, Vec<Option<RgbImage>>)>,
}

/// What stands over a column of tiles.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Said once over neighbours that have the same.
    pub above: String,
    pub below: String,
}

impl Head {
    /// `pairs` over `incomplete`.
    pub fn of_wire(wire: &str) -> Self {
        let (above, below) = wire.split_once('.').unwrap_or(("", wire));
        Head { above: above.into(), below: below.into() }
    }
}

/// A scale of heat beneath the blocks.
#[derive(Clone, Debug)]
pub struct Bar {
    pub low: f64,
    pub high: f64,
    pub label: String,
}

/// Draws the blocks, as many beside each other as fit.
pub fn draw(blocks: &[Block], bar: Option<&Bar>) -> Result<Svg, ReportError> {
    let side = native(blocks);
    let columns = blocks.iter().map(|b| shares(b, side).iter().sum::<f64>()).fold(1.0, f64::max);
    let (per_line, tile) = arrange(blocks, columns, side.0);
    let height = tile * side.1 / side.0;
    let same = |a: &Block, b: &Block| a.rows.iter().map(|r| &r.0).eq(b.rows.iter().map(|r| &r.0));
    // Labels are said once where neighbours show the same samples.
    let labelled = |i: usize| i.is_multiple_of(per_line) || !same(&blocks[i - 1], &blocks[i]);
    let label = |i: usize| if labelled(i) { label_width(&blocks[i]) } else { 18.0 };
    let widths: Vec<Vec<f64>> =
        blocks.iter().map(|b| shares(b, side).into_iter().map(|share| share * tile).collect()).collect();
    let block_width = |i: usize| label(i) + widths[i].iter().map(|w| w + GAP).sum::<f64>();
    let titled = if blocks.iter().any(|b| !b.title.is_empty()) && blocks.len() > 1 { 24.0 } else { 4.0 };
    let lines = blocks.iter().zip(&widths).flat_map(|(b, widths)| spans(b, widths));
    let above = lines.map(|s| s.2.len()).max().unwrap_or(1);
    let head = 18.0 + 13.0 * above as f64;
    let block_height = |b: &Block| titled + head + b.rows.len() as f64 * (height + GAP) + 14.0;
    let lines: Vec<Vec<usize>> =
        (0..blocks.len()).collect::<Vec<_>>().chunks(per_line).map(<[usize]>::to_vec).collect();
    let width = lines.iter().map(|l| l.iter().map(|i| block_width(*i)).sum::<f64>()).fold(320.0, f64::max) + 4.0;
    let line_height = |l: &Vec<usize>| l.iter().map(|i| block_height(&blocks[*i])).fold(0.0, f64::max);
    let total: f64 = lines.iter().map(line_height).sum();
    let mut svg = Svg::new(width, total + if bar.is_some() { 58.0 } else { 0.0 });
    let mut y = 0.0;
    for line in &lines {
        let mut x = 0.0;
        for i in line {
            block(&mut svg, &blocks[*i], (x + label(*i), y), (&widths[*i], height), (titled, head, labelled(*i)))?;
            x += block_width(*i);
        }
        y += line_height(line);
    }
    if let Some(bar) = bar {
        colour_bar(&mut svg, bar, y, width)?;
    }
    Ok(svg)
}

/// How wide each column is, in widths of the first tile: tiles of a row are equally high.
fn shares(block: &Block, (width, height): (f64, f64)) -> Vec<f64> {
    let share = |c: usize| {
        let tile = block.rows.iter().find_map(|(_, tiles)| tiles.get(c)?.as_ref());
        tile.map_or(1.0, |t| f64::from(t.width()) / f64::from(t.height().max(1)) * height / width)
    };
    (0..block.heads.len()).map(share).collect()
}

/// From the left edge of a block to that of its column.
fn left(widths: &[f64], column: usize) -> f64 {
    widths[..column].iter().map(|w| w + GAP).sum()
}

/// Width of neighbouring columns together.
fn across(widths: &[f64], first: usize, count: usize) -> f64 {
    widths[first..first + count].iter().map(|w| w + GAP).sum::<f64>() - GAP
}

/// Runs of heads beneath one word: the first, how many, and the word's lines.
fn spans(block: &Block, widths: &[f64]) -> Vec<(usize, usize, Vec<String>)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (c, head) in block.heads.iter().enumerate() {
        match runs.last_mut() {
            Some((first, count)) if block.heads[*first].above == head.above => *count += 1,
            _ => runs.push((c, 1)),
        }
    }
    let lines = |first: usize, count: usize| wrapped(&block.heads[first].above, across(widths, first, count));
    runs.into_iter().map(|(first, count)| (first, count, lines(first, count))).collect()
}

/// Text broken at its spaces into lines of a width, as far as that goes.
fn wrapped(text: &str, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), LABEL) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

/// Width and height of the first tile, 64 x 64 where there is none.
fn native(blocks: &[Block]) -> (f64, f64) {
    let first = blocks.iter().flat_map(|b| &b.rows).flat_map(|r| &r.1).flatten().next();
    first.map_or((64.0, 64.0), |t| (f64::from(t.width().max(1)), f64::from(t.height().max(1))))
}

/// Blocks on a line, and the width of a tile: a multiple of half its pixels where that leaves a good size. `columns`: how
/// many tiles wide a block is.
fn arrange(blocks: &[Block], columns: f64, native: f64) -> (usize, f64) {
    let labels = blocks.first().map_or(40.0, label_width);
    for per_line in (1..=blocks.len().clamp(1, 4)).rev() {
        let room = WIDTH - labels - 18.0 * per_line as f64;
        let widest = (room / (columns * per_line as f64) - GAP).min(LARGEST);
        let half = native / 2.0;
        let snapped = (widest / half).floor() * half;
        let tile = if snapped >= SMALLEST.min(widest * 0.7) { snapped } else { widest };
        if tile >= SMALLEST || per_line == 1 {
            return (per_line, tile.max(32.0));
        }
    }
    (1, LARGEST)
}

fn label_width(block: &Block) -> f64 {
    block.rows.iter().flat_map(|r| r.0.split('\n')).map(|l| text_width(l, LABEL)).fold(14.0, f64::max) + 12.0
}

fn block(
    svg: &mut Svg,
    block: &Block,
    (x, y): (f64, f64),
    (widths, h): (&[f64], f64),
    (titled, head, labelled): (f64, f64, bool),
) -> Result<(), ReportError> {
    let whole = across(widths, 0, widths.len());
    if titled > 10.0 {
        svg.text(x + whole / 2.0, y + 17.0, &fit(&block.title, 13.0, whole), Style::sized(13.0).middle().bold());
    }
    for (first, count, lines) in spans(block, widths) {
        let (left, wide) = (x + left(widths, first), across(widths, first, count));
        for (i, line) in lines.iter().enumerate() {
            let at = y + titled + head - 22.0 - 13.0 * (lines.len() - 1 - i) as f64;
            svg.text(left + wide / 2.0, at, &fit(line, LABEL, wide), Style::sized(LABEL).middle().fill(FAINT_INK));
        }
        if count > 1 && !lines.is_empty() {
            let at = y + titled + head - 18.0;
            svg.line([left + 4.0, at, left + wide - 4.0, at], &format!(r#"stroke="{GRID}""#));
        }
    }
    for (c, (column, w)) in block.heads.iter().zip(widths).enumerate() {
        let middle = x + left(widths, c) + w / 2.0;
        svg.text(middle, y + titled + head - 6.0, &fit(&column.below, LABEL, *w), Style::sized(LABEL).middle());
    }
    for (r, (label, tiles)) in block.rows.iter().enumerate() {
        let top = y + titled + head + r as f64 * (h + GAP);
        if labelled {
            let lines: Vec<&str> = label.split('\n').collect();
            for (i, line) in lines.iter().enumerate() {
                let at = top + h / 2.0 + 4.0 + (i as f64 - (lines.len() as f64 - 1.0) / 2.0) * 14.0;
                svg.text(x - 8.0, at, line, Style::sized(LABEL).end());
            }
        }
        for (c, &w) in widths.iter().enumerate() {
            let left = x + left(widths, c);
            match tiles.get(c).and_then(Option::as_ref) {
                Some(tile) => svg.image([left, top, w, h], &data_uri(&at_width(tile, w))?),
                None => {
                    svg.rect(
                        [left + 0.5, top + 0.5, w - 1.0, h - 1.0],
                        3.0,
                        &format!(r#"fill="none" stroke="{GRID}" stroke-dasharray="4 4""#),
                    );
                    svg.text(left + w / 2.0, top + h / 2.0 + 4.0, "none", Style::sized(LABEL).middle().fill(FAINT_INK));
                }
            }
        }
    }
    Ok(())
}

fn colour_bar(svg: &mut Svg, bar: &Bar, y: f64, width: f64) -> Result<(), ReportError> {
    let long = 300.0f64.min(width - 40.0);
    let left = (width - long) / 2.0;
    let strip = RgbImage::from_fn(256, 1, |x, _| Rgb(heat(f64::from(x) / 255.0)));
    svg.image([left, y + 4.0, long, 12.0], &data_uri(&at_width(&strip, 128.0))?);
    let axis = Axis::between("", bar.low, bar.high, 5);
    for (at, label) in &axis.ticks {
        let x = left + (at - bar.low) / (bar.high - bar.low).max(1e-12) * long;
        svg.line([x, y + 16.0, x, y + 20.0], &format!(r#"stroke="{FAINT_INK}""#));
        svg.text(x, y + 32.0, label, Style::sized(LABEL).middle().fill(FAINT_INK));
    }
    svg.text(width / 2.0, y + 50.0, &fit(&bar.label, 12.0, width - 8.0), Style::sized(12.0).middle());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_pictures() {
        let tile = |width| Some(RgbImage::new(width, 8));
        let heads = ["a.photo", "a.strip", "b.none"].map(Head::of_wire).to_vec();
        let rows =
            vec![("one".to_string(), vec![tile(8), None, None]), ("two".to_string(), vec![None, tile(40), None])];
        let block = Block { title: String::new(), heads, rows };
        let widths = shares(&block, native(std::slice::from_ref(&block)));
        assert_eq!(widths, [1.0, 5.0, 1.0]);
        assert_eq!((left(&widths, 2), across(&widths, 0, 2)), (6.0 + 2.0 * GAP, 6.0 + GAP));
        // Seven tiles wide: they shrink until they fit.
        let drawn = draw(&[block], None).unwrap();
        assert!(drawn.width <= WIDTH + 4.0, "{}", drawn.width);
    }
}
