//! What bears the face: skull, neck, ears, shoulders, and what is behind the lips.

use std::f32::consts::TAU;

use super::canvas::{bell, ramp, spot};
use super::form::MOUTH;
use super::head::Head;
use super::person::{Expression, Person, Style};
use super::solid::{Part, Point, Solid};
use super::traits::*;
use super::{palette, to_linear};
use crate::face::mesh::Vec3;

/// The skull's middle and half axes; a little less than the face's sheet, which it carries.
pub const SKULL: (Vec3, Vec3) = ([0.0, 0.55, -0.06], [0.735, 0.86, 1.00]);

/// How a person's head is larger than the mean one, across and in depth.
pub fn stretch(head: &Head, positions: &[Vec3]) -> [f32; 3] {
    let (side, front) = (head.vertex(1.02, 0.30), head.vertex(0.0, 0.62));
    let ratio = |v: u32, k: usize| (positions[v as usize][k] / head.mean[v as usize][k]).clamp(0.8, 1.25);
    [ratio(side, 0), 1.0, ratio(front, 2)]
}

/// The bust of a person whose face's vertices are given; `cloth` is a linear colour.
pub fn bust(head: &Head, positions: &[Vec3], person: &Person, expression: &Expression, cloth: Vec3) -> Solid {
    let mut solid = Solid::default();
    let skin = palette::skin(person.melanin, person.haemoglobin).map(to_linear);
    let hair = palette::hair(person.hair, person.grey).map(|v| 0.8 * to_linear(v));
    let pale = palette::skin(person.melanin - 0.05, person.haemoglobin).map(to_linear);
    let scalp = if person.style == Style::Bald { pale } else { hair };
    let [wide, _, deep] = stretch(head, positions);
    let (middle, axes) = SKULL;
    solid.patch(Part::Skin, 32, 16, |u, v| {
        let ((sin, cos), (across, up)) = ((u * TAU).sin_cos(), (v * 0.80 * TAU / 2.0).sin_cos());
        let position = [
            middle[0] + wide * axes[0] * across * sin,
            middle[1] + axes[1] * up,
            middle[2]
                + deep
                    * axes[2]
                    * across
                    * cos
                    * (1.0 - 0.25 * ramp(0.0, 0.4, cos) * ramp(0.92, 0.70, middle[1] + axes[1] * up)),
        ];
        // Hair grows behind the face and not before the ears.
        let bare = ramp(-0.15, 0.05, position[2]) * ramp(0.95, 0.85, position[1]);
        Point { position, colour: blend(scalp, pale, bare) }
    });
    let chin = positions[head.vertex(0.0, -0.98) as usize][1] + 0.98;
    solid.patch(Part::Skin, 32, 14, |u, v| {
        let (sin, cos) = (u * TAU).sin_cos();
        let y = 0.05 - 1.75 * v;
        let thick = 0.46 + 0.055 * person.masculine + 0.03 * person.shape[JAW_WIDTH].clamp(-1.5, 1.5);
        let flare = 0.55 * ramp(0.80, 1.0, v);
        // An Adam's apple, and the two muscles to the breastbone.
        let apple = 0.03 * person.masculine * spot(sin, y + 1.22, 0.18, 0.07) * cos.max(0.0);
        let cord = 0.025 * bell(sin.abs() - 0.45 + 0.25 * v, 0.10) * cos.max(0.0);
        let z = -0.10 - 0.30 * v + deep * (0.47 + apple + cord) * cos + flare * 0.3 * cos;
        Point {
            position: [wide * (thick + cord + flare) * sin, y + chin.clamp(-0.1, 0.1) * ramp(0.0, 0.3, v), z],
            colour: skin,
        }
    });
    solid.leaf(Part::Cloth, 40, 8, |u, v| {
        let (sin, cos) = (u * TAU).sin_cos();
        let out = ramp(0.0, 0.9, v);
        let position =
            [(0.62 + 1.25 * out.powf(0.7)) * sin, -1.42 - 0.55 * v * v - 0.12 * v, -0.36 + (0.52 + 0.45 * out) * cos];
        Point { position: [position[0], position[1] - 0.16 * cos.max(0.0) * (1.0 - v), position[2]], colour: cloth }
    });
    for side in [-1.0, 1.0] {
        ear(&mut solid, side, wide, person, skin);
    }
    inside(&mut solid, positions, head, expression);
    solid
}

