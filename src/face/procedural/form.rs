//! The form of the head, as a function of a place on the sheet.
//!
//! In half face heights (about 95 mm): eyes at y = 0.2, mouth at -0.5, chin at -1; z = 0 is the plane of the ears. A
//! tapering cylinder carries the features, each with its own shape: sockets with balls and lids, a nose, lips that part.

use super::RADIAN;
use super::canvas::{bell, ramp, spot};
use super::eyes::{CENTRE, Lids};
use super::traits::*;
use crate::face::mesh::Vec3;

/// Numbers that a form is made with: identity, then expression; all 0 is the mean head.
#[derive(Clone, Debug)]
pub struct Traits {
    pub identity: [f32; MODES],
    pub moves: [f32; MOVES],
}

impl Default for Traits {
    fn default() -> Self {
        Traits { identity: [0.0; MODES], moves: [0.0; MOVES] }
    }
}

/// A place on the sheet: `s`, `y`, and on which side of a fold it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub s: f32,
    pub y: f32,
    /// Between the lids, not on their rims.
    pub ball: bool,
    /// Below the line between the lips; on it, the lower lip's.
    pub lower: bool,
}

/// Half width and depth of the head at heights from the top down.
const PROFILE: [(f32, f32, f32); 10] = [
    (0.98, 0.655, 0.845),
    (0.70, 0.725, 0.945),
    (0.42, 0.735, 0.965),
    (0.20, 0.735, 0.945),
    (0.00, 0.735, 0.935),
    (-0.25, 0.700, 0.925),
    (-0.50, 0.645, 0.920),
    (-0.72, 0.580, 0.895),
    (-0.90, 0.480, 0.845),
    (-1.02, 0.360, 0.640),
];

/// The middle of the eyeballs behind the lids, and their radius (12 mm).
pub const BALL_DEPTH: f32 = 0.700;
pub const BALL: f32 = 0.128;
/// Lids lie this far before the ball.
const LID: f32 = 0.020;
/// Half the mouth's width along the sheet, and its `y`.
pub const MOUTH: (f32, f32) = (0.265, -0.50);

/// `y` of the upper border, the line and the lower border of the lips at `s`; they meet at the corners.
pub fn lips(s: f32) -> [f32; 3] {
    let a = (s / MOUTH.0).abs().min(1.0);
    let open = 1.0 - a * a;
    let line = MOUTH.1 - 0.008 * bell(a, 0.2) + 0.008 * bell(a - 0.35, 0.18) - 0.006 * a * a;
    let bow = 1.0 - 0.22 * bell(a, 0.14) + 0.06 * bell(a - 0.3, 0.15);
    [line + 0.077 * open.powf(0.8) * bow, line, line - 0.098 * (1.0 - a.powf(2.6)).powf(0.85)]
}

/// The position of a place.
pub fn form(place: &Place, traits: &Traits) -> Vec3 {
    let Place { s, y, .. } = *place;
    let (id, act) = (&traits.identity, &traits.moves);
    let side = if s < 0.0 { -1.0 } else { 1.0 };
    let a = s.abs();
    let (mut width, mut depth) = profile(y);
    width *= 1.0 + 0.035 * id[HEAD_WIDTH] - 0.03 * id[TEMPLES] * bell(y - 0.42, 0.18);
    width += 0.022 * id[CHEEKBONES] * bell(y - 0.0, 0.16) + 0.030 * id[JAW_WIDTH] * bell(y + 0.62, 0.26);
    depth *= 1.0 + 0.03 * id[HEAD_DEPTH];
    depth -= 0.030 * id[FOREHEAD_SLOPE] * ramp(0.40, 0.98, y);
    let (sin, cos) = (a / RADIAN).sin_cos();
    let mut p = [width * sin, y, depth * cos];
    jaw(&mut p, a, y, cos, id);
    cheeks(&mut p, a, y, traits);
    socket(&mut p, a, y, traits, side);
    nose(&mut p, s, y, id, act);
    mouth(&mut p, place, traits, side);
    eye(&mut p, place, traits, side);
    // The halves meet in the middle.
    p[0] = width * sin + (p[0] - width * sin) * ramp(0.0, 0.09, a);
    // The upper edge lies on the skull.
    let edge = 1.0 - 0.060 * ramp(0.74, 1.0, y);
    p[0] *= edge;
    p[2] *= edge;
    // Behind the jaw the sheet goes under the neck.
    p[0] -= 0.20 * ramp(0.96, 1.08, a) * ramp(-0.10, -0.35, y);
    // The lower face hangs on the eyes' height.
    let below = (0.2 - p[1]).max(0.0);
    p[1] -= 0.035 * id[FACE_LENGTH] * below;
    let jaw_shift = 0.014 * id[CROOKED_JAW] * ramp(-0.25, -0.85, y);
    let nose_shift = 0.012 * id[CROOKED_NOSE] * bell(a, 0.12) * bell(y + 0.12, 0.14);
    [side * p[0] + jaw_shift + nose_shift, p[1], p[2]]
}

