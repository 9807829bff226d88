//! Between maps and column matrices (`taps x texels`): the input under every tap of every output texel (im2col), and the
//! way back (col2im).

use super::geometry::{Geometry, Tile};
use crate::tensor::ops::matrix::{Source, kernel, pack, spread, with_scratch};
use std::ops::Range;

/// Writes the columns of a tile: rows are `taps` of the taps of `channels` (of the whole input, `n x c`), `tile.columns`
/// wide.
pub fn gather(g: &Geometry, x: &[f32], channels: Range<usize>, tile: &Tile, taps: Range<usize>, columns: &mut [f32]) {
    for (line, tap) in columns.chunks_exact_mut(tile.columns(g)).zip(taps) {
        gather_line(g, x, channels.start, tile, tap, line);
    }
}

/// As [`gather`], in the panels of a product's right operand, with `taps` as their depth.
pub fn gather_panels(
    g: &Geometry,
    x: &[f32],
    channels: Range<usize>,
    tile: &Tile,
    taps: Range<usize>,
    panels: &mut [f32],
) {
    let (columns, width, depth) = (tile.columns(g), kernel().columns, taps.len());
    if let Some(from) = in_place(g, x, channels.start, tile, &taps) {
        return pack(Source { lane: 1, depth: g.texels(), ..from }, (columns, depth), width, true, panels);
    }
    let padded = columns.next_multiple_of(width);
    with_scratch(padded, |line| {
        line[columns..].fill(0.0);
        for (d, tap) in taps.enumerate() {
            gather_line(g, x, channels.start, tile, tap, &mut line[..columns]);
            spread(line, width, d, depth, panels);
        }
    });
}

/// Where the columns of a pointwise convolution lie in the input, if they are of one image.
pub fn in_place<'a>(
    g: &Geometry,
    x: &'a [f32],
    channel: usize,
    tile: &Tile,
    taps: &Range<usize>,
) -> Option<Source<'a>> {
    let image = tile.single().filter(|_| g.is_pointwise())?;
    let start = (image * g.c + channel + taps.start) * g.texels() + tile.start(g);
    Some(Source { values: x, start, lane: g.texels(), depth: 1 })
}

fn gather_line(g: &Geometry, x: &[f32], channel: usize, tile: &Tile, tap: usize, out: &mut [f32]) {
    let (channel, ky, kx) = (channel + tap / g.area(), tap / g.kw % g.kh, tap % g.kw);
    let line = g.line(kx);
    let mut rows = out.chunks_exact_mut(g.ow);
    for image in tile.images.clone() {
        let map = &x[(image * g.c + channel) * g.texels()..][..g.texels()];
        for (oy, out) in tile.rows.clone().zip(&mut rows) {
            match g.row(oy, ky) {
                Some(iy) => line.read(&map[iy * g.w..][..g.w], out),
                None => out.fill(0.0),
            }
        }
    }
}

fn for_each_tap(g: &Geometry, channels: usize, mut f: impl FnMut(usize, usize, usize, usize)) {
    let mut row = 0;
    for channel in 0..channels {
        for ky in 0..g.kh {
            for kx in 0..g.kw {
                f(row, channel, ky, kx);
                row += 1;
            }
        }
    }
}

/// Adds columns to the maps they were gathered from: `maps` are `channels` maps of image `i` of the tile.
pub fn scatter(g: &Geometry, columns: &[f32], tile: &Tile, i: usize, channels: usize, maps: &mut [f32]) {
    let (width, pixels) = (tile.columns(g), tile.pixels(g));
    for_each_tap(g, channels, |row, channel, ky, kx| {
        let map = &mut maps[channel * g.texels()..][..g.texels()];
        let line = &columns[row * width + i * pixels..][..pixels];
        scatter_tap(g, line, ky, kx, tile.rows.clone(), map);
    });
}

fn scatter_tap(g: &Geometry, values: &[f32], ky: usize, kx: usize, rows: Range<usize>, map: &mut [f32]) {
    let line = g.line(kx);
    for (oy, values) in rows.zip(values.chunks_exact(g.ow)) {
        if let Some(iy) = g.row(oy, ky) {
            line.add(values, &mut map[iy * g.w..][..g.w]);
        }
    }
}

/// Copies a tile of `outputs` maps (of the whole output, `n x o`) beside each other: `outputs x tile.columns`.
pub fn pick(g: &Geometry, y: &[f32], outputs: Range<usize>, tile: &Tile, picked: &mut [f32]) {
    let (width, pixels) = (tile.columns(g), tile.pixels(g));
    for (row, o) in outputs.enumerate() {
        for (i, image) in tile.images.clone().enumerate() {
            let from = &y[(image * g.o + o) * g.pixels() + tile.start(g)..][..pixels];
            picked[row * width + i * pixels..][..pixels].copy_from_slice(from);
        }
    }
}