fn blend(a: Vec3, b: Vec3, share: f32) -> Vec3 {
    [0, 1, 2].map(|k| a[k] + (b[k] - a[k]) * share)
}

/// An ear: a shell with a rim, turned out behind.
fn ear(solid: &mut Solid, side: f32, wide: f32, person: &Person, skin: Vec3) {
    let red = [skin[0], skin[1] * 0.82, skin[2] * 0.80];
    let long = 1.0 + 0.10 * person.age;
    solid.leaf(Part::Skin, 28, 9, |u, v| {
        let (sin, cos) = (-side * u * TAU).sin_cos();
        // Narrower below, where the lobe is.
        let (back, up) = (0.165 * v * sin * (1.0 + 0.25 * cos), 0.315 * long * v * cos);
        let rim = 0.050 * bell(v - 0.86, 0.10) * ramp(-0.85, -0.2, cos.max(-sin - 0.2));
        let inner = 0.030 * bell(v - 0.52, 0.10) * ramp(-0.6, 0.2, cos);
        let shell = -0.055 * spot(back + 0.03, up + 0.02, 0.06, 0.09);
        let out = rim + inner + shell + 0.45 * (back + 0.10).max(0.0) + 0.03 - 0.09 * ramp(0.94, 1.0, v);
        let position = [side * (wide * 0.715 + out), 0.09 + up, -0.06 - back * 0.95 + 0.12 * up - 0.05];
        // Long hair lies over them: they are a point within the head.
        let covered = matches!(person.style, Style::Bob | Style::Long);
        let position = if covered { [side * 0.3, 0.09, -0.1] } else { position };
        let dark = 1.0 - 0.45 * spot(back + 0.04, up + 0.03, 0.05, 0.07);
        Point { position, colour: red.map(|c| c * dark) }
    });
}

/// Teeth, and the dark behind them. They lie behind the lips as those are.
fn inside(solid: &mut Solid, positions: &[Vec3], head: &Head, expression: &Expression) {
    let line = positions[head.vertex(0.0, MOUTH.1) as usize];
    let jaw = 0.20 * expression.moves[JAW_OPEN];
    let (y, z) = (line[1], line[2] - 0.055);
    let row = |solid: &mut Solid, top: f32, bottom: f32, back: f32, teeth: f32| {
        solid.leaf(Part::Mouth, 65, 5, |u, v| {
            let turn = (u - 0.5) * 2.5;
            let (sin, cos) = turn.sin_cos();
            let gap = ((u - 0.5) * teeth).fract().abs();
            let between = 1.0 - 0.45 * bell(gap - 0.5, 0.05).max(bell(gap + 0.5, 0.05));
            let shade = between * (0.40 + 0.60 * cos) * 0.85;
            let position = [0.215 * sin, top + (bottom - top) * v, z - back - 0.25 * (1.0 - cos)];
            Point { position, colour: [0.80 * shade, 0.72 * shade, 0.60 * shade] }
        });
    };
    row(solid, y + 0.07, y - 0.028, 0.0, 13.0);
    row(solid, y - 0.045 - jaw, y - 0.105 - jaw, 0.04 + 0.4 * jaw, 17.0);
    solid.leaf(Part::Mouth, 9, 6, |u, v| {
        let x = (u - 0.5) * 0.50;
        let position = [x, y + 0.07 - (0.16 + jaw) * v, z - 0.19 - 0.9 * x * x];
        Point { position, colour: [0.05, 0.012, 0.010] }
    });
    solid.leaf(Part::Mouth, 11, 5, |u, v| {
        let x = (u - 0.5) * 0.30;
        let position = [x, y - 0.075 - 0.9 * jaw - 0.8 * x * x - 0.02 * v, z - 0.20 + 0.09 * v];
        Point { position, colour: [0.30, 0.07, 0.06] }
    });
}
