//! What hides a face for a moment: glasses, a mask, a hand.

use std::f32::consts::TAU;

use super::canvas::ramp;
use super::head::Head;
use super::person::Person;
use super::solid::{Part, Point, Solid};
use super::{palette, to_linear};
use crate::face::mesh::{Vec3, unit};
use crate::random::Stream;

/// What is worn or held before the face.
#[derive(Clone, Debug, Default)]
pub struct Worn {
    /// Frame colour, thickness, lens height; dark lenses.
    pub glasses: Option<(Vec3, f32, f32, bool)>,
    pub mask: Option<Vec3>,
    /// Where the palm is on the sheet, how the fingers point (degrees from up), left or right.
    pub hand: Option<([f32; 2], f32, f32)>,
}

impl Worn {
    /// Something, for certain.
    pub fn draw(mut draw: Stream) -> Worn {
        let mut worn = Worn::default();
        let kind = draw.uniform();
        let mut between = |low: f64, high: f64| draw.between(low, high) as f32;
        if !(0.45..0.80).contains(&kind) {
            let dark = between(0.0, 1.0) < 0.3;
            let tone = between(0.02, 0.25);
            let colour = [tone * between(0.6, 1.6), tone, tone * between(0.4, 1.2)];
            worn.glasses = Some((colour, between(0.012, 0.026), between(0.15, 0.20), dark));
        }
        if (0.35..0.65).contains(&kind) {
            let tone = between(0.05, 0.85);
            worn.mask = Some([tone * between(0.75, 1.0), tone * between(0.85, 1.05), tone]);
        }
        if (0.65..0.95).contains(&kind) {
            let side = if between(0.0, 1.0) < 0.5 { -1.0 } else { 1.0 };
            worn.hand = Some(([side * between(0.05, 0.55), between(-0.85, -0.15)], side * between(-25.0, 55.0), side));
        }
        worn
    }

    /// Whether nothing hides anything.
    pub fn is_empty(&self) -> bool {
        self.glasses.is_none() && self.mask.is_none() && self.hand.is_none()
    }

    /// Names of what there is, with `+` between.
    pub fn names(&self) -> String {
        let all = [(self.glasses.is_some(), "glasses"), (self.mask.is_some(), "mask"), (self.hand.is_some(), "hand")];
        all.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect::<Vec<_>>().join("+")
    }

    /// Its meshes before a face of these positions.
    pub fn solid(&self, head: &Head, positions: &[Vec3], person: &Person) -> Solid {
        let mut solid = Solid::default();
        let at = |s: f32, y: f32| positions[head.vertex(s, y) as usize];
        if let Some((colour, thick, high, dark)) = self.glasses {
            glasses(&mut solid, &at, colour, thick, high, dark);
        }
        if let Some(colour) = self.mask {
            mask(&mut solid, &at, colour);
        }
        if let Some((place, turn, side)) = self.hand {
            let skin = palette::skin(person.melanin, person.haemoglobin).map(to_linear);
            hand(&mut solid, positions, at(place[0], place[1]), turn, side, skin);
        }
        solid
    }
}

fn glasses(solid: &mut Solid, at: &impl Fn(f32, f32) -> Vec3, colour: Vec3, thick: f32, high: f32, dark: bool) {
    let eye = at(0.335, 0.20);
    let wide = 0.250;
    let front = (at(0.0, 0.17)[2] + 0.035).max(at(0.30, 0.38)[2] + 0.05);
    let depth = |x: f32| front - 0.42 * x * x;
    let ear = [at(1.04, 0.2)[0] + 0.03, eye[1] + 0.04, -0.15];
    for side in [-1.0, 1.0] {
        let x = side * eye[0].max(0.31);
        // Between a circle and a box.
        let rim = |turn: f32, share: f32| {
            let (sin, cos) = turn.sin_cos();
            let corner = (sin.abs().powf(2.6) + cos.abs().powf(2.6)).powf(-1.0 / 2.6);
            let place = [x + share * wide * corner * cos, eye[1] - 0.035 + share * high * corner * sin];
            [place[0], place[1], depth(place[0])]
        };
        let ring: Vec<(Vec3, f32)> = (0..=36).map(|i| (rim(i as f32 / 36.0 * TAU, 1.0), thick)).collect();
        solid.tube(Part::Glasses, &ring, colour);
        let hinge = rim(if side > 0.0 { 0.35 } else { TAU / 2.0 - 0.35 }, 1.0);
        let arm = [
            hinge,
            [side * (ear[0] + 0.01).max(hinge[0].abs()), hinge[1], hinge[2] - 0.12],
            [side * ear[0], ear[1], ear[2]],
        ];
        solid.tube(Part::Glasses, &arm.map(|p| (p, thick)), colour);
        if dark {
            solid
                .patch(Part::Glasses, 25, 3, |u, v| Point { position: rim(u * TAU, v), colour: [0.012, 0.012, 0.014] });
        }
    }
    let inner = eye[0].max(0.31) - wide;
    let bridge: Vec<(Vec3, f32)> = (0..=6)
        .map(|i| {
            let x = inner * (i as f32 / 3.0 - 1.0);
            ([x, eye[1] + 0.02 - 0.3 * x * x, depth(x) + 0.01], thick)
        })
        .collect();
    solid.tube(Part::Glasses, &bridge, colour);
}