/// The jaw's edge rises to the ears; chin; what opens.
fn jaw(p: &mut Vec3, a: f32, y: f32, cos: f32, id: &[f32; MODES]) {
    let low = ramp(-0.25, -1.02, y);
    p[1] += 0.42 * (1.0 - cos) * low * low;
    // Squareness before the ear.
    p[0] += (0.02 + 0.024 * id[JAW_ANGLE]) * spot(a - 0.78, y + 0.52, 0.20, 0.18);
    let chin = spot(a, y + 0.86, 0.15, 0.11);
    p[2] += (0.075 + 0.035 * id[CHIN_FORWARD]) * chin;
    p[2] += (0.030 + 0.030 * id[CHIN_WIDTH]) * spot(a - 0.17, y + 0.86, 0.09, 0.09);
    p[2] -= 0.035 * spot(a, y + 0.695, 0.17, 0.045);
    p[1] -= 0.035 * id[CHIN_LENGTH] * ramp(-0.55, -0.95, y) * bell(a, 0.40);
    // The underside goes back.
    let under = ramp(-0.955, -1.02, y);
    p[1] += 0.035 * under;
}

fn cheeks(p: &mut Vec3, a: f32, y: f32, traits: &Traits) {
    let (id, act) = (&traits.identity, &traits.moves);
    let bone = spot(a - 0.54, y + 0.00, 0.17, 0.10);
    p[2] += (0.045 + 0.020 * id[CHEEKBONES]) * bone;
    p[0] += 0.018 * bone;
    let cheek = spot(a - 0.43, y + 0.30, 0.17, 0.17);
    p[2] += (0.022 + 0.028 * id[CHEEKS]) * cheek;
    p[0] += 0.018 * id[CHEEKS] * cheek;
    // From the wing of the nose down beside the mouth.
    let fold = spot(a - 0.235 - 0.28 * (-0.24 - y).clamp(0.0, 0.3), y + 0.34, 0.04, 0.12);
    p[2] -= 0.014 * fold;
    let smile = (act[SMILE_LEFT] + act[SMILE_RIGHT]) / 2.0;
    p[2] += smile * (0.05 * spot(a - 0.40, y + 0.10, 0.14, 0.12) - 0.022 * fold);
    p[1] += smile * 0.030 * spot(a - 0.40, y + 0.12, 0.16, 0.13);
    // Forehead: two soft bosses.
    p[2] += 0.012 * spot(a - 0.25, y - 0.66, 0.18, 0.14);
}

/// Brow ridge and socket; brows that move.
fn socket(p: &mut Vec3, a: f32, y: f32, traits: &Traits, side: f32) {
    let (id, act) = (&traits.identity, &traits.moves);
    let ridge = spot(a - 0.30, y - 0.385, 0.20, 0.060);
    p[2] += (0.024 + 0.014 * id[BROW_RIDGE]) * ridge + (0.012 + 0.012 * id[BROW_RIDGE]) * spot(a, y - 0.37, 0.10, 0.07);
    p[2] -= 0.090 * spot(a - 0.200, y - 0.205, 0.075, 0.085) + 0.075 * spot(a - 0.34, y - 0.22, 0.13, 0.085);
    p[2] -= 0.020 * spot(a - 0.30, y - 0.06, 0.14, 0.05);
    p[2] -= 0.02 * id[EYE_DEPTH] * spot(a - 0.33, y - 0.2, 0.17, 0.11);
    p[2] -= 0.03 * spot(a - 0.78, y - 0.40, 0.12, 0.18);
    let around = spot(a - 0.30, y - 0.42, 0.24, 0.13);
    let raise = if side < 0.0 { act[BROW_LEFT] } else { act[BROW_RIGHT] };
    p[1] += (0.022 * id[BROW_HEIGHT] + 0.055 * raise) * around;
    p[1] -= 0.040 * act[FROWN] * spot(a - 0.15, y - 0.38, 0.14, 0.09);
    p[0] -= 0.035 * act[FROWN] * spot(a - 0.17, y - 0.38, 0.12, 0.09);
    p[2] += 0.014 * act[FROWN] * spot(a - 0.07, y - 0.36, 0.05, 0.07);
}

