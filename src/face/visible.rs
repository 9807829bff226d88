//! Which texels of a sheet a camera sees of a turned head.
//!
//! Seen is what nothing lies before and what is not too oblique to be read. As on maps taken from photos the border is
//! worn: single texels do not decide, and noise frays it.

use super::camera::Rotation;
use super::depth::Depth;
use super::mesh::{Topology, Vec3, dot, unit};
use super::raster::Fragments;

/// Cosine between normal and view below which a surface cannot be read: 81 degrees.
const OBLIQUE: f32 = 0.15;
/// How far a point may lie behind the depth map, in half face heights: the mesh's own steps.
const BIAS: f32 = 0.035;

/// How well each texel of a square atlas is seen, 0 (hidden, or too oblique) to 1, row by row. `depth` is the side of the
/// depth map.
pub fn sight(
    topology: &Topology,
    positions: &[Vec3],
    normals: &[Vec3],
    atlas: &Fragments,
    rotation: &Rotation,
    depth: usize,
) -> Vec<f32> {
    let turned: Vec<Vec3> = positions.iter().map(|p| rotation.of(*p)).collect();
    let depth = Depth::draw(topology, &turned, depth);
    let at = |texel: usize, values: &[Vec3]| atlas.at(&topology.triangles, texel, values);
    let facing = |texel: usize| {
        let (Some(p), Some(n)) = (at(texel, &turned), at(texel, normals)) else {
            return 0.0;
        };
        let oblique = dot(rotation.0[2], unit(n)) - OBLIQUE;
        let seen = if depth.sees(p, BIAS) { 1.0 } else { 0.0 };
        seen * (oblique / 0.12 + 0.5).clamp(0.0, 1.0)
    };
    (0..atlas.width * atlas.width).map(facing).collect()
}

/// Texels that are seen, with a worn border: `sharp` is what [`sight`] found, `fray`, -1 to 1 at `u`, `v`, moves the border.
pub fn worn(sharp: &[f32], atlas: &Fragments, fray: impl Fn(f32, f32) -> f32) -> Vec<bool> {
    let size = atlas.width;
    // Over about a fortieth of the sheet, so that the border looks alike at every size.
    let soft = blurred(&blurred(sharp, size, (size / 48).max(1)), size, (size / 64).max(1));
    let seen = |i: usize| {
        let (u, v) = ((i % size) as f32 / size as f32, (i / size) as f32 / size as f32);
        atlas.covers(i) && soft[i] > 0.62 + 0.25 * fray(u, v)
    };
    (0..size * size).map(seen).collect()
}

/// Means over squares of `2 radius + 1` texels; the border repeats.
fn blurred(values: &[f32], size: usize, radius: usize) -> Vec<f32> {
    let share = 1.0 / (2 * radius + 1) as f32;
    let mut across = vec![0.0; size * size];
    for (line, out) in values.chunks_exact(size).zip(across.chunks_exact_mut(size)) {
        let at = |x: usize| line[x.saturating_sub(radius).min(size - 1)];
        let mut sum: f32 = (0..2 * radius).map(at).sum();
        for (x, value) in out.iter_mut().enumerate() {
            sum += at(x + 2 * radius);
            *value = sum * share;
            sum -= at(x);
        }
    }
    let mut out = vec![0.0; size * size];
    for (y, line) in out.chunks_exact_mut(size).enumerate() {
        for k in y..=y + 2 * radius {
            let row = k.saturating_sub(radius).min(size - 1);
            let source = &across[row * size..(row + 1) * size];
            line.iter_mut().zip(source).for_each(|(o, v)| *o += v * share);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::camera::Pose;

    /// A half cylinder of height 2 whose sheet is a square.
    fn seen(yaw: f32) -> Vec<bool> {
        let grid = Topology::grid(33, 9);
        let angle = |u: f32| (u - 0.5) * std::f32::consts::PI;
        let positions: Vec<Vec3> =
            grid.uv.iter().map(|[u, v]| [angle(*u).sin(), 1.0 - 2.0 * v, angle(*u).cos()]).collect();
        let normals = grid.normals(&positions);
        let atlas = crate::face::raster::atlas(&grid, 64);
        let rotation = Pose { yaw, ..Pose::default() }.rotation();
        worn(&sight(&grid, &positions, &normals, &atlas, &rotation, 96), &atlas, |_, _| 0.0)
    }

    #[test]
    fn a_turn_hides_the_side_that_it_turns_away() {
        let row = |all: &[bool]| all[32 * 64..33 * 64].to_vec();
        let front = row(&seen(0.0));
        assert!(front[8..56].iter().all(|s| *s) && !front[0] && !front[63]);
        // Turned by 60 degrees to the image's right: the right 60 of 180 degrees are hidden, and the oblique rest.
        let turned = row(&seen(60.0));
        assert!(turned[4..36].iter().all(|s| *s), "{turned:?}");
        assert!(turned[44..].iter().all(|s| !*s), "{turned:?}");
        let mirrored: Vec<bool> = row(&seen(-60.0)).into_iter().rev().collect();
        assert!(turned.iter().zip(&mirrored).filter(|(a, b)| a != b).count() <= 1);
    }
}