/// A pleated cloth over nose, mouth and chin, and its loops.
fn mask(solid: &mut Solid, at: &impl Fn(f32, f32) -> Vec3, colour: Vec3) {
    const ACROSS: usize = 25;
    const DOWN: usize = 17;
    let place = |i: usize, j: usize| {
        let (u, v) = (i as f32 / (ACROSS - 1) as f32 * 2.0 - 1.0, j as f32 / (DOWN - 1) as f32);
        let s = 0.80 * u * (1.0 - 0.22 * v * v);
        let top = 0.02 - 0.20 * u * u;
        (s, top + (-1.0 + 0.16 * u * u - top) * v)
    };
    let face: Vec<Vec3> = (0..ACROSS * DOWN)
        .map(|k| {
            let (s, y) = place(k % ACROSS, k / ACROSS);
            let p = at(s, y);
            let out = unit([0.8 * p[0], 0.12 * (y + 0.5), p[2]]);
            [0, 1, 2].map(|i| p[i] + 0.080 * out[i])
        })
        .collect();
    let mut cloth = face.clone();
    // Drawn tight over what stands out.
    for _ in 0..24 {
        let before = cloth.clone();
        for j in 1..DOWN - 1 {
            for i in 1..ACROSS - 1 {
                let k = j * ACROSS + i;
                let mean = (before[k - 1][2] + before[k + 1][2] + before[k - ACROSS][2] + before[k + ACROSS][2]) / 4.0;
                cloth[k][2] = mean.max(face[k][2]);
            }
        }
    }
    solid.leaf(Part::Mask, ACROSS, DOWN, |u, v| {
        let (i, j) = ((u * (ACROSS - 1) as f32).round() as usize, (v * (DOWN - 1) as f32).round() as usize);
        let mut position = cloth[j * ACROSS + i];
        position[2] += 0.010 * (v * 3.0 * TAU).sin() * ramp(1.0, 0.7, (2.0 * u - 1.0).abs());
        Point { position, colour }
    });
    for side in [-1.0, 1.0] {
        for j in [0, DOWN - 1] {
            let from = cloth[j * ACROSS + if side < 0.0 { 0 } else { ACROSS - 1 }];
            let ear = [side * (at(1.04, 0.0)[0] + 0.04), if j == 0 { 0.20 } else { -0.10 }, -0.10];
            let middle = [(from[0] + ear[0]) / 2.0 + side * 0.06, (from[1] + ear[1]) / 2.0, (from[2] + ear[2]) / 2.0];
            solid.tube(Part::Mask, &[(from, 0.010), (middle, 0.010), (ear, 0.010)], colour);
        }
    }
}

/// A palm with four fingers and a thumb, bent a little around the face.
fn hand(solid: &mut Solid, face: &[Vec3], middle: Vec3, turn: f32, side: f32, skin: Vec3) {
    let (sin, cos) = turn.to_radians().sin_cos();
    // How it bends, and so how far before the face it has to be.
    let bent = |x: f32, y: f32| 0.30 * (x * x - middle[0] * middle[0]) + 0.06 * (y - middle[1]).powi(2);
    let under = |p: &&Vec3| (p[0] - middle[0]).hypot(p[1] - middle[1]) < 0.6;
    let front = face.iter().filter(under).map(|p| p[2] + bent(p[0], p[1])).fold(middle[2], f32::max);
    let place = |x: f32, y: f32, z: f32| -> Vec3 {
        let (x, y) = (x * cos + y * sin, y * cos - x * sin);
        let (x, y) = (middle[0] + x, middle[1] + y);
        [x, y, front + 0.09 + z - bent(x, y)]
    };
    let finger = |solid: &mut Solid, from: [f32; 2], to: [f32; 2], thick: f32| {
        const STEPS: usize = 12;
        let line: Vec<(Vec3, f32)> = (0..=STEPS)
            .map(|i| {
                let t = i as f32 / STEPS as f32;
                let knuckle = 1.0 + 0.07 * (t * 3.0 * TAU).cos();
                let round = (1.0 - ((t - 0.9) / 0.1).max(0.0).powi(2)).max(0.02).sqrt();
                (
                    place(from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t, 0.03 * (1.0 - t)),
                    thick * knuckle * round,
                )
            })
            .collect();
        solid.tube(Part::Hand, &line, skin);
        // The nail.
        let tip = place(to[0] + (from[0] - to[0]) * 0.10, to[1] + (from[1] - to[1]) * 0.10, 0.0);
        let nail = [skin[0].mul_add(0.7, 0.28), skin[1].mul_add(0.7, 0.18), skin[2].mul_add(0.7, 0.17)];
        solid.leaf(Part::Hand, 5, 5, |u, v| {
            let (a, b) = ((u - 0.5) * 1.3 * thick, (0.5 - v) * 1.5 * thick);
            let (x, y) = (a * cos + b * sin, b * cos - a * sin);
            Point { position: [tip[0] + x, tip[1] + y, tip[2] + thick * 0.93 - 6.0 * a * a], colour: nail }
        });
    };
    let fingers = [(-0.27, 0.62, 0.068), (-0.09, 0.82, 0.078), (0.09, 0.88, 0.080), (0.27, 0.80, 0.077)];
    for (x, long, thick) in fingers {
        finger(solid, [side * x, 0.10], [side * x * 1.22, 0.10 + long], thick);
    }
    finger(solid, [side * 0.30, -0.45], [side * 0.62, 0.06], 0.092);
    solid.patch(Part::Hand, 19, 13, |u, v| {
        let ((s, c), t) = ((u * TAU).sin_cos(), v * 2.0 - 1.0);
        let end = (1.0 - t.powi(4)).max(0.0).sqrt();
        let narrow = 0.37 - 0.06 * (1.0 + t) * 0.5;
        Point { position: place(narrow * s * end, -0.18 - 0.40 * t, 0.10 * c * end), colour: skin }
    });
    let wrist: Vec<(Vec3, f32)> =
        [(-0.45, 0.24), (-0.75, 0.23), (-1.5, 0.27)].iter().map(|(y, r)| (place(0.0, *y, -0.02), *r)).collect();
    solid.tube(Part::Hand, &wrist, skin);
}