/// Ridge, tip, wings, nostrils; `s` keeps its sign for what is beside the middle.
fn nose(p: &mut Vec3, s: f32, y: f32, id: &[f32; MODES], act: &[f32; MOVES]) {
    let a = s.abs();
    if a > 0.42 || !(-0.46..0.46).contains(&y) {
        return;
    }
    // How far the ridge stands out, from the root (1) to the tip (0) and below it.
    let t = ((y + 0.17) / 0.45).clamp(0.0, 1.0);
    let down = ramp(-0.325, -0.195, y);
    let forward = 1.0 + 0.10 * id[NOSE_FORWARD];
    let line = 0.190 * (1.0 - t).powf(1.15) * forward - 0.022 * bell(t - 1.0, 0.25);
    let bridge = (0.020 * id[BRIDGE_HEIGHT] + 0.014 * id[NOSE_HUMP] * bell(t - 0.62, 0.2)) * bell(t - 0.72, 0.3);
    let wide = (0.058 + 0.030 * (1.0 - t)) * (1.0 + 0.10 * id[BRIDGE_WIDTH] * t + 0.08 * id[NOSE_WIDTH] * (1.0 - t));
    let root = ramp(0.42, 0.22, y);
    p[2] += (line + bridge) * down * root * bell(a, wide).max(0.55 * bell(a, 1.7 * wide));
    let tip = spot(a, y + 0.185, 0.080 + 0.006 * id[TIP_ROUND], 0.062);
    p[2] += (0.056 + 0.012 * id[TIP_ROUND]) * forward * tip;
    // Wings, with a groove around them.
    let at = 0.137 * (1.0 + 0.08 * id[NOSE_WIDTH]);
    let wing = spot(a - at, y + 0.205, 0.046, 0.052);
    p[2] += 0.092 * wing;
    p[0] += (0.030 + 0.014 * id[NOSE_WIDTH]) * spot(a - at, y + 0.21, 0.05, 0.06);
    let (x, up) = (a - at, y + 0.205);
    let around = x.hypot(0.9 * up);
    p[2] -= 0.026 * bell(around - 0.085, 0.016) * ramp(-0.02, 0.05, x) * ramp(0.10, 0.02, up);
    // Nostrils: in and up.
    let hole = spot(a - 0.068, y + 0.268, 0.030, 0.016);
    p[2] -= 0.050 * hole;
    p[1] += 0.030 * hole;
    // The columella stays.
    p[2] += 0.018 * spot(a, y + 0.27, 0.022, 0.03);
    // Lengths: all of the lower nose moves.
    let lower = spot(a, y + 0.21, 0.16, 0.13);
    p[1] += (-0.024 * id[NOSE_LENGTH] + 0.016 * id[TIP_UP]) * lower;
    p[1] += 0.018 * id[TIP_UP] * tip;
    p[1] += 0.03 * act[SNEER] * spot(a - 0.15, y + 0.2, 0.07, 0.10);
    p[2] += 0.012 * act[SNEER] * spot(a - 0.12, y - 0.10, 0.05, 0.08);
}

