//! Hair as a surface over the skull: how long it is on each side, how thick, how it ends.

use std::f32::consts::TAU;

use super::bust::SKULL;
use super::canvas::{Noise, bell, ramp};
use super::person::{Person, Style};
use super::solid::{Part, Point, Solid};
use super::{palette, to_linear};
use crate::face::mesh::Vec3;

/// How a style is cut: thickness over the skull, waves, and where it ends at the forehead (below the hairline), before
/// the ears and behind.
struct Cut {
    thick: f32,
    wave: f32,
    fringe: f32,
    side: f32,
    back: f32,
    part: f32,
}

impl Style {
    fn cut(self) -> Option<Cut> {
        let cut = |thick, wave, fringe, side, back, part| Some(Cut { thick, wave, fringe, side, back, part });
        match self {
            Style::Bald => None,
            Style::Cropped => cut(0.030, 0.004, 0.0, 0.30, -0.15, 0.0),
            Style::Short => cut(0.105, 0.018, 0.02, 0.28, -0.20, 0.0),
            Style::Parted => cut(0.135, 0.020, 0.06, 0.22, -0.25, 1.0),
            Style::Curly => cut(0.260, 0.070, 0.06, 0.00, -0.35, 0.0),
            Style::Fringe => cut(0.130, 0.020, 0.36, 0.05, -0.40, 0.0),
            Style::Bob => cut(0.150, 0.016, 0.04, -0.75, -0.75, 0.6),
            Style::Long => cut(0.150, 0.026, 0.02, -1.70, -1.75, 0.5),
            Style::Tied => cut(0.060, 0.008, 0.0, 0.25, -0.20, 0.0),
        }
    }
}

/// A person's hair over a skull stretched so; nothing of who is bald.
pub fn tresses(person: &Person, [wide, _, deep]: [f32; 3]) -> Solid {
    let mut solid = Solid::default();
    let Some(cut) = person.style.cut() else { return solid };
    let colour = palette::hair(person.hair, person.grey).map(to_linear);
    let waves = Noise::new(person.texture.named("waves"));
    let ends = Noise::new(person.texture.named("ends"));
    let thick = cut.thick * (1.0 + 0.25 * person.volume);
    let parting = if person.volume > 0.0 { 1.0 } else { -1.0 };
    let (middle, axes) = SKULL;
    let line = person.hairline.0.min(0.92) + 0.10;
    let point = |u: f32, v: f32| {
        let turn = (u - 0.5) * TAU;
        let (sin, cos) = turn.sin_cos();
        let front = ramp(1.15, 0.70, turn.abs());
        let behind = ramp(1.55, 1.95, turn.abs());
        let ragged = 0.040 * ends.at(u * 190.0, 2.0) + 0.05 * ends.at(u * 31.0, 9.0) + 0.04 * ends.at(u * 11.0, 14.0);
        // A parting leaves one side longer.
        let aside = cut.part * 0.10 * parting * sin;
        let brow =
            line - cut.fringe * (1.0 - 0.35 * bell(turn - 0.25 * parting, 0.35)) - 0.10 * bell(turn.abs() - 0.85, 0.3)
                + aside;
        let bottom =
            front * brow + (1.0 - front) * (cut.side * (1.0 - behind) + cut.back * behind) + ragged * (1.0 + thick);
        let crown = middle[1] + axes[1] * 0.999;
        // From the crown down: an angle on the skull as far as that goes, then straight down.
        let fall = v.powf(0.85);
        let y = crown + (bottom - crown) * fall;
        let up = ((y - middle[1]) / axes[1]).clamp(-1.0, 1.0);
        let around = if y > middle[1] {
            (1.0 - up * up).max(0.0).sqrt()
        } else {
            1.0 + 0.06 * (middle[1] - y).min(1.2) - 0.10 * front
        };
        let taper = if cut.side < -0.5 { 1.0 } else { 1.0 - 0.30 * ramp(0.2, -0.5, y) };
        let lift =
            thick * (1.0 - 0.86 * v.powi(4) * (front + (1.0 - front) * if cut.side < -0.5 { 0.35 } else { 1.0 }));
        let bumps = cut.wave * (waves.at(turn * 3.5, y * 6.0) + 0.6 * waves.at(turn * 9.0 + 7.0, y * 13.0));
        let groove = -0.05 * cut.part * bell(sin - 0.35 * parting, 0.05) * ramp(0.9, 1.3, y) * ramp(-0.2, 0.3, cos);
        let over = (lift + bumps * (1.0 - v.powi(6)) + groove).max(0.030);
        let ring = around * taper;
        let grow = if y > middle[1] { around } else { 1.0 };
        let position: Vec3 = [
            middle[0] + wide * axes[0] * ring * sin + over * grow * sin,
            y + over * up.max(0.0) * 0.9,
            middle[2]
                + deep * axes[2] * ring * cos * if cos > 0.0 && y < middle[1] { 0.55 } else { 1.0 }
                + over * grow * cos,
        ];
        // Dark at the roots and underneath, bleached at the ends.
        let tone = 0.72 + 0.30 * fall + 0.25 * bumps / cut.wave.max(0.01) * 0.5;
        Point { position, colour: colour.map(|c| c * tone) }
    };
    // From before, one sees the inside of what hangs down.
    match cut.side < -0.5 {
        true => solid.leaf(Part::Hair, 181, 24, point),
        false => solid.patch(Part::Hair, 181, 24, point),
    }
    if person.style == Style::Tied {
        solid.patch(Part::Hair, 25, 14, |u, v| {
            let ((sin, cos), (across, up)) = ((u * TAU).sin_cos(), (v * TAU / 2.0).sin_cos());
            let radius = 0.27 + 0.05 * waves.at(u * 9.0, v * 7.0);
            Point { position: [radius * across * sin, 1.12 + radius * up, -0.98 + radius * across * cos], colour }
        });
    }
    solid
}
