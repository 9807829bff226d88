//! The axes of a head: how it is turned.

use super::{colours, lay};
use crate::face::camera::Camera;
use crate::face::mesh::Vec3;
use crate::face::picture::Picture;

/// x (to the image's right before it turns) red, y (up) green, z (where the nose points) blue.
const COLOURS: [Vec3; 3] = [[0.86, 0.15, 0.15], [0.10, 0.62, 0.22], [0.13, 0.33, 0.85]];

/// Three arrows of a length (in the model's unit) from a point of the model, over a photo; the farthest first.
pub fn axes(photo: &Picture, camera: &Camera, origin: Vec3, length: f32) -> Picture {
    let mut out = colours(photo);
    let from = camera.point(origin);
    let mut arrows: Vec<(Vec3, Vec3)> = Vec::with_capacity(3);
    for (axis, colour) in COLOURS.into_iter().enumerate() {
        let mut end = origin;
        end[axis] += length;
        arrows.push((camera.point(end), colour));
    }
    arrows.sort_by(|(p, _), (q, _)| p[2].total_cmp(&q[2]));
    let half = (0.006 * out.width.min(out.height) as f32).max(0.8);
    for (to, colour) in arrows {
        arrow(&mut out, [from[0], from[1]], [to[0], to[1]], half, colour);
    }
    out
}

/// A line with a head of two strokes.
fn arrow(picture: &mut Picture, from: [f32; 2], to: [f32; 2], half: f32, colour: Vec3) {
    line(picture, from, to, half, colour);
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = dx.hypot(dy);
    // Seen along the arrow there is nothing to point with.
    if length > 4.0 * half {
        let head = (8.0 * half).min(length / 2.0) / length;
        for side in [-0.5, 0.5] {
            let back = [to[0] - head * (dx - side * dy), to[1] - head * (dy + side * dx)];
            line(picture, to, back, half, colour);
        }
    }
}

/// A line with round ends; nothing where an end is not finite.
fn line(picture: &mut Picture, from: [f32; 2], to: [f32; 2], half: f32, colour: Vec3) {
    if !from.iter().chain(&to).all(|v| v.is_finite()) {
        return;
    }
    let range = |k: usize, len: usize| {
        let (low, high) = (from[k].min(to[k]) - half - 1.0, from[k].max(to[k]) + half + 1.0);
        (low.max(0.0) as usize).min(len)..(high.max(0.0) as usize + 1).min(len)
    };
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let square = (dx * dx + dy * dy).max(f32::MIN_POSITIVE);
    for y in range(1, picture.height) {
        for x in range(0, picture.width) {
            let (px, py) = (x as f32 + 0.5 - from[0], y as f32 + 0.5 - from[1]);
            let along = ((px * dx + py * dy) / square).clamp(0.0, 1.0);
            let away = (px - along * dx).hypot(py - along * dy);
            lay(picture.at_mut(x, y), colour, (half + 0.5 - away).clamp(0.0, 1.0));
        }
    }
}