/// Lips, what is between nose and chin, and how the mouth moves.
fn mouth(p: &mut Vec3, place: &Place, traits: &Traits, side: f32) {
    let Place { s, y, lower, .. } = *place;
    let (id, act) = (&traits.identity, &traits.moves);
    let a = s.abs();
    // The teeth behind it.
    p[2] += 0.050 * spot(a, y + 0.49, 0.25, 0.17);
    let [top, line, bottom] = lips(s);
    let full = (1.0 - (a / MOUTH.0).powi(2)).max(0.0).sqrt();
    if a < MOUTH.0 {
        let (upper_lip, lower_lip) = (1.0 + 0.22 * id[UPPER_LIP], 1.0 + 0.22 * id[LOWER_LIP]);
        if !lower && y <= top {
            let t = ((y - line) / (top - line).max(1e-4)).clamp(0.0, 1.0);
            p[2] += 0.046 * upper_lip * full * (3.1 * (0.12 + 0.88 * t).powf(0.8)).sin().max(0.0)
                - 0.012 * (1.0 - t) * full;
        } else if lower && y >= bottom {
            let t = ((line - y) / (line - bottom).max(1e-4)).clamp(0.0, 1.0);
            p[2] += 0.058 * lower_lip * full * (3.1 * (0.08 + 0.92 * t).powf(0.75)).sin().max(0.0)
                - 0.012 * (1.0 - t) * full;
        }
    }
    // Borders move with the lips' fullness, the line stays.
    let above = (y - line).clamp(-0.25, 0.25);
    p[1] += 0.20 * id[UPPER_LIP] * above.max(0.0) * bell((y - line - 0.06) / 0.07, 1.0) * full;
    p[1] += 0.18 * id[LOWER_LIP] * above.min(0.0) * bell((y - line + 0.07) / 0.08, 1.0) * full;
    p[2] += 0.016 * id[LIPS_FORWARD] * spot(a, y + 0.5, 0.20, 0.11);
    // Groove under the nose, its ridges; hollow under the lip.
    p[2] += 0.010 * spot(a - 0.045, y + 0.37, 0.022, 0.055) - 0.012 * spot(a, y + 0.37, 0.022, 0.055);
    let near = spot(a, y + 0.5, 0.30, 0.14);
    p[1] += (0.016 * id[MOUTH_HEIGHT] - 0.014 * id[PHILTRUM]) * near;
    let corner = spot(a - 0.25, y + 0.5, 0.12, 0.11);
    p[0] += 0.018 * id[MOUTH_WIDTH] * spot(a - 0.26, y + 0.5, 0.12, 0.12);
    // A little dent at the corners.
    p[2] -= 0.016 * spot(a - 0.275, y + 0.505, 0.030, 0.030);
    let smile = if side < 0.0 { act[SMILE_LEFT] } else { act[SMILE_RIGHT] };
    p[0] += 0.060 * smile * corner;
    p[1] += 0.058 * smile * corner;
    p[2] -= 0.045 * smile * corner + 0.02 * smile * near;
    p[1] -= act[CORNERS_DOWN] * (0.045 * corner - 0.012 * spot(a, y + 0.62, 0.12, 0.08));
    p[0] -= 0.26 * act[PUCKER] * a * near;
    p[2] += 0.065 * act[PUCKER] * spot(a, y + 0.5, 0.15, 0.09);
    // The jaw turns about the ears: down and back.
    let beside = ramp(-0.44, -0.72, y);
    let open = full * full;
    let drop = match lower {
        true => open + (1.0 - open) * beside.max(ramp(line, line - 0.20, y)),
        false => (1.0 - open) * beside,
    };
    let swing = drop * ramp(1.0, 0.30, a);
    p[1] -= 0.20 * act[JAW_OPEN] * swing;
    p[2] -= 0.075 * act[JAW_OPEN] * swing;
    let part = if lower { -1.0 } else { 1.0 };
    let rim = full.powf(0.7) * bell(y - line, 0.07);
    p[1] += 0.030 * act[LIPS_APART] * part * rim + if lower { 0.0 } else { 0.016 * act[JAW_OPEN] * rim };
}

