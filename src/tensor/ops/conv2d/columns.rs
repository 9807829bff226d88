//! Between maps and column matrices (`taps x texels`): the input under every tap of every output texel (im2col), and the
//! way back (col2im).

use super::geometry::{Geometry, Tile};
use crate::tensor::ops::matrix::{every_second, kernel, spread, with_scratch};
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
    let padded = columns.next_multiple_of(width);
    with_scratch(padded, |line| {
        line[columns..].fill(0.0);
        for (d, tap) in taps.enumerate() {
            gather_line(g, x, channels.start, tile, tap, &mut line[..columns]);
            spread(line, width, d, depth, panels);
        }
    });
}

fn gather_line(g: &Geometry, x: &[f32], channel: usize, tile: &Tile, tap: usize, line: &mut [f32]) {
    let (channel, ky, kx) = (channel + tap / g.area(), tap / g.kw % g.kh, tap % g.kw);
    let first = g.first_column(kx);
    let inside = g.inside(first);
    let mut at = 0;
    for image in tile.images.clone() {
        let map = &x[(image * g.c + channel) * g.texels()..][..g.texels()];
        for oy in tile.rows.clone() {
            let out = &mut line[at..at + g.ow];
            at += g.ow;
            match g.row(oy, ky) {
                Some(iy) => gather_row(g, &map[iy * g.w..][..g.w], first, inside.clone(), out),
                None => out.fill(0.0),
            }
        }
    }
}

/// Writes what lies under one tap of a row: `source` is the input's row, whose column `first` is under column 0.
#[inline]
fn gather_row(g: &Geometry, source: &[f32], first: isize, inside: Range<usize>, out: &mut [f32]) {
    for (ox, out) in out[..inside.start].iter_mut().enumerate() {
        *out = outside(g, source, first, ox);
    }
    for (ox, out) in out[inside.end..].iter_mut().enumerate() {
        *out = outside(g, source, first, inside.end + ox);
    }
    if !inside.is_empty() {
        let start = first + (inside.start * g.stride) as isize;
        strided_copy(&mut out[inside], &source[start as usize..], g.stride);
    }
}

#[inline]
fn outside(g: &Geometry, source: &[f32], first: isize, ox: usize) -> f32 {
    g.border.source(first + (ox * g.stride) as isize, g.w).map_or(0.0, |ix| source[ix])
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

/// `to[i] = from[stride i]`.
#[inline]
pub fn strided_copy(to: &mut [f32], from: &[f32], stride: usize) {
    match stride {
        1 => to.copy_from_slice(&from[..to.len()]),
        2 => every_second(to, from),
        _ => {
            for (i, to) in to.iter_mut().enumerate() {
                *to = from[i * stride];
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

fn scatter_tap(g: &Geometry, line: &[f32], ky: usize, kx: usize, rows: Range<usize>, map: &mut [f32]) {
    let first = g.first_column(kx);
    let inside = g.inside(first);
    for (oy, from) in rows.zip(line.chunks_exact(g.ow)) {
        let Some(iy) = g.row(oy, ky) else { continue };
        let target = &mut map[iy * g.w..][..g.w];
        for ox in (0..inside.start).chain(inside.end..g.ow) {
            if let Some(ix) = g.border.source(first + (ox * g.stride) as isize, g.w) {
                target[ix] += from[ox];
            }
        }
        if !inside.is_empty() {
            let start = first + (inside.start * g.stride) as isize;
            strided_add(&mut target[start as usize..], &from[inside.clone()], g.stride);
        }
    }
}

fn strided_add(to: &mut [f32], from: &[f32], stride: usize) {
    match stride {
        1 => {
            for (to, from) in to.iter_mut().zip(from) {
                *to += from;
            }
        }
        2 => {
            let pairs = &mut to[..2 * from.len() - 1];
            for (to, from) in pairs.chunks_mut(2).zip(from) {
                to[0] += from;
            }
        }
        _ => {
            for (to, from) in to.iter_mut().step_by(stride).zip(from) {
                *to += from;
            }
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
