//! Eyes on the sheet: where the lids are, white, iris, pupil, and lashes.

use super::canvas::{Canvas, Colour, Extent, Noise, bell, ramp, spot, toward};
use super::palette::{iris, mix};
use super::person::Person;

/// The middle of an eye, and half its width.
pub const CENTRE: (f32, f32) = (0.335, 0.20);
pub const HALF: f32 = 0.160;
/// Radius of the iris (6 mm).
pub const IRIS: f32 = 0.066;

/// The rims of the lids at one `s`.
#[derive(Clone, Copy, Debug)]
pub struct Lids {
    pub upper: f32,
    pub lower: f32,
    pub middle: f32,
    /// 1 between the corners, falling to 0 beside them.
    pub inside: f32,
    /// From the inner (-1) to the outer corner (1).
    pub along: f32,
}

impl Lids {
    pub fn at(s: f32) -> Lids {
        let along = (s - CENTRE.0) / HALF;
        let a = along.clamp(-1.0, 1.0);
        let middle = CENTRE.1 + 0.09 * (s - CENTRE.0).clamp(-HALF, HALF);
        // Highest a little inside the middle, lowest a little outside.
        let upper = middle + 0.061 * (1.0 - a * a).powf(0.70) * (1.0 - 0.16 * a);
        let lower = middle - 0.044 * (1.0 - a * a).powf(0.80) * (1.0 + 0.22 * a);
        Lids { upper, lower, middle, inside: ramp(1.28, 1.0, along.abs()), along }
    }
}

fn extent(margin: f32) -> Extent {
    let ((x, y), out) = (CENTRE, HALF + margin);
    [x - out, x + out, y - 0.07 - margin, y + 0.09 + margin]
}

/// Draws both eyes.
pub fn paint(canvas: &mut Canvas, person: &Person) {
    lid_shade(canvas, person);
    ball(canvas, person);
    lashes(canvas, person);
}

/// Colour of the lids, their fold, the rim's wet edge.
fn lid_shade(canvas: &mut Canvas, person: &Person) {
    let shadow = mix([0.66, 0.48, 0.44], [0.45, 0.36, 0.46], person.make_up * 0.6);
    canvas.tint_both(extent(0.12), |s, y, _| {
        let lids = Lids::at(s);
        let within = ramp(1.30, 0.85, lids.along.abs());
        let fold = 0.42 * person.fold * bell(y - lids.upper - 0.042, 0.008) * within;
        let lid = (0.14 + 0.35 * person.make_up) * bell(y - lids.upper - 0.02, 0.022) * within;
        let lower = 0.20 * bell(lids.lower - y - 0.012, 0.010) * within;
        let tired = (0.06 + 0.20 * person.age) * bell(lids.lower - y - 0.062, 0.016) * ramp(1.1, 0.6, lids.along.abs());
        let corner = 0.30 * spot(lids.along + 1.06, y - lids.middle, 0.10, 0.018);
        toward(shadow, (fold + lid + lower + tired + corner).min(0.9))
    });
}

fn ball(canvas: &mut Canvas, person: &Person) {
    let colour = iris(person.iris);
    let (fibre, veins) = (Noise::new(person.texture.named("iris")), Noise::new(person.texture.named("veins")));
    canvas.paint_both(extent(0.03), |s, y, side| {
        let lids = Lids::at(s);
        let edge = (lids.upper - y).min(y - lids.lower);
        let inside = ramp(-0.004, 0.004, edge) * ramp(1.02, 0.98, lids.along.abs());
        if inside == 0.0 {
            return (colour, 0.0);
        }
        let (x, up) = (s - CENTRE.0 + 0.004 - side * person.gaze.0, y - CENTRE.1 - 0.008 - person.gaze.1);
        let turn = up.atan2(x);
        let spokes = 1.0 + 0.22 * fibre.at(turn * 9.0 + 40.0, x.hypot(up) * 40.0 + 7.0 * side);
        let lid = 1.0 - 0.52 * ramp(0.036, 0.0, lids.upper - y);
        let red = 0.05 * veins.cloud(s * 30.0, y * 60.0 + 9.0 * side).max(0.0);
        let white = eyeball(colour.map(|c| c * spokes), x.hypot(up) / IRIS, lids.along);
        ([white[0] * lid, white[1] * (lid - red), white[2] * (lid - red)], inside)
    });
}

/// Colour at a distance from the pupil's middle, in radii of the iris.
fn eyeball(colour: Colour, distance: f32, along: f32) -> Colour {
    let corner = 1.0 - 0.20 * ramp(0.40, 1.0, along.abs());
    let grey = [0.74 * corner, 0.70 * corner, 0.68 * corner];
    let white = mix(grey, [0.74, 0.42, 0.39], ramp(-0.84, -0.96, along) * 0.85);
    let ring = mix(colour, colour.map(|v| v * 0.35), ramp(0.72, 0.98, distance));
    let inner = mix(ring.map(|v| (v * 1.2).min(1.0)), ring, ramp(0.40, 0.75, distance));
    let iris = mix([0.015; 3], inner, ramp(0.34, 0.42, distance));
    mix(iris, white, ramp(0.93, 1.05, distance))
}

/// The dark rims: thick above, thin below, each of many hairs.
fn lashes(canvas: &mut Canvas, person: &Person) {
    let strength = 0.66 + 0.3 * (1.0 - person.masculine);
    let long = 0.010 + 0.010 * person.make_up + 0.004 * (1.0 - person.masculine);
    let hairs = Noise::new(person.texture.named("lashes"));
    canvas.paint_both(extent(0.06), |s, y, side| {
        let lids = Lids::at(s);
        let out = ramp(-1.0, 0.6, lids.along);
        let reach = ramp(1.0 + 0.08 * (1.0 - person.masculine), 0.95, lids.along) * ramp(-1.03, -0.9, lids.along);
        let single = 0.75 + 0.5 * hairs.at((s + 0.25 * lids.along * (y - lids.upper)) * 90.0, 5.0 * side);
        let upper = strength * bell(y - lids.upper - 0.001, long * (0.45 + 0.55 * out)) * reach * single;
        ([0.07, 0.05, 0.045], upper.min(0.94))
    });
    canvas.tint_both(extent(0.06), |s, y, side| {
        let lids = Lids::at(s);
        let reach = ramp(1.0, 0.9, lids.along.abs());
        let single = 0.7 + 0.6 * hairs.at(s * 70.0, 9.0 + side);
        let amount = (0.30 + 0.35 * person.make_up) * ramp(-0.9, 0.4, lids.along) * single;
        toward([0.32, 0.24, 0.22], amount * bell(y - lids.lower + 0.003, 0.0075) * reach)
    });
}