/// Ball and lids.
fn eye(p: &mut Vec3, place: &Place, traits: &Traits, side: f32) {
    let Place { s, y, ball, .. } = *place;
    let (id, act) = (&traits.identity, &traits.moves);
    let a = s.abs();
    let (blink, squint) = (if side < 0.0 { act[BLINK_LEFT] } else { act[BLINK_RIGHT] }, act[SQUINT]);
    let lids = Lids::at(a);
    let near = spot(a - CENTRE.0, y - CENTRE.1, 0.20, 0.13);
    let shift = 0.017 * id[EYE_DISTANCE];
    p[0] += shift * near;
    p[0] += 0.05 * id[EYE_WIDTH] * (a - CENTRE.0) * near;
    let (x, z) = (CENTRE.0 + shift - 0.004, BALL_DEPTH - 0.02 * id[EYE_DEPTH]);
    if lids.inside > 0.0 {
        let rim = if ball { 0.0 } else { lids.inside };
        p[1] += 0.010
            * id[EYE_OPENING]
            * rim
            * if y > lids.middle { bell(y - lids.upper, 0.05) } else { -0.5 * bell(y - lids.lower, 0.04) };
        if !ball {
            let over = ramp(lids.upper + 0.10, lids.upper, y) * if y > lids.middle { 1.0 } else { 0.0 };
            let under = ramp(lids.lower - 0.08, lids.lower, y) * if y <= lids.middle { 1.0 } else { 0.0 };
            let gap = lids.upper - lids.lower;
            p[1] -= (blink * 0.93 * gap + squint * 0.22 * gap) * over;
            p[1] += (blink * 0.04 + squint * 0.20) * gap * under;
            // A heavy fold hangs before the lid.
            let fold = spot(a - CENTRE.0 - 0.02, y - lids.upper - 0.055, 0.13, 0.030);
            p[1] -= 0.012 * id[LID_HOOD] * fold;
        }
    }
    p[1] += 0.09 * id[EYE_TILT] * 0.5 * (a - CENTRE.0) * near;
    // The fold above the lid.
    p[2] += 0.012 * spot(a - CENTRE.0, y - lids.upper - 0.075, 0.14, 0.022);
    let (dx, dy) = (p[0] - x, p[1] - CENTRE.1);
    let sphere = |radius: f32| {
        // Wider than high: the corners' flesh goes on where the ball ends; it lies further back outside.
        let inner = radius * radius - 0.55 * dx * dx - dy * dy;
        if inner > 0.0 { Some(z + inner.sqrt() - 0.40 * dx.max(0.0) - 0.10 * dx.min(0.0)) } else { None }
    };
    if ball {
        p[2] = sphere(BALL).unwrap_or(z).max(z + 0.03);
    } else if let Some(lid) = sphere(BALL + LID) {
        // The greater of the two, rounded where they meet.
        let (low, high) = (p[2].min(lid), p[2].max(lid));
        p[2] = high + 0.25 * (0.05 - (high - low)).max(0.0).powi(2) / 0.05;
    }
}

/// Half width and depth at a height: a cubic through the table's points (Catmull and Rom).
fn profile(y: f32) -> (f32, f32) {
    let last = PROFILE.len() - 1;
    let i = PROFILE.iter().rposition(|p| y <= p.0).unwrap_or(0).min(last - 1);
    let at = |k: usize| PROFILE[k.min(last)];
    let (a, b, c, d) = (at(i.saturating_sub(1)), at(i), at(i + 1), at(i + 2));
    let t = (y - b.0) / (c.0 - b.0);
    let cubic = |pick: fn((f32, f32, f32)) -> f32| {
        let slope = |p: (f32, f32, f32), q: (f32, f32, f32)| {
            if p.0 == q.0 { 0.0 } else { (pick(q) - pick(p)) / (q.0 - p.0) * (c.0 - b.0) }
        };
        let (m, n) = (slope(a, c), slope(b, d));
        let (t2, t3) = (t * t, t * t * t);
        pick(b) * (2.0 * t3 - 3.0 * t2 + 1.0)
            + m * (t3 - 2.0 * t2 + t)
            + pick(c) * (3.0 * t2 - 2.0 * t3)
            + n * (t3 - t2)
    };
    (cubic(|p| p.1), cubic(|p| p.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_goes_through_its_points() {
        for (y, width, depth) in PROFILE {
            let found = profile(y);
            assert!((found.0 - width).abs() < 1e-5 && (found.1 - depth).abs() < 1e-5, "{y}: {found:?}");
        }
    }

    #[test]
    fn lips_meet_at_the_corners() {
        let [top, line, bottom] = lips(MOUTH.0);
        assert!((top - line).abs() < 1e-3 && (line - bottom).abs() < 1e-3);
        let [top, line, bottom] = lips(0.1);
        assert!(top > line + 0.04 && bottom < line - 0.04);
    }
}
